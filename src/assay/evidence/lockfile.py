"""The dependencies that a project locked, whichever tool locked them."""

from typing import Literal

import msgspec

from assay.formats.digest import Digest


class LockedPackage(msgspec.Struct, frozen=True):
    name: str
    """Normalised for its ecosystem."""
    version: str
    """Exact; empty when the entry does not pin one."""
    digests: tuple[Digest, ...] = ()
    """Of any file of that version; hex, whatever the lock's own encoding (SRI, h1 stays out: see *other_hashes*)."""
    other_hashes: tuple[str, ...] = ()
    """Hashes that are not over a distribution file, such as Go's ``h1:`` directory hashes."""
    source: Literal["registry", "git", "url", "path", "self"] = "registry"
    location: str = ""
    """Path, URL or commit, where the source is not the registry."""
    marker: str = ""
    development: bool = False
    """Only for development or tests, where the lock says so."""
    optional: bool = False
    requires: tuple[str, ...] = ()
    """Names of direct dependencies, where the lock has them."""


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
