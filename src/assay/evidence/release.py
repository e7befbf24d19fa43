"""A file of a release, opened in memory: a wheel, an sdist, an npm tarball, or any other file."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from assay.formats.digest import Digest


class Requires(msgspec.Struct, frozen=True):
    """A dependency that the release declares in its own metadata."""

    name: str
    """Normalised for its ecosystem (PEP 503 for PyPI)."""
    specifier: str = ""
    marker: str = ""
    """PEP 508 marker, or ``optional``/``peer`` for npm; empty when always needed."""
    extra: str = ""
    """The extra that pulls it in; empty for a plain dependency."""


class Member(msgspec.Struct, frozen=True):
    """A file inside the archive."""

    path: str
    size: int
    digest: Digest
    binary: Literal["", "elf", "pe", "macho", "wasm", "java", "archive"] = ""
    """Executable or nested-archive format by its first bytes, empty for anything else."""
    executable: bool = False


class RecordRow(msgspec.Struct, frozen=True):
    """A row of a wheel's RECORD (PyPA binary distribution format)."""

    path: str
    digest: Digest | None
    size: int | None


class ReleaseFile(msgspec.Struct, frozen=True):
    filename: str
    kind: Literal["wheel", "sdist", "npm", "other"]
    size: int
    digests: tuple[Digest, ...]
    """SHA-256 and SHA-512 of the whole file."""
    ecosystem: str = ""
    """purl type: ``pypi``, ``npm``; empty when unknown."""
    name: str = ""
    """As its metadata says, normalised; empty for ``other``."""
    version: str = ""
    licence: str = ""
    requires: tuple[Requires, ...] = ()
    members: tuple[Member, ...] = ()
    record: tuple[RecordRow, ...] | None = None
    """None when there is no RECORD (everything but wheels)."""
    newest: datetime | None = None
    """Latest modification time of a member, if it is not a fixed reproducible-build date."""
    read: Callable[[str], bytes] | None = None
    """Bytes of a member by path, bounded; None for ``other``."""
