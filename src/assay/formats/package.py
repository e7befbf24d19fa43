"""A package: documents, receipts and a trust root in one tar, all named by digest in one signed manifest.

::

    MANIFEST.json          what is inside, for people and programs
    MANIFEST.dsse.json     the same text, signed
    ...                    the files that it names, in order of path

A package has one spelling: what :func:`write` would not have written is refused.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json, tar_archive
from assay.formats.archive import MIB, Limits
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.text import shown

FORMAT: Literal["urn:assay:package:1"] = "urn:assay:package:1"
PAYLOAD_TYPE = "application/vnd.assay.package+json"
MANIFEST = "MANIFEST.json"
SIGNED = "MANIFEST.dsse.json"
LIMITS = Limits(members=10_000, single=512 * MIB, total=2048 * MIB, held=2048 * MIB, name=100, depth=8)
MAX_MANIFEST = 16 * MIB

Purpose = Literal["referral", "evidence"]
FileKind = Literal[
    "attestation", "artifact", "customers", "verdict", "result", "notice", "response", "determination", "receipt",
    "key-history", "trust", "other",
]  # fmt: skip
DigestText = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$(?!\\n)")]
Text = Annotated[str, Meta(max_length=10_000)]
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Closed, and every field is written."""


class File(_Part, frozen=True, kw_only=True):
    path: str
    kind: FileKind
    digest: DigestText
    size: Annotated[int, Meta(ge=0)]
    title: Text = ""


class Withheld(_Part, frozen=True, kw_only=True):
    """A document that belongs here and is not handed on."""

    digest: DigestText
    reason: Annotated[str, Meta(min_length=1, max_length=10_000)]


class Manifest(_Part, frozen=True, kw_only=True):
    format: Literal["urn:assay:package:1"] = FORMAT
    purpose: Purpose
    office: Text
    register: Text
    """Origin of the office's register; empty where nothing of it is inside."""
    attestation: DigestText
    """Payload of the attestation that all is about."""
    provider: Text
    product: Text
    version: Text
    made: Annotated[datetime, Meta(tz=True)]
    note: Text = ""
    """Why it was made, in the office's words."""
    files: tuple[File, ...]
    """In order of path."""
    withheld: tuple[Withheld, ...] = ()


class Package(msgspec.Struct, frozen=True):
    manifest: Manifest
    envelope: Envelope
    files: Mapping[str, bytes]
    """By path, without the manifest; each is what the manifest says."""

    def __repr__(self) -> str:
        return f"Package({self.manifest.purpose}, {len(self.files)} files)"

    def named(self) -> frozenset[Digest]:
        """Digests that a receipt may record: of files, of payloads of signed files, of what is withheld."""
        found = {Digest.parse(file.digest) for file in self.manifest.files}
        found |= {Digest.parse(one.digest) for one in self.manifest.withheld}
        found |= {identity for data in self.files.values() if (identity := _payload(data))}
        return frozenset(found | {Digest.parse(self.manifest.attestation)})


def like(data: bytes) -> bool:
    """Whether *data* begins like a package, and not like another tar."""
    return data[:100].rstrip(b"\0") == MANIFEST.encode()


def listed(path: str, kind: FileKind, data: bytes, title: str = "") -> File:
    return File(path=path, kind=kind, digest=str(Digest.sha256(data)), size=len(data), title=title)


def encode(manifest: Manifest) -> bytes:
    """The text that is signed. ``ValueError`` for a value that :func:`parse` would refuse: that is our bug."""
    payload = strict_json.pretty(manifest)
    try:
        same = parse(payload) == manifest
    except Malformed as error:
        raise ValueError(f"not a manifest: {error}") from error
    if not same:
        raise ValueError("not a manifest: the value does not survive its own text")
    return payload


def parse(payload: bytes, *, what: str = MANIFEST) -> Manifest:
    """Read a manifest in its only spelling."""
    raw = strict_json.load(payload, what=what, limit=MAX_MANIFEST)
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, str) and found != FORMAT:
        raise Unsupported(f"{what} has format {shown(found, 80)!r}, expected {FORMAT!r}")
    try:
        manifest = msgspec.json.decode(payload, type=Manifest)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error
    paths = [file.path for file in manifest.files]
    for path in paths:
        if not _PATH.fullmatch(path) or path in (MANIFEST, SIGNED) or len(path) > LIMITS.name:
            raise Malformed(
                f"{what}: path {shown(path, 120)!r} is not plain names of letters, digits, '.', '_' and '-' (at most "
                f"{LIMITS.name} bytes)"
            )
    if paths != sorted(set(paths)):
        raise Malformed(f"{what}: files are not in order of path, each once")
    if len(paths) + 2 > LIMITS.members:
        raise TooLarge(f"{what} names {len(paths)} files, over {LIMITS.members - 2}")
    if manifest.made.utcoffset() or strict_json.pretty(manifest) != payload:
        raise Malformed(
            f"{what} is not in its one spelling (every field written, laid out as Assay does, time in UTC)"
        )
    return manifest


def write(envelope: Envelope, files: Mapping[str, bytes]) -> bytes:
    """The archive. The same envelope and files give the same bytes; ``ValueError`` where they do not fit together."""
    manifest = parse(envelope.payload)
    data = tar_archive.write(
        {MANIFEST: envelope.payload, SIGNED: envelope.encode()}
        | {one.path: files[one.path] for one in manifest.files}
    )
    try:
        opened = read(data)
    except Malformed as error:
        raise ValueError(f"not a package: {error}") from error
    if dict(opened.files) != dict(files):
        raise ValueError("not a package: a file is not in the manifest")
    return data


def read(data: bytes, *, what: str = "package") -> Package:
    """Open a package and compare every file with the manifest. Signatures are for the caller."""
    archive = tar_archive.read(data, what=what, limits=LIMITS)
    names = [entry.path for entry in archive.entries]
    if names[:2] != [MANIFEST, SIGNED]:
        raise Malformed(f"{what} does not begin with {MANIFEST} and {SIGNED}")
    for entry in archive.entries[:2]:
        if entry.size > 2 * MAX_MANIFEST:
            raise TooLarge(f"{what}: {entry.path} has {entry.size} bytes, over {2 * MAX_MANIFEST}")
    envelope = Envelope.parse(archive.read(SIGNED), what=f"{what}: {SIGNED}", expected=PAYLOAD_TYPE)
    if archive.read(MANIFEST) != envelope.payload:
        raise Malformed(f"{what}: {MANIFEST} is not the text that {SIGNED} signs")
    manifest = parse(envelope.payload, what=f"{what}: {MANIFEST}")
    if names[2:] != [file.path for file in manifest.files]:
        raise Malformed(f"{what}: {_difference(set(names[2:]), {file.path for file in manifest.files})}")
    files = {file.path: archive.read(file.path) for file in manifest.files}
    for file in manifest.files:
        found = Digest.sha256(files[file.path])
        if str(found) != file.digest or len(files[file.path]) != file.size:
            raise Malformed(
                f"{what}: {file.path} has {len(files[file.path])} bytes and {found}, the manifest says {file.size} and {file.digest}"
            )
    if not tar_archive.wrote({MANIFEST: envelope.payload, SIGNED: archive.read(SIGNED)} | files, data):
        raise Malformed(
            f"{what} is a tar that Assay would have written otherwise (order, modes, times, padding)"
        )
    return Package(manifest, envelope, files)


def _difference(found: set[str], named: set[str]) -> str:
    if extra := sorted(found - named):
        return f"{shown(extra[0], 120)} is not in the manifest"
    if missing := sorted(named - found):
        return f"{missing[0]} is in the manifest and not in the archive"
    return "the files are not in the order of the manifest"


def _payload(data: bytes) -> Digest | None:
    """Of a signed document; None for any other."""
    found: Digest | None = None
    if b'"payloadType"' in data:
        with suppress(Malformed):  # it only looks like one, and counts by its bytes
            found = Envelope.parse(data).identity
    return found
