"""What every lock file says in its own words: packages, versions, hashes, and who needs whom."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.digest import LENGTHS, Digest
from assay.formats.text import shown

T = TypeVar("T")

MAX_PACKAGES = 200_000
MAX_EDGES = 1_000_000
MAX_TEXT = 2048
"""Characters of a name, a version or a location."""


class LockedPackage(msgspec.Struct, frozen=True):
    name: str
    """Normalised for its ecosystem."""
    version: str
    """Exact; empty when the entry does not pin one."""
    digests: tuple[Digest, ...] = ()
    """Of any file of that version; hex, whatever the lock's own encoding (SRI, h1 stays out: see *other_hashes*)."""
    other_hashes: tuple[str, ...] = ()
    """Hashes that are not over a distribution file, such as Go's ``h1:`` directory hashes."""
    source: Literal["registry", "git", "url", "path", "self", "bundled"] = "registry"
    """``self``: the locked project or a member of its workspace; ``bundled``: inside the file of its parent."""
    location: str = ""
    """Path or URL, where the source is not the registry."""
    marker: str = ""
    development: bool = False
    """Only for development or tests, where the lock says so."""
    optional: bool = False
    requires: tuple[str, ...] = ()
    """Names of direct dependencies, where the lock has them."""
    links: tuple[str, ...] = ()
    """``name@version`` of the locked packages that *requires* resolves to, where the lock says."""
    commit: str = ""
    """What a git source is locked to; a full commit if it pins anything."""
    licence: str = ""
    """As the lock records it (npm, Composer)."""

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"


class Lockfile(msgspec.Struct, frozen=True):
    format: str
    """File format: ``pylock.toml``, ``uv.lock``, ``package-lock.json``, ..."""
    ecosystem: str
    """purl type: ``pypi``, ``npm``, ``cargo``, ``golang``, ``gem``, ``composer``."""
    packages: tuple[LockedPackage, ...]
    root: str = ""
    """Name of the project itself, where the lock has it."""
    roots: tuple[str, ...] = ()
    """Names of the project's direct dependencies, where the lock has them."""
    expects_hashes: bool = True
    """False where the format cannot carry hashes (Gemfile.lock without CHECKSUMS)."""
    links: tuple[str, ...] = ()
    """``name@version`` of the locked packages that *roots* resolve to, development ones left out where the lock tells."""
    relations: bool = True
    """False where the lock does not say which package needs which."""
    tells_development: bool = True
    """False where the lock does not tell development packages from the rest."""
    incomplete: tuple[str, ...] = ()
    """What the lock refers to and this reading did not follow (``-r base.txt``): more may be locked than stands here."""


def lockfile(
    format_: str, ecosystem: str, packages: Iterable[LockedPackage], *, what: str, **rest: Any
) -> Lockfile:
    """Merge entries of one package, sort by name and version, check the limits."""
    merged: dict[tuple[str, str, str, str], list[LockedPackage]] = {}
    edges = 0
    for package in packages:
        edges += len(package.requires) + len(package.links)
        _bound(package, edges, what)
        merged.setdefault((package.name, package.version, package.source, package.location), []).append(
            package
        )
        if len(merged) > MAX_PACKAGES:
            raise TooLarge(f"{what} has over {MAX_PACKAGES} packages")
    return Lockfile(format_, ecosystem, tuple(_merge(merged[key]) for key in sorted(merged)), **rest)


def _bound(package: LockedPackage, edges: int, what: str) -> None:
    if not package.name:
        raise Malformed(f"{what} has a package without a name")
    if max(len(package.name), len(package.version), len(package.location)) > MAX_TEXT:
        raise TooLarge(f"{what} has a package whose name, version or location has over {MAX_TEXT} characters")
    if edges > MAX_EDGES:
        raise TooLarge(f"{what} has over {MAX_EDGES} dependency relations")


def _merge(entries: list[LockedPackage]) -> LockedPackage:
    first = entries[0]
    if len(entries) == 1:
        return first
    return msgspec.structs.replace(
        first,
        digests=union(e.digests for e in entries),
        other_hashes=union(e.other_hashes for e in entries),
        development=all(e.development for e in entries),
        optional=all(e.optional for e in entries),
        marker=" or ".join(union([e.marker] for e in entries)) if all(e.marker for e in entries) else "",
        requires=union(e.requires for e in entries),
        links=union(e.links for e in entries),
        licence=next((e.licence for e in entries if e.licence), ""),
    )


class Index:
    """The versions that a lock holds of each name; resolves dependencies and counts them, so a hostile lock ends early."""

    def __init__(self, what: str, packages: Iterable[tuple[str, str]]) -> None:
        self.what = what
        self.versions: dict[str, dict[str, None]] = {}
        self.edges = 0
        for name, version in packages:
            self.versions.setdefault(name, {})[version] = None

    def links(self, wanted: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """``name@version`` of every locked package meant by (name, version or empty for any); absent ones are left out."""
        found: dict[str, None] = {}
        for name, version in wanted:
            held = self.versions.get(name, {})
            chosen = held if not version else [version] if version in held else []
            self.edges += len(chosen) + 1
            if self.edges > MAX_EDGES:
                raise TooLarge(f"{self.what} has over {MAX_EDGES} dependency relations")
            found.update(dict.fromkeys(f"{name}@{item}" for item in chosen))
        return tuple(found)


def union(parts: Iterable[Iterable[T]]) -> tuple[T, ...]:
    """All items once, in the order of their first appearance."""
    return tuple(dict.fromkeys(item for part in parts for item in part))


def names(links: Iterable[str]) -> tuple[str, ...]:
    """The names in ``name@version`` texts (an npm scope keeps its at sign)."""
    return tuple(dict.fromkeys(link.rpartition("@")[0] for link in links))


def reached(packages: Iterable[LockedPackage], start: Iterable[str]) -> set[str]:
    """Keys of the packages that *start* (keys) leads to, itself included."""
    links: dict[str, list[str]] = {}
    for package in packages:
        links.setdefault(package.key, []).extend(package.links)
    seen = {key for key in start if key in links}
    queue = deque(seen)
    while queue:
        for key in links[queue.popleft()]:
            if key in links and key not in seen:
                seen.add(key)
                queue.append(key)
    return seen


def classify(
    packages: Iterable[LockedPackage],
    needed: Iterable[str],
    optional: Iterable[str],
    development: Iterable[str],
) -> tuple[LockedPackage, ...]:
    """Mark what only an optional or only a development root leads to; arguments are keys of roots."""
    known = tuple(packages)
    always = reached(known, needed)
    sometimes = reached(known, optional)
    tools = reached(known, development)
    return tuple(
        msgspec.structs.replace(
            package,
            development=package.key in tools and package.key not in always and package.key not in sometimes,
            optional=package.key in sometimes and package.key not in always,
        )
        for package in known
    )


def typed(value: Any, kind: type[T], *, what: str) -> T:
    """*value* (from TOML, YAML) as the msgspec type *kind*."""
    try:
        return msgspec.convert(value, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error


def is_commit(text: str) -> bool:
    """A full object name: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits."""
    return len(text) in {40, 64} and all(c in "0123456789abcdef" for c in text)


def hash_of(text: str, *, what: str) -> tuple[tuple[Digest, ...], tuple[str, ...]]:
    """``algorithm:hex`` as (digests, other hashes); an algorithm we do not know goes to the others as written."""
    found = _hash(text, what, f"hash in {what}")
    return ((found,), ()) if isinstance(found, Digest) else ((), (found,))


def _hash(text: str, what: str, where: str) -> Digest | str:
    algorithm, colon, value = text.partition(":")
    if not colon or not algorithm or not value:
        raise Malformed(f"{what} has the hash {shown(text, 80)!r}, expected algorithm:hex")
    algorithm = algorithm.lower()
    return Digest.of(algorithm, value.lower(), what=where) if algorithm in LENGTHS else text


def hashes_of(texts: Iterable[str], *, what: str) -> dict[str, Any]:
    """Keyword arguments *digests* and *other_hashes* for a package, from ``algorithm:hex`` texts."""
    where = f"hash in {what}"
    found = dict.fromkeys(_hash(text, what, where) for text in texts)
    return {
        "digests": tuple(one for one in found if isinstance(one, Digest)),
        "other_hashes": tuple(one for one in found if isinstance(one, str)),
    }
