"""A zip archive read strictly from bytes (PKWARE APPNOTE 6.3).

Readers of zip disagree about what an archive holds, and attacks live in the difference. This one demands that the
central directory, the local headers and the bytes tell one story: every byte belongs to exactly one of them.
"""

import hashlib
import stat
import struct
import zlib
from calendar import monthrange
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats.archive import (
    LIMITS,
    MIB,
    Archive,
    Entry,
    Limits,
    Place,
    arrange,
    link_inside,
    member_path,
    within_ratio,
)
from assay.formats.text import shown

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_FEED = 64 * 1024
_ROW = 500
"""Bytes of memory of a row, about."""
_ENCRYPTED, _DESCRIPTOR, _PATCHED, _STRONG, _UTF8, _MASKED = 1, 8, 0x20, 0x40, 0x800, 0x2000
_STORED, _DEFLATED = 0, 8
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075


class _Row(msgspec.Struct, frozen=True):
    """A row of the central directory, with where its data lies."""

    name: bytes
    path: str
    directory: bool
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    modified: datetime | None
    start: int = 0
    """First byte of the data."""
    end: int = 0
    """First byte after the data (the descriptor, where there is one, follows)."""


class _End(msgspec.Struct, frozen=True):
    """The end record: members, size and offset of the central directory, and where that must end."""

    count: int
    size: int
    offset: int
    at: int


def read(data: bytes, *, what: str, limits: Limits = LIMITS) -> Archive:
    """Open *data*; members are unpacked when asked for."""
    try:
        end = _end(data, what)
        rows = [_locate(data, row, what) for row in _directory(data, end, what, limits)]
    except (struct.error, OverflowError) as error:
        raise Malformed(f"{what} is a broken zip: {error}") from error
    _budget(rows, len(data), what, limits)
    _tile(data, rows, end.offset, what)
    entries = tuple(_entry(data, row, what) for row in rows)
    collisions = arrange(entries, what=what)
    files = {row.path: row for row in rows if not row.directory}

    def chunks(path: str) -> Iterator[bytes]:
        row = files.get(path)
        if row is None:
            raise Malformed(f"{what} has no file {shown(path, 80)!r}")
        return _chunks(data, row, what)

    def packed(path: str) -> Hashable:
        row = files[path]
        return row.method, row.size, row.crc, hashlib.sha256(data[row.start : row.end]).digest()

    return Archive("zip", entries, chunks, collisions, packed, held=len(data) + _ROW * len(rows))


def _end(data: bytes, what: str) -> _End:
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - 0xFFFF))
    if at < 0:
        raise Malformed(f"{what} has no end-of-central-directory record: cut off, or no zip")
    if at + _END.size > len(data):
        raise Malformed(f"{what} is cut off inside its end record")
    _, disk, first, here, count, size, offset, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise Malformed(f"{what}: the end record does not stand at the end of the file")
    if data[max(0, at - _LOCATOR.size) : at].startswith(b"PK\x06\x07"):
        end64 = at - _LOCATOR.size - _END64.size
        *_, place, disks = _LOCATOR.unpack_from(data, at - _LOCATOR.size)
        if place != end64 or disks != 1 or data[max(0, end64) : end64 + 4] != b"PK\x06\x06":
            raise Malformed(f"{what}: the zip64 end record is not where its locator says")
        wide = _END64.unpack_from(data, end64)
        narrow = (
            (disk, 0xFFFF),
            (first, 0xFFFF),
            (here, 0xFFFF),
            (count, 0xFFFF),
            (size, 2**32 - 1),
            (offset, 2**32 - 1),
        )
        if wide[1] != _END64.size - 12 or any(
            n not in (w, top) for w, (n, top) in zip(wide[4:], narrow, strict=True)
        ):
            raise Malformed(f"{what}: the zip64 end record contradicts the end record")
        disk, first, here, count, size, offset = wide[4:]
        at = end64
    if (disk, first) != (0, 0) or here != count:
        raise Unsupported(f"{what} is one part of a zip in several parts")
    return _End(count, size, offset, at)


def _directory(data: bytes, end: _End, what: str, limits: Limits) -> list[_Row]:
    if end.count > limits.members:
        raise TooLarge(f"{what} has {end.count} members, over the limit of {limits.members}")
    if end.offset + end.size != end.at:
        raise Malformed(
            f"{what}: the central directory ends at byte {end.offset + end.size}, expected {end.at} (bytes before or after it)"
        )
    rows = []
    at = end.offset
    for number in range(end.count):
        if at + _CENTRAL.size > end.at or data[at : at + 4] != b"PK\x01\x02":
            raise Malformed(
                f"{what}: row {number} of the central directory is missing, expected {end.count} rows"
            )
        row, at = _row(data, at, what, limits)
        rows.append(row)
    if at != end.at:
        raise Malformed(f"{what}: the central directory does not end with its {end.count} rows")
    return rows


def _row(data: bytes, at: int, what: str, limits: Limits) -> tuple[_Row, int]:
    (_, made, _, flags, method, time, date, crc, packed, size,
     name_length, extra_length, comment_length, disk, _, attributes, offset) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    start = at + _CENTRAL.size
    name = data[start : start + name_length]
    extra = data[start + name_length : start + name_length + extra_length]
    where = Place(what, name[:160].decode("ascii", "replace"))
    if flags & (_ENCRYPTED | _STRONG | _MASKED):
        raise Unsupported(f"{where} is encrypted")
    if flags & _PATCHED or method not in (_STORED, _DEFLATED):
        raise Unsupported(f"{where} uses compression method {method}, expected stored or deflated")
    if disk != 0:
        raise Unsupported(f"{where} is on another part of a zip in several parts")
    size, packed, offset = _wide(extra, (size, packed, offset), where)
    text = _decode(name, flags, where)
    path = member_path(text, what=what, limits=limits)
    mode = attributes >> 16 if made >> 8 == 3 else 0
    row = _Row(
        name, path, text.endswith("/"), flags, method, crc, packed, size, offset, mode, _moment(date, time)
    )  # fmt: skip
    return row, start + name_length + extra_length + comment_length


def _decode(name: bytes, flags: int, where: Place) -> str:
    if name.isascii():
        return name.decode("ascii")
    try:
        return name.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as error:
        raise Malformed(f"{where} has a name that is not UTF-8") from error


def _wide(extra: bytes, values: tuple[int, int, int], where: Place) -> tuple[int, int, int]:
    """Sizes and offset with the zip64 extra field applied (APPNOTE 4.5.3)."""
    wide = list(values)
    for kind, body in _extras(extra, where):
        if kind == _UNICODE_PATH:
            raise Unsupported(f"{where} has a second name in a Unicode path field")
        if kind == _ZIP64:
            at = 0
            for i, value in enumerate(values):
                if value == 2**32 - 1:
                    if at + 8 > len(body):
                        raise Malformed(f"{where} has a zip64 field that is too short")
                    (wide[i],) = struct.unpack_from("<Q", body, at)
                    at += 8
    if 2**32 - 1 in wide:
        raise Malformed(f"{where} refers to a zip64 field that is not there")
    return wide[0], wide[1], wide[2]


def _extras(extra: bytes, where: Place) -> Iterator[tuple[int, bytes]]:
    at, seen = 0, set()
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            raise Malformed(f"{where} has an extra field that runs over its end")
        if kind in seen and kind in (_ZIP64, _UNICODE_PATH):
            raise Malformed(f"{where} has two zip64 fields")
        seen.add(kind)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


@lru_cache(maxsize=1024)  # the members of an archive have few moments between them
def _moment(date: int, time: int) -> datetime | None:
    year, month, day = (date >> 9) + 1980, date >> 5 & 15, date & 31
    hour, minute, second = time >> 11, time >> 5 & 63, (time & 31) * 2
    possible = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
    if not possible or hour > 23 or minute > 59 or second > 59:
        return None
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _locate(data: bytes, row: _Row, what: str) -> _Row:
    """Find the data of *row*; its local header must say the same as the central directory."""
    where = Place(what, row.path)
    if row.offset + _LOCAL.size > len(data) or data[row.offset : row.offset + 4] != b"PK\x03\x04":
        raise Malformed(f"{where} has no local header at byte {row.offset}")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(
        data, row.offset
    )
    begin = row.offset + _LOCAL.size
    extra = data[begin + name_length : begin + name_length + extra_length]
    if size == 2**32 - 1 or packed == 2**32 - 1:
        size, packed, _ = _wide(extra, (size, packed, 0), where)
    described = bool(flags & _DESCRIPTOR) and crc == packed == size == 0
    wanted = (row.name, row.method, row.flags | 6)
    if (data[begin : begin + name_length], method, flags | 6) != wanted or (
        not described and (crc, packed, size) != (row.crc, row.packed, row.size)
    ):
        raise Malformed(
            f"{where}: the local header contradicts the central directory (name, method, flags, size or CRC)"
        )
    if row.method == _STORED and row.packed != row.size:
        raise Malformed(f"{where} is stored, yet has {row.packed} bytes for a size of {row.size}")
    start = begin + name_length + extra_length
    return msgspec.structs.replace(row, start=start, end=start + row.packed)


def _budget(rows: list[_Row], length: int, what: str, limits: Limits) -> None:
    total = 0
    for row in rows:
        where = Place(what, row.path)
        if row.size > limits.single:
            raise TooLarge(f"{where} unpacks to {row.size} bytes, over the limit of {limits.single}")
        if row.directory and row.size:
            raise Malformed(f"{where} is a folder, yet has {row.size} bytes")
        within_ratio(row.size, row.packed, what=where, limits=limits)
        total += row.size
    if total > limits.total:
        raise TooLarge(f"{what} unpacks to {total} bytes, over the limit of {limits.total}")
    within_ratio(total, length, what=what, limits=limits)


def _tile(data: bytes, rows: list[_Row], stop: int, what: str) -> None:
    """Every byte before the central directory, at *stop*, belongs to one member: no overlap, no prefix, no gap."""
    ordered = sorted(rows, key=lambda row: row.offset)
    first = ordered[0].offset if ordered else stop
    if first:
        raise Malformed(f"{what} has {first} bytes before its first member")
    follow = [row.offset for row in ordered[1:]] + [stop]
    for row, following in zip(ordered, follow, strict=bool(rows)):
        gap = following - row.end
        where = Place(what, row.path)
        if gap < 0:
            raise Malformed(f"{where} overlaps what follows it")
        if gap and not (row.flags & _DESCRIPTOR and data[row.end : following] in _descriptors(row)):
            raise Malformed(f"{where} is followed by {gap} bytes that belong to no member")


def _descriptors(row: _Row) -> list[bytes]:
    """The spellings of a data descriptor (APPNOTE 4.3.9): with or without signature, narrow or wide."""
    forms = [struct.pack("<LQQ", row.crc, row.packed, row.size)]
    if max(row.packed, row.size) < 2**32:
        forms.append(struct.pack("<LLL", row.crc, row.packed, row.size))
    return forms + [b"PK\x07\x08" + form for form in forms]


def _entry(data: bytes, row: _Row, what: str) -> Entry:
    where = Place(what, row.path)
    if row.directory:
        return Entry(row.path, "directory", modified=row.modified)
    kind = stat.S_IFMT(row.mode)
    if kind == stat.S_IFLNK:
        if row.size > 4096:
            raise Malformed(f"{where} is a symbolic link with a target of {row.size} bytes")
        try:
            target = b"".join(_chunks(data, row, what)).decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"{where} is a symbolic link whose target is not UTF-8") from error
        link_inside(row.path, target, what=what)
        return Entry(row.path, "symlink", row.size, target, modified=row.modified)
    if kind not in (0, stat.S_IFREG):
        raise Malformed(f"{where} is a device, pipe or folder by its mode, expected a file")
    return Entry(row.path, "file", row.size, executable=bool(row.mode & 0o111), modified=row.modified)


def _chunks(data: bytes, row: _Row, what: str) -> Iterator[bytes]:
    """The member's bytes in pieces of at most 1 MiB; raises where size or CRC-32 is not as declared."""
    where = Place(what, row.path)
    size = crc = 0
    pieces = _inflate(data, row, where) if row.method == _DEFLATED else _stored(data, row)
    try:
        for piece in pieces:
            size += len(piece)
            if size > row.size:
                raise Malformed(f"{where} unpacks to more than its declared {row.size} bytes")
            crc = zlib.crc32(piece, crc)
            yield piece
    except (zlib.error, MemoryError) as error:
        raise Malformed(f"{where}: {error}") from error
    if size != row.size:
        raise Malformed(f"{where} unpacks to {size} bytes, expected {row.size}")
    if crc != row.crc:
        raise Malformed(f"{where} has CRC-32 {crc:08x}, expected {row.crc:08x}")


def _stored(data: bytes, row: _Row) -> Iterator[bytes]:
    for at in range(row.start, row.end, MIB):
        yield data[at : min(at + MIB, row.end)]


def _inflate(data: bytes, row: _Row, where: Place) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for at in range(row.start, row.end, _FEED):
        piece = data[at : min(at + _FEED, row.end)]
        while piece:
            if stream.eof:
                raise Malformed(f"{where} has bytes after its compressed data")
            yield stream.decompress(piece, MIB)
            piece = stream.unconsumed_tail
    if not stream.eof:
        yield stream.flush()
    if not stream.eof or stream.unused_data:
        raise Malformed(f"{where}: its compressed data do not end where they should")
