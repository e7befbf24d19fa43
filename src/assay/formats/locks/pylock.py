"""pylock.toml (PyPA specification, once PEP 751)."""

from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from assay.errors import Malformed, Unsupported
from assay.formats import strict_toml
from assay.formats.locks.model import Index, LockedPackage, Lockfile, hashes_of, lockfile, names, typed
from assay.formats.text import shown


class _File(msgspec.Struct, frozen=True):
    hashes: dict[str, str] = {}
    url: str = ""
    path: str = ""


class _Vcs(msgspec.Struct, rename="kebab", frozen=True):
    type: str
    commit_id: str
    url: str = ""
    path: str = ""


class _Directory(msgspec.Struct, frozen=True):
    path: str


class _Reference(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


class _Package(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    marker: str = ""
    dependencies: list[_Reference] = []
    vcs: _Vcs | None = None
    directory: _Directory | None = None
    archive: _File | None = None
    sdist: _File | None = None
    wheels: list[_File] = []


class _Lock(msgspec.Struct, rename="kebab", frozen=True):
    lock_version: str
    packages: list[_Package]
    created_by: str = ""
    dependency_groups: list[str] = []


def parse(data: bytes, *, what: str) -> Lockfile:
    """Read a lock of version 1; who is only in a dependency group or an extra comes from the packages' markers."""
    lock = typed(strict_toml.load(data, what=what), _Lock, what=what)
    if lock.lock_version.split(".")[0] != "1":
        raise Unsupported(f"{what} has lock-version {shown(lock.lock_version, 20)!r}, expected 1.0")
    index = Index(what, ((canonicalize_name(p.name), p.version) for p in lock.packages))
    return lockfile(
        "pylock.toml",
        "pypi",
        (_package(package, index, what) for package in lock.packages),
        what=what,
        relations=any(package.dependencies for package in lock.packages),
        tells_development=bool(lock.dependency_groups),
    )


def _package(package: _Package, index: Index, what: str) -> LockedPackage:
    at = f"{what} package {shown(package.name, 80)!r}"
    links = index.links((canonicalize_name(wanted.name), wanted.version) for wanted in package.dependencies)
    return LockedPackage(
        canonicalize_name(package.name),
        package.version,
        marker=package.marker,
        development=_only(package.marker, "dependency_groups"),
        optional=_only(package.marker, "extras"),
        requires=names(links),
        links=links,
        **_source(package, at),
    )


def _source(package: _Package, at: str) -> dict[str, Any]:
    if package.vcs:
        vcs = package.vcs
        return {"source": "git", "location": vcs.url or vcs.path, "commit": vcs.commit_id}
    if package.directory:
        here = package.directory.path in {".", "./"}
        return {"source": "self" if here else "path", "location": package.directory.path}
    if package.archive:
        place = package.archive.url or package.archive.path
        return {"source": "url", "location": place, **_hashes([package.archive], at)}
    files = [*([package.sdist] if package.sdist else []), *package.wheels]
    if not files:
        raise Malformed(f"{at} has no source, expected one of vcs, directory, archive, sdist, wheels")
    return _hashes(files, at)


def _hashes(files: list[_File], at: str) -> dict[str, Any]:
    return hashes_of((f"{name}:{value}" for file in files for name, value in file.hashes.items()), what=at)


def _only(marker: str, variable: str) -> bool:
    """Every alternative of *marker* asks for *variable* (``'dev' in dependency_groups``), so nothing else brings it in."""
    depth = 0
    branches = [""]
    for word in marker.replace("(", " ( ").replace(")", " ) ").split():
        depth += (word == "(") - (word == ")")
        if word == "or" and depth == 0:
            branches.append("")
        else:
            branches[-1] += f" {word}"
    return all(variable in branch.split() for branch in branches)
