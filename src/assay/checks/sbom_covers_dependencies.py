"""A dependency of the release is not in its bill.

The release itself says what it needs: a wheel in its METADATA, an npm package in its package.json. A bill that leaves one of
these out hides code that runs with the product, by mistake or on purpose. Only what is needed always is asked for: no extras,
no optional or peer packages, nothing whose marker could be false somewhere.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from packaging.markers import InvalidMarker, Marker, UndefinedComparison

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.listed import Listed, everything
from assay.evidence.model import Exhibit
from assay.evidence.release import ReleaseFile, Requires
from assay.evidence.sbom import Sbom
from assay.formats.text import shown

_PYTHONS = ("2.7", *(f"3.{minor}" for minor in range(6, 16)))
_WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|([a-zA-Z_.]+)")
_DECIDABLE = frozenset(["python_version", "and", "or", "not", "in"])
_NAMED = 20


def examine(case: Case) -> Iterator[Finding]:
    for exhibit in case.of(Sbom):
        listed = Listed(everything(exhibit.value))
        files = case.of(ReleaseFile)
        for file in files:
            if file.value.kind == "sdist" and not file.value.requires:
                yield _left_to_build(file, files)
            else:
                yield from _compare(exhibit, listed, file)


def _left_to_build(release: Exhibit[ReleaseFile], files: Sequence[Exhibit[ReleaseFile]]) -> Finding:
    """Of an sdist without a declared dependency: what was built from it declares them."""
    file = release.value
    silent = f"{shown(file.filename, 120)} names no dependency; an sdist may leave them to its build"
    built = [
        other.value.filename
        for other in files
        if other.value.kind == "wheel"
        and (other.value.name, other.value.version) == (file.name, file.version)
    ]
    if built:
        return Finding.not_applicable(
            f"{silent}; what it needs stands in {shown(built[0], 120)}", release, at=_where(file)
        )
    return Finding.unknown(silent, release, at=_where(file), remedy="submit a wheel")


def _compare(exhibit: Exhibit[Sbom], listed: Listed, release: Exhibit[ReleaseFile]) -> Iterator[Finding]:
    file = release.value
    name, filename = shown(exhibit.source.name, 120), shown(file.filename, 120)
    if file.kind == "other":
        yield Finding.unknown(
            f"{filename} does not say what it needs",
            release,
            remedy="submit a wheel, an sdist or an npm package",
        )
        return
    needed = _needed(file)
    missing = [one for one in needed if not listed.find(file.ecosystem, one)]
    for one in missing[:_NAMED]:
        yield Finding.against(
            f"{filename} needs {shown(one)!r}, which is not among the {len(listed)} components of {name}",
            exhibit,
            release,
            at=_where(file),
            remedy="list the dependency in the bill",
        )
    if len(missing) > _NAMED:
        yield Finding.against(
            f"{filename} needs {len(missing) - _NAMED} more that {name} does not list",
            exhibit,
            release,
            at=_where(file),
        )
    if needed and not missing:
        yield Finding.supports(
            f"{name} lists all that {filename} always needs: {_some(needed)}", exhibit, release
        )
    elif not needed:
        yield Finding.supports(f"{filename} always needs nothing else", exhibit, release)


def _needed(file: ReleaseFile) -> tuple[str, ...]:
    """Names of what the file needs wherever it is installed, without itself and what it bundles."""
    bundled = {one.name for one in file.requires} if "*" in file.bundled else set(file.bundled)
    found = (one.name for one in file.requires if _always(one, file.ecosystem))
    return tuple(dict.fromkeys(name for name in found if name != file.name and name not in bundled))


def _always(one: Requires, ecosystem: str) -> bool:
    if one.extra:
        return False
    return not one.marker or (ecosystem == "pypi" and _true_everywhere(one.marker))


def _true_everywhere(marker: str) -> bool:
    """Whether a PEP 508 marker speaks of nothing but the Python version, and holds for all: only then is there no doubt."""
    if not {word for word in _WORDS.findall(marker) if word} <= _DECIDABLE:
        return False
    always = False
    with suppress(
        InvalidMarker, UndefinedComparison
    ):  # what cannot be evaluated is not known to be always true
        parsed = Marker(marker)
        always = all(parsed.evaluate({"python_version": python}) for python in _PYTHONS)
    return always


def _where(file: ReleaseFile) -> str:
    return {"wheel": "METADATA", "sdist": "PKG-INFO", "npm": "package.json"}.get(file.kind, file.filename)


def _some(names: Sequence[str]) -> str:
    text = ", ".join(shown(name, 60) for name in names[:5])
    return text + (f" and {len(names) - 5} more" if len(names) > 5 else "")


CHECK = Check(
    id="sbom-covers-dependencies",
    title="the bill of materials lists every dependency that the release declares",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    reads=(Sbom, ReleaseFile),
    proves="Every package that the release's own metadata always need stands among the components of the bill.",
    does_not_prove="That what those packages need in turn is listed, or what is bundled or loaded without being declared.",
    examine=examine,
)
