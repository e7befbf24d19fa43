"""A file of a release, opened in memory: a wheel, an sdist, an npm tarball, or any other file."""

import hashlib
import re
import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import VERSION_PATTERN, Version

from assay.errors import Malformed
from assay.evidence.memory import Memory, recalled
from assay.formats import compressed, npm_tarball, sdist, secret_marks, tar_archive, wheel, zip_archive
from assay.formats.archive import LIMITS, Archive, Limits
from assay.formats.core_metadata import CoreMetadata
from assay.formats.digest import Digest
from assay.formats.text import shown

_PEP440 = re.compile(rf"\s*{VERSION_PATTERN}\s*\Z", re.VERBOSE | re.IGNORECASE)

Binary = Literal["", "elf", "pe", "macho", "wasm", "java", "archive"]


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
    """SHA-256; of a symbolic link, over its target's text; of a hard link, that of the file it is."""
    binary: Binary = ""
    """Executable or nested-archive format by its first bytes, empty for anything else."""
    executable: bool = False
    link: str = ""
    """Target, of a link; never followed."""


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
    """Bytes of a member by path, bounded; of a file that is no archive, its own bytes under its own name."""
    held: int = 0
    """Bytes of memory that *read* holds on to, about."""
    record_fault: str = ""
    """Why a wheel's RECORD cannot be read."""
    tags: tuple[str, ...] = ()
    """Of a wheel, ``python-abi-platform``."""
    bundled: tuple[str, ...] = ()
    """Of an npm package, the names it says it carries in node_modules; ``*`` for all."""
    collisions: tuple[tuple[str, str], ...] = ()
    """Pairs of paths that some file systems cannot tell apart."""
    marked: frozenset[str] | None = None
    """Paths of the members in which a private key or an access token could stand; None where nobody looked."""
    stated: tuple[str, str] = ("", "")
    """Name and version as the file's own name says, where it is a wheel's or sdist's name."""

    def inner(self, path: str) -> str:
        """*path* without the top folder that an sdist or npm tarball puts around everything."""
        return path.partition("/")[2] if self.kind in ("sdist", "npm") else path


class _Looked(msgspec.Struct, frozen=True, gc=False):
    """What is found in a file by looking at all of its bytes."""

    digest: Digest
    binary: Binary
    marked: bool


def read(data: bytes, *, name: str, limits: Limits = LIMITS, memory: Memory | None = None) -> ReleaseFile:
    """Open the release file *data*, found as *name* (a path; its last part tells wheels and sdists from other files)."""
    filename = name.replace("\\", "/").rpartition("/")[2]
    what = shown(filename, 100)
    plain = ReleaseFile(
        filename=filename,
        kind="other",
        size=len(data),
        digests=(Digest.sha256(data), Digest("sha512", hashlib.sha512(data).hexdigest())),
    )
    archive = _open(data, filename, what, limits)
    if archive is None:
        return msgspec.structs.replace(plain, read=_itself(data, filename), held=len(data))
    members, marked = _members(archive, memory)
    opened = msgspec.structs.replace(
        plain,
        members=members,
        marked=marked,
        newest=_newest(entry.modified for entry in archive.entries if entry.kind == "file"),
        read=archive.read,
        held=archive.held,
        collisions=archive.collisions,
    )
    return _described(opened, archive, what)


def _open(data: bytes, filename: str, what: str, limits: Limits) -> Archive | None:
    """The archive, or None for a file that is none."""
    lower = filename.lower()
    if lower.endswith((".whl", ".zip")) or data.startswith(zip_archive.MAGIC):
        return zip_archive.read(data, what=what, limits=limits)
    tarred = lower.endswith(
        (".tar", ".tar.gz", ".tgz", ".crate", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
    )
    if tarred or tar_archive.is_tar(data):
        return tar_archive.read(data, what=what, limits=limits)
    return None


def _described(opened: ReleaseFile, archive: Archive, what: str) -> ReleaseFile:
    """*opened* with what its own metadata say."""
    lower = opened.filename.lower()
    if lower.endswith(".whl"):
        found = wheel.read(archive, what=what)
        rows = (
            None if found.record is None else tuple(RecordRow(r.path, r.digest, r.size) for r in found.record)
        )
        about = _python(opened, "wheel", found.metadata)
        return msgspec.structs.replace(about, record=rows, record_fault=found.record_fault, tags=found.tags)
    if lower.endswith((".tar.gz", ".zip")) and sdist.holds(archive, "PKG-INFO"):
        return _python(opened, "sdist", sdist.read(archive, what=what))
    npm = lower.endswith(".tgz") or sdist.top_folder(archive) == "package"
    if npm and archive.format == "tar" and sdist.holds(archive, "package.json"):
        package = npm_tarball.read(archive, what=what)
        return msgspec.structs.replace(
            opened,
            kind="npm",
            ecosystem="npm",
            name=package.name,
            version=package.version,
            licence=package.licence,
            requires=tuple(Requires(n.name, n.specifier, n.marker) for n in package.needs),
            bundled=package.bundled,
        )
    return opened


def _python(opened: ReleaseFile, kind: Literal["wheel", "sdist"], metadata: CoreMetadata) -> ReleaseFile:
    return msgspec.structs.replace(
        opened,
        kind=kind,
        ecosystem="pypi",
        name=metadata.name,
        version=str(python_version(metadata.version) or metadata.version),
        licence=metadata.licence,
        requires=tuple(Requires(n.name, n.specifier, n.marker, n.extra) for n in metadata.needs),
        stated=_stated(kind, opened.filename),
    )


def python_version(text: str) -> Version | None:
    """*text* as PEP 440 reads it, or None where it is no such version."""
    return Version(text) if _PEP440.match(text) else None


def _stated(kind: Literal["wheel", "sdist"], filename: str) -> tuple[str, str]:
    """Name and version in a file's name; empty for an sdist that is not named by the rules."""
    _, dash, last = filename.removesuffix(".zip").removesuffix(".tar.gz").rpartition("-")
    if kind == "sdist" and not (dash and _PEP440.match(last)):
        return "", ""
    try:
        name, version = (
            parse_wheel_filename(filename)[:2] if kind == "wheel" else parse_sdist_filename(filename)
        )
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise Malformed(f"{shown(filename, 100)}: {shown(str(error))}") from error
    return name, str(version)


def _itself(data: bytes, filename: str) -> Callable[[str], bytes]:
    def own(path: str) -> bytes:
        if path != filename:
            raise Malformed(f"{shown(filename, 100)} is no archive and has no member {shown(path, 80)!r}")
        return data

    return own


def _members(archive: Archive, memory: Memory | None) -> tuple[tuple[Member, ...], frozenset[str]]:
    """Files and links in order, and which of them are marked: each file unpacked and hashed once."""
    members: dict[str, Member] = {}
    marked = set()
    for entry in archive.entries:
        path = entry.path
        if entry.kind == "symlink":
            digest = Digest.sha256(entry.target.encode())
            members[path] = Member(path, entry.size, digest, link=entry.target)
        elif entry.kind == "hardlink":
            members[path] = msgspec.structs.replace(members[entry.target], path=path, link=entry.target)
        elif entry.kind == "file":
            found = _look(archive, path, memory)
            members[path] = Member(path, entry.size, found.digest, found.binary, entry.executable)
            if found.marked:
                marked.add(path)
    return tuple(members.values()), frozenset(marked)


def _look(archive: Archive, path: str, memory: Memory | None) -> _Looked:
    if memory is None or archive.packed is None:
        return _unpacked(archive.chunks(path))
    key = archive.packed(path)
    found: _Looked = recalled(memory.members, key, lambda: _unpacked(archive.chunks(path)))
    return found


def _unpacked(pieces: Iterable[bytes]) -> _Looked:
    hashed, head, secrets = hashlib.sha256(), b"", secret_marks.Search()
    for piece in pieces:
        hashed.update(piece)
        head = head or piece[:4096]
        secrets.feed(piece)
    return _Looked(Digest("sha256", hashed.hexdigest()), sniff(head), secrets.found)


_ARCHIVES = (*zip_archive.MAGIC, *compressed.MAGIC, b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"!<arch>\n")
_MACHO = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")


def sniff(head: bytes) -> Binary:
    """What a file is by its first bytes (up to 4096 are of use)."""
    if head.startswith(b"\x7fELF"):
        return "elf"
    if head.startswith(_MACHO):
        return "macho"
    if head.startswith(b"\0asm"):
        return "wasm"
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        # A class file has its major version here (45 and up), a universal binary its number of architectures.
        return "java" if struct.unpack_from(">L", head, 4)[0] >= 45 else "macho"
    if head.startswith(b"MZ") and len(head) >= 64:
        at = struct.unpack_from("<L", head, 60)[0]
        return "pe" if head[at : at + 4] == b"PE\0\0" else ""
    if head.startswith(b"BZh"):
        return "archive" if head[4:10] == b"1AY&SY" else ""
    return "archive" if head.startswith(_ARCHIVES) or tar_archive.is_tar(head) else ""


_FIXED = {
    datetime(1985, 10, 26, 8, 15, tzinfo=UTC),
    datetime(2006, 7, 24, 1, 21, 28, tzinfo=UTC),
    datetime(2016, 1, 1, tzinfo=UTC),
    datetime(2020, 2, 2, tzinfo=UTC),
}
"""The dates of npm, maturin, poetry and hatchling for reproducible builds; others use the years 1970 and 1980."""


def _newest(moments: Iterable[datetime | None]) -> datetime | None:
    real = [moment for moment in moments if moment and moment.year > 1981 and moment not in _FIXED]
    return max(real, default=None)
