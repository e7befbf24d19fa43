"""uv.lock (version 1)."""

from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from assay.errors import Unsupported
from assay.formats import strict_toml
from assay.formats.locks.model import (
    Index,
    LockedPackage,
    Lockfile,
    classify,
    hashes_of,
    lockfile,
    names,
    typed,
    union,
)
from assay.formats.text import shown


class _Source(msgspec.Struct, frozen=True):
    registry: str | None = None
    git: str | None = None
    url: str | None = None
    path: str | None = None
    directory: str | None = None
    editable: str | None = None
    virtual: str | None = None


class _Dependency(msgspec.Struct, frozen=True):
    name: str
    version: str = ""


class _File(msgspec.Struct, frozen=True):
    hash: str = ""


class _Package(msgspec.Struct, rename="kebab", frozen=True):
    name: str
    source: _Source
    version: str = ""
    dependencies: list[_Dependency] = []
    optional_dependencies: dict[str, list[_Dependency]] = {}
    dev_dependencies: dict[str, list[_Dependency]] = {}
    sdist: _File | None = None
    wheels: list[_File] = []
    resolution_markers: list[str] = []


class _Manifest(msgspec.Struct, frozen=True):
    members: list[str] = []


class _Lock(msgspec.Struct, frozen=True):
    version: int
    package: list[_Package] = []
    manifest: _Manifest = _Manifest()


def parse(data: bytes, *, what: str) -> Lockfile:
    """Members of the workspace are ``self``; what only their groups or extras lead to is marked so."""
    lock = typed(strict_toml.load(data, what=what), _Lock, what=what)
    if lock.version != 1:
        raise Unsupported(f"{what} has version {lock.version}, expected 1")
    named = {canonicalize_name(name) for name in lock.manifest.members}
    members = [p for p in lock.package if _local(p) == "." or canonicalize_name(p.name) in named]
    index = Index(what, ((canonicalize_name(p.name), p.version) for p in lock.package))
    roots = union(_links(p.dependencies, index) for p in members)
    extras = union(_links(group, index) for p in members for group in p.optional_dependencies.values())
    groups = union(_links(group, index) for p in members for group in p.dev_dependencies.values())
    own = {id(p) for p in members}
    packages = [_package(p, index, what, member=id(p) in own) for p in lock.package]
    return lockfile(
        "uv.lock",
        "pypi",
        classify(packages, roots, extras, groups),
        what=what,
        root=canonicalize_name(members[0].name) if len(members) == 1 else "",
        roots=names(union([roots, extras])),
        links=union([roots, extras]),
    )


def _package(package: _Package, index: Index, what: str, *, member: bool) -> LockedPackage:
    at = f"{what} package {shown(package.name, 80)!r}"
    files = [*([package.sdist] if package.sdist else []), *package.wheels]
    needed = [package.dependencies, *package.optional_dependencies.values()]
    links = union(_links(group, index) for group in needed)
    return LockedPackage(
        canonicalize_name(package.name),
        package.version,
        marker=" or ".join(package.resolution_markers),
        requires=names(links),
        links=links,
        **hashes_of((f.hash for f in files if f.hash), what=at),
        **({"source": "self", "location": _local(package) or ""} if member else _source(package, at)),
    )


def _local(package: _Package) -> str | None:
    source = package.source
    return next((p for p in (source.virtual, source.editable, source.directory) if p is not None), None)


def _source(package: _Package, at: str) -> dict[str, Any]:
    source, local = package.source, _local(package)
    if local is not None:
        return {"source": "path", "location": local}
    if source.git is not None:
        place, _, commit = source.git.partition("#")
        return {"source": "git", "location": place, "commit": commit}
    if source.url is not None or source.path is not None:
        return {"source": "url", "location": source.url or source.path or ""}
    if source.registry is None:
        raise Unsupported(f"{at} has a source of a kind that is not known here")
    return {}


def _links(wanted: list[_Dependency], index: Index) -> tuple[str, ...]:
    return index.links((canonicalize_name(dependency.name), dependency.version) for dependency in wanted)
