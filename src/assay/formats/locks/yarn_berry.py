"""yarn.lock of Yarn 2 and later: YAML with ``__metadata``."""

import re
from typing import Any

import msgspec

from assay.formats import strict_yaml
from assay.formats.locks.model import LockedPackage, Lockfile, lockfile, names, typed
from assay.formats.text import shown

_COMMIT = re.compile(r"[#&:]commit=([0-9a-f]+)")


class _Package(msgspec.Struct, rename="camel", frozen=True):
    resolution: str
    version: str = ""
    checksum: str = ""
    dependencies: dict[str, str] = {}
    link_type: str = ""


def parse(data: bytes, *, what: str) -> Lockfile:
    """Checksums are over Yarn's own cache archive, so they are *other_hashes*. Workspaces list development
    dependencies among the rest: the lock does not tell them apart."""
    document = typed(strict_yaml.load(data, what=what, scalars="text"), dict[str, Any], what=what)
    entries = {
        key: typed(value, _Package, what=f"{what} {shown(key, 80)!r}")
        for key, value in document.items()
        if key != "__metadata"
    }
    by_key = {part.strip(): entry for key, entry in entries.items() for part in key.split(",")}
    packages = [_package(entry, by_key) for entry in entries.values()]
    members = [package for package in packages if package.source == "self"]
    roots = tuple(dict.fromkeys(link for package in members for link in package.links))
    top = [package for package in members if package.location == "."]
    return lockfile(
        "yarn.lock",
        "npm",
        packages,
        what=what,
        root=top[0].name if len(top) == 1 else "",
        roots=names(roots),
        links=roots,
        tells_development=False,
    )


def _package(entry: _Package, by_key: dict[str, _Package]) -> LockedPackage:
    found = (_find(name, wanted, by_key) for name, wanted in entry.dependencies.items())
    links = tuple(dict.fromkeys(f"{_name(other)}@{_version(other)}" for other in found if other is not None))
    return LockedPackage(
        _name(entry),
        _version(entry),
        other_hashes=(f"yarn:{entry.checksum}",) if entry.checksum else (),
        requires=names(links),
        links=links,
        **_source(entry.resolution[1:].partition("@")[2]),
    )


def _find(name: str, wanted: str, by_key: dict[str, _Package]) -> _Package | None:
    """Before version 5 of the lock, ranges stood without their protocol."""
    return by_key.get(f"{name}@{wanted}") or by_key.get(f"{name}@npm:{wanted}")


def _name(entry: _Package) -> str:
    return entry.resolution[:1] + entry.resolution[1:].partition("@")[0]


def _version(entry: _Package) -> str:
    return "" if entry.version == "0.0.0-use.local" else entry.version


def _source(reference: str) -> dict[str, Any]:
    """Locator references: ``npm:``, ``patch:``, ``workspace:``, ``git`` URLs with ``#commit=``, ``file:``, ``https:``."""
    if reference.startswith("workspace:"):
        return {"source": "self", "location": reference.removeprefix("workspace:")}
    if reference.startswith(("npm:", "patch:")):
        return {}
    if commit := _COMMIT.search(reference):
        return {"source": "git", "location": reference.partition("#")[0], "commit": commit[1]}
    if reference.startswith(("file:", "link:", "portal:")):
        return {"source": "path", "location": reference}
    return {"source": "url", "location": reference}
