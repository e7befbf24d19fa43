"""Cargo.lock (versions 1 to 4)."""

from typing import Any

import msgspec
from msgspec.structs import replace

from assay.errors import Malformed, Unsupported
from assay.formats import strict_toml
from assay.formats.locks.model import Index, LockedPackage, Lockfile, hashes_of, lockfile, names, typed
from assay.formats.text import shown


class _Package(msgspec.Struct, frozen=True):
    name: str
    version: str
    source: str = ""
    checksum: str = ""
    dependencies: list[str] = []


class _Lock(msgspec.Struct, frozen=True):
    version: int = 1
    package: list[_Package] = []
    root: _Package | None = None
    metadata: dict[str, str] = {}


def parse(data: bytes, *, what: str) -> Lockfile:
    """Packages without a source are local: ``self`` when nothing depends on them, else ``path``.

    The format does not tell development or build dependencies from the rest.
    """
    lock = typed(strict_toml.load(data, what=what), _Lock, what=what)
    if not 1 <= lock.version <= 4:
        raise Unsupported(f"{what} has version {lock.version}, expected 1 to 4")
    packages = [*lock.package, *([lock.root] if lock.root else [])]
    index = Index(what, ((package.name, package.version) for package in packages))
    read = [_package(package, lock.metadata, index, what) for package in packages]
    needed = {link for package in read for link in package.links}
    mine = {p.key for p in read if p.source == "path" and p.key not in needed}
    roots = tuple(dict.fromkeys(link for p in read if p.key in mine for link in p.links))
    return lockfile(
        "Cargo.lock",
        "cargo",
        (replace(p, source="self") if p.key in mine and p.source == "path" else p for p in read),
        what=what,
        root=next(iter(names(mine))) if len(mine) == 1 else "",
        roots=names(roots),
        links=roots,
        tells_development=False,
    )


def _package(package: _Package, metadata: dict[str, str], index: Index, what: str) -> LockedPackage:
    at = f"{what} package {shown(package.name, 80)!r}"
    checksum = package.checksum or metadata.get(
        f"checksum {package.name} {package.version} ({package.source})", ""
    )
    hashes = [] if checksum in {"", "<none>"} else [f"sha256:{checksum}"]
    links = index.links(_wanted(wanted, index, at) for wanted in package.dependencies)
    return LockedPackage(
        package.name,
        package.version,
        requires=names(links),
        links=links,
        **hashes_of(hashes, what=at),
        **_source(package.source, at),
    )


def _wanted(text: str, index: Index, at: str) -> tuple[str, str]:
    """``name``, ``name version`` or ``name version (source)``."""
    name, version, *rest = f"{text} ".split(" ")
    held = index.versions.get(name, {})
    if len(rest) > 2 or not held or (version and version not in held):
        raise Malformed(f"{at} depends on {shown(text, 80)!r}, which the lock does not hold")
    return name, version


def _source(source: str, at: str) -> dict[str, Any]:
    kind, _, place = source.partition("+")
    match kind:
        case "registry" | "sparse":
            return {}
        case "git":
            url, _, commit = place.rpartition("#")
            return {"source": "git", "location": url or place, "commit": commit if url else ""}
        case "" | "path":
            return {"source": "path", "location": place}
        case _:
            raise Unsupported(f"{at} has the source {shown(source, 80)!r}")
