"""A submission bundle: the signed attestation, its artifacts by digest, and the customer list.

On any carrier (folder, tar, upload) it is the same mapping of paths to bytes::

    attestation.dsse.json
    customers.json
    artifacts/sha256/<64 hexadecimal digits>
"""

import gzip
import re
from collections.abc import Mapping

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import tar_archive
from assay.formats.archive import MIB, Limits
from assay.formats.attestation import Attestation
from assay.formats.digest import Digest
from assay.formats.text import shown

ENVELOPE = "attestation.dsse.json"
CUSTOMERS = "customers.json"
FOLDER = "artifacts/sha256/"

MAX_ENVELOPE = 96 * MIB
MAX_CUSTOMERS = 64 * MIB
MAX_ARTIFACT = 512 * MIB
LIMITS = Limits(members=100_000, single=MAX_ARTIFACT, total=2048 * MIB, held=2048 * MIB, name=256, depth=4)

_ARTIFACT = re.compile(r"artifacts/sha256/([0-9a-f]{64})\Z")
_FOLDERS = frozenset({"artifacts", "artifacts/sha256"})


class Bundle(msgspec.Struct, frozen=True):
    """What was submitted, byte for byte; each artifact hashes to its name."""

    envelope: bytes
    customers: bytes | None
    """None when the bundle has no list, which completeness rule C15 asks for."""
    artifacts: Mapping[Digest, bytes]

    def __repr__(self) -> str:
        return f"Bundle({len(self.artifacts)} artifacts)"


class Missing(msgspec.Struct, frozen=True):
    """An artifact that the attestation names and the bundle lacks; completeness rule C12 judges it."""

    digest: Digest
    name: str

    def __str__(self) -> str:
        return (
            f"artifact {shown(self.name)!r} ({self.digest}) is named in the attestation and not in the bundle"
        )


def artifact_path(digest: Digest) -> str:
    """Where the artifact stands in a bundle."""
    if digest.algorithm != "sha256":
        raise Malformed(f"artifact has a {digest.algorithm} digest, expected sha256")
    return FOLDER + digest.value


def limit_of(path: str, *, what: str = "bundle") -> int:
    """How many bytes *path* may have; :class:`Malformed` when it is no path of a bundle."""
    if path == ENVELOPE:
        return MAX_ENVELOPE
    if path == CUSTOMERS:
        return MAX_CUSTOMERS
    if _ARTIFACT.match(path):
        return MAX_ARTIFACT
    raise Malformed(
        f"{what} has the file {shown(path, 120)!r}, expected {ENVELOPE}, {CUSTOMERS} or {FOLDER}<64 hex digits>"
    )


def from_files(files: Mapping[str, bytes], *, what: str = "bundle") -> Bundle:
    """Read the files of a bundle by path; every name and every artifact's digest is checked."""
    artifacts: dict[Digest, bytes] = {}
    for path in sorted(files):
        data = files[path]
        limit = limit_of(path, what=what)
        if len(data) > limit:
            raise TooLarge(f"{what}: {path} has {len(data)} bytes, over the limit of {limit}")
        if path.startswith(FOLDER):
            named, found = Digest("sha256", path.removeprefix(FOLDER)), Digest.sha256(data)
            if found != named:
                raise Malformed(
                    f"{what}: {path} has SHA-256 {found.value}, expected {named.value} as its name says"
                )
            artifacts[named] = data
    if len(artifacts) > LIMITS.members:
        raise TooLarge(f"{what} has {len(artifacts)} artifacts, over the limit of {LIMITS.members}")
    if ENVELOPE not in files:
        raise Malformed(f"{what} has no {ENVELOPE}, expected the signed attestation")
    return Bundle(files[ENVELOPE], files.get(CUSTOMERS), artifacts)


def to_files(bundle: Bundle) -> dict[str, bytes]:
    """The files of *bundle* by path, in order of path."""
    files = {artifact_path(digest): data for digest, data in bundle.artifacts.items()} | {
        ENVELOPE: bundle.envelope
    }
    if bundle.customers is not None:
        files[CUSTOMERS] = bundle.customers
    return {path: files[path] for path in sorted(files)}


def compare(bundle: Bundle, attestation: Attestation) -> tuple[Missing, ...]:
    """Artifacts named and absent, in the attestation's order; :class:`Malformed` for one that nobody named."""
    named = {artifact.digest for artifact in attestation.artifacts}
    extra = sorted(digest for digest in bundle.artifacts if digest not in named)
    if extra:
        more = f" and {len(extra) - 1} more" if len(extra) > 1 else ""
        raise Malformed(f"bundle: {artifact_path(extra[0])}{more} is not named in the attestation")
    return tuple(
        Missing(artifact.digest, artifact.name)
        for artifact in attestation.artifacts
        if artifact.digest not in bundle.artifacts
    )


def read_tar(data: bytes, *, what: str = "bundle") -> Bundle:
    """Read a ``.tar`` or ``.tar.gz``: regular files of a bundle and the two folders above them, nothing else."""
    archive = tar_archive.read(data, what=what, limits=LIMITS)
    files: dict[str, bytes] = {}
    for entry in archive.entries:
        if entry.kind == "directory" and entry.path in _FOLDERS:
            continue
        if entry.kind != "file":
            raise Malformed(f"{what}: {shown(entry.path, 120)!r} is a {entry.kind}, expected a regular file")
        limit = limit_of(entry.path, what=what)
        if entry.size > limit:
            raise TooLarge(f"{what}: {entry.path} has {entry.size} bytes, over the limit of {limit}")
        files[entry.path] = archive.read(entry.path)
    return from_files(files, what=what)


def write_tar(bundle: Bundle) -> bytes:
    """:func:`tar_archive.write` of its files; the same bundle gives the same bytes."""
    return tar_archive.write(to_files(bundle))


def write_tar_gz(bundle: Bundle) -> bytes:
    """:func:`write_tar`, gzip-compressed without name or time."""
    return gzip.compress(write_tar(bundle), compresslevel=6, mtime=0)
