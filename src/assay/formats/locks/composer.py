"""composer.lock (Composer 1 and 2)."""

from typing import Any

import msgspec

from assay.formats import strict_json
from assay.formats.locks.model import Index, LockedPackage, Lockfile, hashes_of, lockfile, names
from assay.formats.text import shown

MAX_BYTES = 64 * 1024 * 1024


class _Place(msgspec.Struct, frozen=True):
    type: str = ""
    url: str = ""
    reference: str | None = None
    shasum: str | None = None


class _Package(msgspec.Struct, frozen=True):
    name: str
    version: str
    dist: _Place | None = None
    source: _Place | None = None
    require: dict[str, str] | list[Any] = {}
    license: list[str] = []


class _Lock(msgspec.Struct, frozen=True):
    packages: list[_Package]
    development: list[_Package] | None = msgspec.field(name="packages-dev", default=None)


def parse(data: bytes, *, what: str) -> Lockfile:
    """Most repositories give no ``shasum``, so its absence says nothing about the project: *expects_hashes* is False."""
    lock = strict_json.decode(data, _Lock, what=what, limit=MAX_BYTES)
    tools = lock.development or []
    index = Index(what, ((p.name.lower(), p.version) for p in [*lock.packages, *tools]))
    packages = [_package(p, index, what, development=False) for p in lock.packages]
    return lockfile(
        "composer.lock",
        "composer",
        packages + [_package(p, index, what, development=True) for p in tools],
        what=what,
        expects_hashes=False,
    )


def _package(package: _Package, index: Index, what: str, *, development: bool) -> LockedPackage:
    required = package.require if isinstance(package.require, dict) else {}
    links = index.links((name.lower(), "") for name in required)
    dist, source = package.dist or _Place(), package.source or _Place()
    hashes = [f"sha1:{dist.shasum}"] if dist.shasum else []
    return LockedPackage(
        package.name.lower(),
        package.version,
        development=development,
        requires=names(links),
        links=links,
        licence=" OR ".join(package.license),
        **hashes_of(hashes, what=f"{what} package {shown(package.name, 80)!r}"),
        **_source(package, dist, source),
    )


def _source(package: _Package, dist: _Place, source: _Place) -> dict[str, Any]:
    if dist.type == "path":
        return {"source": "path", "location": dist.url}
    if package.dist is None and package.source is not None:
        return {"source": "git", "location": source.url, "commit": source.reference or ""}
    return {"commit": dist.reference or source.reference or ""}
