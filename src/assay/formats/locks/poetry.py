"""poetry.lock (lock-version 1.x and 2.x)."""

from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from assay.errors import Unsupported
from assay.formats import strict_toml
from assay.formats.locks.model import Index, LockedPackage, Lockfile, hashes_of, lockfile, names, typed
from assay.formats.text import shown


class _File(msgspec.Struct, frozen=True):
    hash: str = ""


class _Source(msgspec.Struct, frozen=True):
    type: str = ""
    url: str = ""
    reference: str = ""
    resolved_reference: str = ""


class _Package(msgspec.Struct, frozen=True):
    name: str
    version: str
    optional: bool = False
    category: str = ""
    groups: list[str] | None = None
    markers: str | dict[str, str] = ""
    files: list[_File] = []
    dependencies: dict[str, Any] = {}
    source: _Source = _Source()


class _Metadata(msgspec.Struct, frozen=True):
    version: str = msgspec.field(name="lock-version", default="1.0")
    files: dict[str, list[_File]] = {}
    hashes: dict[str, list[str]] = {}


class _Lock(msgspec.Struct, frozen=True):
    metadata: _Metadata
    package: list[_Package] = []


def parse(data: bytes, *, what: str) -> Lockfile:
    """The project itself is not in this lock; development is told by category (1.x) or groups (2.1), not by 2.0."""
    lock = typed(strict_toml.load(data, what=what), _Lock, what=what)
    if lock.metadata.version.split(".")[0] not in {"1", "2"}:
        raise Unsupported(
            f"{what} has lock-version {shown(lock.metadata.version, 20)!r}, expected 1.x or 2.x"
        )
    index = Index(what, ((canonicalize_name(package.name), package.version) for package in lock.package))
    return lockfile(
        "poetry.lock",
        "pypi",
        (_package(package, lock.metadata, index, what) for package in lock.package),
        what=what,
        tells_development=all(package.category or package.groups is not None for package in lock.package),
    )


def _package(package: _Package, metadata: _Metadata, index: Index, what: str) -> LockedPackage:
    files = [*package.files, *metadata.files.get(package.name, [])]
    plain = (f"sha256:{value}" for value in metadata.hashes.get(package.name, ()))
    links = index.links((canonicalize_name(name), "") for name in package.dependencies)
    development = package.category == "dev" or (package.groups is not None and "main" not in package.groups)
    return LockedPackage(
        canonicalize_name(package.name),
        package.version,
        marker=package.markers if isinstance(package.markers, str) else package.markers.get("main", ""),
        development=development,
        optional=package.optional,
        requires=names(links),
        links=links,
        **hashes_of(
            [*(f.hash for f in files if f.hash), *plain], what=f"{what} package {shown(package.name, 80)!r}"
        ),
        **_source(package.source, what),
    )


def _source(source: _Source, what: str) -> dict[str, Any]:
    match source.type:
        case "" | "legacy":
            return {}
        case "git":
            commit = source.resolved_reference or source.reference
            return {"source": "git", "location": source.url, "commit": commit}
        case "directory" | "file":
            return {"source": "path", "location": source.url}
        case "url":
            return {"source": "url", "location": source.url}
        case other:
            raise Unsupported(f"{what} has a source of type {shown(other, 40)!r}")
