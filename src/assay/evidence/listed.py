"""The components of a bill by the names that locks and releases know them by."""

from collections.abc import Iterable, Iterator

from assay.evidence.naming import is_placeholder
from assay.evidence.sbom import Component, Sbom
from assay.evidence.subject import pep440, same_version
from assay.formats.purl import Purl, identity, normalise_name

_NO_VERSION = frozenset(
    [
        "noassertion",
        "latest",
        "unspecified",
        "undefined",
        "snapshot",
        "head",
        "main",
        "master",
        "dev-master",
        "dev-main",
        "0.0.0",
    ]
)


class Listed:
    """Components by (purl type, normalised name); those without purl by name alone."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._packages: dict[tuple[str, str], list[tuple[Component, Purl]]] = {}
        self._plain: dict[str, list[Component]] = {}
        for component in components:
            purl = identity(component.purl) if component.purl else None
            if purl is None:
                self._plain.setdefault(_folded(component.name), []).append(component)
            else:
                key = (purl.type, normalise_name(purl.type, purl.full_name))
                self._packages.setdefault(key, []).append((component, purl))

    def packages(self) -> Iterator[tuple[str, str, tuple[tuple[Component, Purl], ...]]]:
        """Purl type, normalised name, and the components so named."""
        for (ecosystem, name), found in self._packages.items():
            yield ecosystem, name, tuple(found)

    def find(self, ecosystem: str, name: str) -> tuple[Component, ...]:
        """Components of that package, and those without purl that have its name."""
        found = self._packages.get((ecosystem, normalise_name(ecosystem, name)), [])
        return (*(component for component, _ in found), *self._plain.get(_folded(name), ()))

    def __len__(self) -> int:
        return sum(map(len, self._packages.values())) + sum(map(len, self._plain.values()))


def everything(bill: Sbom) -> tuple[Component, ...]:
    """The root, where there is one, and all components."""
    return (*((bill.root,) if bill.root else ()), *bill.components)


def same_name(ecosystem: str, one: str, other: str) -> bool:
    """Whether two names mean one package or product: as *ecosystem* compares, or but for case and separators."""
    return normalise_name(ecosystem, one) == normalise_name(ecosystem, other) or _folded(one) == _folded(
        other
    )


def is_no_version(text: str) -> bool:
    """Whether *text* stands where a version should: ``latest``, ``0.0.0``, ``TBD``."""
    return is_placeholder(text) or text.casefold() in _NO_VERSION


def versions_agree(ecosystem: str, one: str, other: str) -> bool | None:
    """Whether two versions are one; None where they differ only in their local part (``2.1`` and ``2.1+a1b2``)."""
    one, other = one.removeprefix("v"), other.removeprefix("v")
    if same_version(ecosystem, one, other) or same_version("pypi", one, other):
        return True
    ours, theirs = pep440(one), pep440(other)
    if ours is not None and theirs is not None and ours.public == theirs.public:
        return None
    return False


def _folded(name: str) -> str:
    return normalise_name("pypi", " ".join(name.split()).replace(" ", "-"))
