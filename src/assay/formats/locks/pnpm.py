"""pnpm-lock.yaml (lockfileVersion 5, 6 and 9)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_yaml
from assay.formats.locks.model import (
    MAX_EDGES,
    LockedPackage,
    Lockfile,
    classify,
    lockfile,
    names,
    typed,
    union,
)
from assay.formats.locks.npm import sri
from assay.formats.text import shown


class _Resolution(msgspec.Struct, frozen=True):
    integrity: str = ""
    tarball: str = ""
    type: str = ""
    repo: str = ""
    commit: str = ""
    directory: str = ""


class _Package(msgspec.Struct, rename="camel", frozen=True):
    resolution: _Resolution | None = None
    name: str = ""
    version: str = ""
    dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None


class _Wanted(msgspec.Struct, frozen=True):
    version: str


Table = dict[str, str | _Wanted]


class _Importer(msgspec.Struct, rename="camel", frozen=True):
    dependencies: dict[str, Any] | None = None
    optional_dependencies: dict[str, Any] | None = None
    dev_dependencies: dict[str, Any] | None = None


class _Lock(_Importer, rename="camel", frozen=True):
    lockfile_version: str = ""
    importers: dict[str, _Importer] | None = None
    packages: dict[str, _Package] | None = None
    snapshots: dict[str, _Package] | None = None


def parse(data: bytes, *, what: str) -> Lockfile:
    """The last document is the project's; those before it lock pnpm itself and count as development."""
    documents = strict_yaml.load_all(data, what=what, scalars="text")
    if not documents:
        raise Malformed(f"{what} is empty")
    *tools, own = [_Reader(typed(document, _Lock, what=what), what) for document in documents]
    packages = own.packages()
    for tool in tools:
        packages += [msgspec.structs.replace(p, development=True, optional=False) for p in tool.packages()]
    direct = union([own.needed, own.sometimes])
    return lockfile("pnpm-lock.yaml", "npm", packages, what=what, roots=names(direct), links=direct)


class _Reader:
    def __init__(self, lock: _Lock, what: str) -> None:
        self.what = what
        self.old = lock.lockfile_version.startswith("5")
        if lock.lockfile_version.split(".")[0] not in {"5", "6", "9"}:
            raise Unsupported(
                f"{what} has lockfileVersion {shown(lock.lockfile_version, 20)!r}, expected 5, 6 or 9"
            )
        self.entries = lock.packages or {}
        self.snapshots = lock.snapshots if lock.snapshots is not None else self.entries
        self.edges = 0
        self.keys = {path: self.key(path) for path in {**self.entries, **self.snapshots}}
        importers = list((lock.importers or {".": lock}).values())
        self.needed = self.direct(i.dependencies for i in importers)
        self.sometimes = self.direct(i.optional_dependencies for i in importers)
        self.tools = self.direct(i.dev_dependencies for i in importers)

    def packages(self) -> list[LockedPackage]:
        snapshots: dict[str, list[_Package]] = {}
        for path, snapshot in self.snapshots.items():
            snapshots.setdefault(self.bare(path), []).append(snapshot)
        found = [self.package(path, entry, snapshots) for path, entry in self.entries.items()]
        return list(classify(found, self.needed, self.sometimes, self.tools))

    def package(self, path: str, entry: _Package, snapshots: dict[str, list[_Package]]) -> LockedPackage:
        at = f"{self.what} {shown(path, 120)!r}"
        name, version = self.keys[path]
        resolution = entry.resolution or _Resolution()
        digests, others = sri(resolution.integrity, what=at)
        shots = snapshots.pop(self.bare(path), [])
        tables = (table for s in shots for table in (s.dependencies, s.optional_dependencies) if table)
        links = union(self.links(table) for table in tables)
        return LockedPackage(
            name, version, digests, others, requires=names(links), links=links, **_source(path, resolution)
        )

    def direct(self, tables: Iterable[dict[str, Any] | None]) -> tuple[str, ...]:
        read = (typed(table, Table, what=self.what) for table in tables if table)
        plain = ({n: w if isinstance(w, str) else w.version for n, w in table.items()} for table in read)
        return union(self.links(table) for table in plain)

    def links(self, table: dict[str, str]) -> tuple[str, ...]:
        self.edges += len(table)
        if self.edges > MAX_EDGES:
            raise TooLarge(f"{self.what} has over {MAX_EDGES} dependency relations")
        found = (self.find(name, wanted) for name, wanted in table.items())
        return tuple(f"{key[0]}@{key[1]}" for key in found if key is not None)

    def find(self, name: str, wanted: str) -> tuple[str, str] | None:
        """A version, or the path of an alias, a git or a tarball package."""
        paths = (f"/{name}/{wanted}",) if self.old else (f"{name}@{wanted}", f"/{name}@{wanted}")
        return next((self.keys[path] for path in (*paths, wanted) if path in self.keys), None)

    def bare(self, path: str) -> str:
        """Without the peers it was resolved with: ``(react@18.2.0)``; the old form keeps them as ``_react@18.2.0``."""
        return path if self.old else path.partition("(")[0]

    def key(self, path: str) -> tuple[str, str]:
        entry = self.entries.get(path) or self.entries.get(self.bare(path)) or _Package()
        text = self.bare(path).removeprefix("/")
        if self.old:
            name, _, version = text.rpartition("/")
            version = version.partition("_")[0]
        else:
            scope, _, version = text[1:].partition("@")
            name = text[:1] + scope
        name, version = entry.name or name, entry.version or version
        if not name or not version:
            raise Malformed(
                f"{self.what} has the package {shown(path, 120)!r}, expected a name and a version"
            )
        return name, "" if ":" in version else version


def _source(path: str, resolution: _Resolution) -> dict[str, Any]:
    if resolution.type == "git" or resolution.commit:
        return {"source": "git", "location": resolution.repo, "commit": resolution.commit}
    if resolution.type == "directory" or resolution.directory:
        return {"source": "path", "location": resolution.directory}
    if resolution.tarball.startswith("file:"):
        return {"source": "path", "location": resolution.tarball}
    if "codeload" in resolution.tarball and not resolution.integrity:
        return {
            "source": "git",
            "location": resolution.tarball,
            "commit": resolution.tarball.rpartition("/")[2],
        }
    if "://" in path:
        return {"source": "url", "location": resolution.tarball}
    return {}
