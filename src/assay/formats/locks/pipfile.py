"""Pipfile.lock (specification 6)."""

from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.locks.model import LockedPackage, Lockfile, hashes_of, lockfile, typed
from assay.formats.text import shown


class _Package(msgspec.Struct, frozen=True):
    version: str = ""
    hashes: list[str] = []
    markers: str = ""
    git: str = ""
    ref: str = ""
    path: str = ""
    file: str = ""


def parse(data: bytes, *, what: str) -> Lockfile:
    """Every category but ``default`` counts as development. The file has no relations between packages."""
    document = strict_json.load(data, what=what)
    if not isinstance(document, dict) or "_meta" not in document or "default" not in document:
        raise Malformed(f"{what} is not a Pipfile.lock: expected an object with _meta and default")
    packages = [
        _package(name, entry, category, what)
        for category, table in document.items()
        if category != "_meta"
        for name, entry in typed(table, dict[str, _Package], what=f"{what} {shown(category, 40)}").items()
    ]
    return lockfile("Pipfile.lock", "pypi", packages, what=what, relations=False)


def _package(name: str, entry: _Package, category: str, what: str) -> LockedPackage:
    version = entry.version.removeprefix("==").lstrip("=") if entry.version.startswith("==") else ""
    return LockedPackage(
        canonicalize_name(name),
        "" if "*" in version else version,
        marker=entry.markers,
        development=category != "default",
        **hashes_of(entry.hashes, what=f"{what} package {shown(name, 80)!r}"),
        **_source(entry),
    )


def _source(entry: _Package) -> dict[str, Any]:
    if entry.git:
        return {"source": "git", "location": entry.git, "commit": entry.ref}
    if entry.path:
        return {"source": "self" if entry.path in {".", "./"} else "path", "location": entry.path}
    if entry.file:
        return {"source": "url" if "://" in entry.file else "path", "location": entry.file}
    return {}
