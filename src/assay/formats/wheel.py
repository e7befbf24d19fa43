"""A wheel: its metadata, tags and RECORD (PyPA binary distribution format 1.0)."""

import binascii
import csv
import io
import re

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import core_metadata, text
from assay.formats.archive import Archive
from assay.formats.core_metadata import CoreMetadata
from assay.formats.digest import Digest
from assay.formats.text import shown

_MAX_RECORD = 64 * 1024 * 1024
_DIGEST = re.compile(r"([a-z0-9_]{1,16})=([A-Za-z0-9_-]{1,172})={0,2}\Z")
_STANDARD = str.maketrans("-_", "+/")
_SIZE = re.compile(r"[0-9]{1,15}\Z")


class Row(msgspec.Struct, frozen=True):
    """A row of RECORD; an empty digest or size is None."""

    path: str
    digest: Digest | None
    size: int | None


class Wheel(msgspec.Struct, frozen=True):
    metadata: CoreMetadata
    dist_info: str
    """Folder name, without a slash."""
    tags: tuple[str, ...]
    """``python-abi-platform``, as WHEEL lists them."""
    record: tuple[Row, ...] | None
    """None when there is no RECORD, or one that cannot be read."""
    record_fault: str = ""
    """Why RECORD cannot be read."""


def read(archive: Archive, *, what: str) -> Wheel:
    """Exactly one ``.dist-info`` folder with METADATA and WHEEL; a missing or unreadable RECORD is a value."""
    files = {entry.path: entry.size for entry in archive.entries if entry.kind == "file"}
    tops = {path.partition("/")[0] for path in files if "/" in path}
    infos = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(infos) != 1:
        raise Malformed(f"{what} has {len(infos)} .dist-info folders, expected one")
    info = infos[0]
    for name in ("METADATA", "WHEEL"):
        if f"{info}/{name}" not in files:
            raise Malformed(f"{what} has no {info}/{name}")
        if files[f"{info}/{name}"] > core_metadata.MAX_BYTES:
            raise TooLarge(f"{what}: {info}/{name} has over {core_metadata.MAX_BYTES} bytes")
    metadata = core_metadata.read(archive.read(f"{info}/METADATA"), what=f"{what}: METADATA")
    tags = _tags(archive.read(f"{info}/WHEEL"), what=f"{what}: WHEEL")
    record: tuple[Row, ...] | None = None
    fault = ""
    if files.get(f"{info}/RECORD", 0) > _MAX_RECORD:
        raise TooLarge(f"{what}: RECORD has over {_MAX_RECORD} bytes")
    if f"{info}/RECORD" in files:
        try:
            record = read_record(archive.read(f"{info}/RECORD"))
        except Malformed as error:
            fault = str(error)
    return Wheel(metadata, info, tags, record, fault)


def read_record(data: bytes) -> tuple[Row, ...]:
    """Rows ``path,algorithm=digest,size`` in CSV; the digest in unpadded URL-safe base64."""
    body = text.decode(data, what="RECORD", limit=_MAX_RECORD)
    rows = []
    try:
        for number, fields in enumerate(csv.reader(io.StringIO(body, newline=""), strict=True), 1):
            if not fields:
                continue
            if len(fields) != 3:
                raise Malformed(
                    f"RECORD line {number} has {len(fields)} fields, expected path, digest and size"
                )
            rows.append(_row(fields[0], fields[1], fields[2], f"RECORD line {number}"))
    except csv.Error as error:
        raise Malformed(f"RECORD is not CSV: {error}") from error
    return tuple(rows)


def _row(path: str, digest: str, size: str, where: str) -> Row:
    if size and not _SIZE.match(size):
        raise Malformed(f"{where} has size {shown(size, 40)!r}, expected a number")
    return Row(path, _digest(digest, where) if digest else None, int(size) if size else None)


def _digest(field: str, where: str) -> Digest:
    match = _DIGEST.match(field)
    if not match:
        raise Malformed(f"{where} has digest {shown(field, 40)!r}, expected algorithm=base64")
    algorithm, value = match.groups()
    try:
        raw = binascii.a2b_base64(value.translate(_STANDARD) + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{where} has digest {shown(field, 40)!r}: {error}") from error
    return Digest.of(algorithm, raw.hex(), what=f"{where} digest")


def _tags(data: bytes, *, what: str) -> tuple[str, ...]:
    """The Tag fields, compressed sets expanded."""
    tags: list[str] = []
    for line in text.decode(data, what=what).splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() == "tag":
            tags += expand_tag(value.strip(), what=what)
    if not tags:
        raise Malformed(f"{what} has no Tag")
    if len(tags) > 1000:
        raise TooLarge(f"{what} has {len(tags)} tags")
    return tuple(dict.fromkeys(tags))


def expand_tag(tag: str, *, what: str) -> list[str]:
    """``py2.py3-none-any`` as ``py2-none-any`` and ``py3-none-any``."""
    parts = [part.split(".") for part in tag.split("-")]
    if len(parts) != 3 or not all(all(part) for part in parts):
        raise Malformed(f"{what} has tag {shown(tag, 60)!r}, expected python-abi-platform")
    if len(parts[0]) * len(parts[1]) * len(parts[2]) > 1000:
        raise TooLarge(f"{what} has a tag with too many parts")
    return [f"{python}-{abi}-{platform}" for python in parts[0] for abi in parts[1] for platform in parts[2]]
