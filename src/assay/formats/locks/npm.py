"""package-lock.json and npm-shrinkwrap.json (lockfileVersion 2 and 3; version 1 has no ``packages``)."""

import base64
import binascii
from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.digest import Digest
from assay.formats.locks.model import LockedPackage, Lockfile, lockfile, names, union
from assay.formats.text import shown

MAX_BYTES = 64 * 1024 * 1024
MAX_NESTING = 32
"""``node_modules`` folders inside each other."""
MAX_STEPS = 2_000_000
"""Folders looked into, over all dependencies."""

_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512", "md5"})


class _Package(msgspec.Struct, rename="camel", frozen=True):
    name: str = ""
    version: str = ""
    resolved: str | bool = ""
    integrity: str = ""
    link: bool = False
    dev: bool = False
    dev_optional: bool = False
    optional: bool = False
    in_bundle: bool = False
    license: Any = ""
    dependencies: dict[str, str] = {}
    optional_dependencies: dict[str, str] = {}
    peer_dependencies: dict[str, str] = {}


class _Lock(msgspec.Struct, rename="camel", frozen=True):
    lockfile_version: int
    packages: dict[str, _Package] | None = None
    name: str = ""


def parse(data: bytes, *, what: str) -> Lockfile:
    """Installed places (``node_modules/a/node_modules/b``) of one package and version become one entry."""
    lock = strict_json.decode(data, _Lock, what=what, limit=MAX_BYTES)
    if lock.lockfile_version not in {2, 3} or lock.packages is None:
        raise Unsupported(
            f"{what} has lockfileVersion {lock.lockfile_version}, expected 2 or 3 with packages; npm 7 and later write it"
        )
    tree = _Tree(lock.packages, what)
    root = tree.links("", lock.packages[""]) if "" in lock.packages else ()
    return lockfile(
        "package-lock.json",
        "npm",
        (tree.package(path, entry) for path, entry in lock.packages.items() if not entry.link),
        what=what,
        root=lock.packages[""].name if "" in lock.packages else lock.name,
        roots=names(root),
        links=root,
    )


class _Tree:
    """Where a name resolves to from a place, as Node looks it up."""

    def __init__(self, packages: dict[str, _Package], what: str) -> None:
        self.packages = packages
        self.what = what
        self.steps = 0
        self.hosts = {
            path.rpartition("node_modules/")[0].rstrip("/") for path in packages if "node_modules/" in path
        }

    def package(self, path: str, entry: _Package) -> LockedPackage:
        at = f"{self.what} {shown(path, 120)!r}"
        links = self.links(path, entry)
        digests, others = sri(entry.integrity, what=at)
        return LockedPackage(
            self.name(path),
            entry.version,
            digests,
            others,
            development=entry.dev,
            optional=entry.optional or entry.dev_optional,
            requires=names(links),
            links=links,
            licence=entry.license if isinstance(entry.license, str) else "",
            **_source(path, entry),
        )

    def name(self, path: str) -> str:
        """Given by the entry (root, alias, workspace), else the last part of the path."""
        return self.packages[path].name or path.rpartition("node_modules/")[2] or "."

    def links(self, path: str, entry: _Package) -> tuple[str, ...]:
        hosts = self.above(path)
        tables = (entry.dependencies, entry.optional_dependencies, entry.peer_dependencies)
        found = (self.find(hosts, name) for name in union(tables))
        return tuple(
            dict.fromkeys(f"{self.name(p)}@{self.packages[p].version}" for p in found if p is not None)
        )

    def find(self, hosts: list[str], name: str) -> str | None:
        self.steps += 1 + len(hosts)
        if self.steps > MAX_STEPS:
            raise TooLarge(f"{self.what} takes over {MAX_STEPS} steps to resolve its dependencies")
        for host in hosts:
            found = f"{host}/node_modules/{name}" if host else f"node_modules/{name}"
            if found in self.packages:
                target = self.packages[found]
                return str(target.resolved) if target.link and target.resolved in self.packages else found
        return None

    def above(self, path: str) -> list[str]:
        """*path* and the folders over it that have a ``node_modules``."""
        parts = path.split("/") if path else []
        if parts.count("node_modules") > MAX_NESTING or len(parts) > 4 * MAX_NESTING:
            raise TooLarge(f"{self.what} nests packages over {MAX_NESTING} levels deep")
        above = ("/".join(parts[:length]) for length in range(len(parts), -1, -1))
        return [folder for folder in above if folder in self.hosts]


def _source(path: str, entry: _Package) -> dict[str, Any]:
    resolved = entry.resolved if isinstance(entry.resolved, str) else ""
    if path == "":
        return {"source": "self", "location": "."}
    if "node_modules/" not in path:
        return {"source": "path", "location": path}
    if entry.in_bundle:
        return {"source": "bundled"}
    if resolved.startswith(("git+", "git:", "git@")):
        place, _, commit = resolved.partition("#")
        return {"source": "git", "location": place, "commit": commit}
    if resolved.startswith("file:"):
        return {"source": "url" if entry.integrity else "path", "location": resolved.removeprefix("file:")}
    return {}


def sri(text: str, *, what: str) -> tuple[tuple[Digest, ...], tuple[str, ...]]:
    """Subresource integrity (W3C SRI section 3.5): ``sha512-<base64>`` separated by spaces -> (digests, other hashes)."""
    digests, others = [], []
    for token in text.split():
        algorithm, dash, rest = token.partition("-")
        if not dash:
            raise Malformed(f"{what} has the integrity {shown(token, 80)!r}, expected algorithm-base64")
        if algorithm not in _ALGORITHMS:
            others.append(token)
            continue
        try:
            value = base64.b64decode(rest.partition("?")[0].encode("ascii"), validate=True).hex()
        except (binascii.Error, UnicodeEncodeError) as error:
            raise Malformed(f"{what} has the integrity {shown(token, 80)!r}, which is not base64") from error
        digests.append(Digest.of(algorithm, value, what=f"integrity in {what}"))
    return tuple(dict.fromkeys(digests)), tuple(dict.fromkeys(others))
