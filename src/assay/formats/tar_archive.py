"""A tar archive read strictly from bytes: POSIX ustar and pax, and GNU long names, plain or compressed; written as ustar.

Sizes and names come from one place only: where a header and its pax extension disagree, readers disagree too, and
the archive is refused. After the end marker nothing but zeros may follow.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import compressed
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
)
from assay.formats.text import shown

_BLOCK = 512
_PLACE = 300
"""Bytes of memory of where a member lies, about."""
_ZEROS = bytes(_BLOCK)
_EXTENSION = MIB
_LONG_NAME = 64 * 1024
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ([^=\n]{1,200})=")
_SECONDS = re.compile(r"(-?[0-9]{1,12})(\.[0-9]*)?\Z")


class _Overrides(msgspec.Struct):
    """What extension headers say about the next member."""

    path: str | None = None
    target: str | None = None
    size: int | None = None
    modified: int | None = None


class _Header(msgspec.Struct, frozen=True):
    name: str
    type: bytes
    size: int
    mode: int
    modified: int
    target: str


def is_tar(data: bytes | memoryview) -> bool:
    """Whether *data* starts with a tar header that has a magic."""
    return bytes(data[257:262]) == b"ustar"


def read(data: bytes, *, what: str, limits: Limits = LIMITS) -> Archive:
    """Open *data*, unpacking gzip, bzip2 or xz first (the whole is then held in memory)."""
    raw = compressed.unpack(data, what=what, limits=limits) if compressed.sniff(data) else memoryview(data)
    entries, places = [], {}
    for entry, start in _members(raw, what, limits):
        entries.append(entry)
        if len(entries) > limits.members:
            raise TooLarge(f"{what} has over {limits.members} members")
        if entry.kind == "file":
            places[entry.path] = (start, entry.size)
        elif entry.kind == "hardlink" and entry.target not in places:
            raise Malformed(f"{what}: hard link {shown(entry.path, 80)!r} is to no file before it")
    collisions = arrange(entries, what=what)

    def chunks(path: str) -> Iterator[bytes]:
        place = places.get(path)
        if place is None:
            raise Malformed(f"{what} has no file {shown(path, 80)!r}")
        start, size = place
        return (bytes(raw[at : min(at + MIB, start + size)]) for at in range(start, start + size, MIB))

    return Archive("tar", tuple(entries), chunks, collisions, held=len(raw) + _PLACE * len(places))


def _members(raw: memoryview, what: str, limits: Limits) -> Iterator[tuple[Entry, int]]:
    """Members in order, each with the offset of its data."""
    at, said = 0, _Overrides()
    while True:
        block = bytes(raw[at : at + _BLOCK])
        if len(block) < _BLOCK:
            raise Malformed(f"{what} is cut off at byte {len(raw)}, before its end-of-archive marker")
        if block == _ZEROS:
            break
        header = _header(block, f"{what}: header at byte {at}")
        data = at + _BLOCK
        size = header.size if said.size is None or header.type in b"xgLK" else said.size
        at = data + -(-size // _BLOCK) * _BLOCK
        if at > len(raw):
            raise Malformed(f"{what}: member {shown(header.name, 80)!r} is cut off, {size} bytes expected")
        if header.type in b"xgLK":
            _extend(said, header, raw[data : data + size], f"{what}: extension at byte {data - _BLOCK}")
            continue
        entry = _entry(header, said, what, limits)
        said = _Overrides()
        if entry is not None:
            yield entry, data
    if said != _Overrides():
        raise Malformed(f"{what} ends after an extension header, expected the member it is about")
    _only_zeros(raw, at, what)


def _only_zeros(raw: memoryview, at: int, what: str) -> None:
    zeros = bytes(MIB)
    for start in range(at, len(raw), MIB):
        piece = raw[start : start + MIB]
        if piece != zeros[: len(piece)]:
            raise Malformed(f"{what} has bytes after its end-of-archive marker at byte {at}")


def _header(block: bytes, where: str) -> _Header:
    """Read a 512-byte header (POSIX.1-2017 pax, "ustar Interchange Format")."""
    blanked = block[:148] + b" " * 8 + block[156:]
    if _number(block[148:156], f"{where}: checksum") != sum(blanked):
        raise Malformed(f"{where} has a wrong checksum: damaged, or no tar")
    magic = block[257:265]
    prefix = block[345:500]
    if magic == b"ustar  \0" and any(prefix):
        raise Unsupported(f"{where} has GNU fields (times, sparse map), expected plain members")
    if magic not in (b"ustar\x0000", b"ustar  \0", bytes(8)):
        raise Unsupported(f"{where} has the magic {magic!r}, expected ustar")
    name = _text(block[:100], where)
    if magic == b"ustar\x0000" and prefix[0]:
        name = f"{_text(prefix, where)}/{name}"
    return _Header(
        name=name,
        type=block[156:157],
        size=_natural(block[124:136], f"{where}: size"),
        mode=_natural(block[100:108], f"{where}: mode"),
        modified=_number(block[136:148], f"{where}: time"),
        target=_text(block[157:257], where),
    )


def _text(field: bytes, where: str) -> str:
    try:
        return field.partition(b"\0")[0].decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"{where} has a name that is not UTF-8") from error


def _number(field: bytes, where: str) -> int:
    """Octal text, or base 256 with the top bit set (GNU)."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        raise Malformed(f"{where} {digits!r} is not an octal number")
    return int(digits, 8)


def _natural(field: bytes, where: str) -> int:
    number = _number(field, where)
    if number < 0:
        raise Malformed(f"{where} is negative")
    return number


def _extend(said: _Overrides, header: _Header, body: memoryview, where: str) -> None:
    if len(body) > (_EXTENSION if header.type in b"xg" else _LONG_NAME):
        raise TooLarge(f"{where} has {len(body)} bytes")
    if header.type in b"LK":
        text = _text(bytes(body), where)
        field = "path" if header.type == b"L" else "target"
        if getattr(said, field) is not None:
            raise Malformed(f"{where} gives the next member a second name")
        setattr(said, field, text)
        return
    if header.type == b"x" and said.size is not None:
        raise Malformed(f"{where} gives the next member a second size")
    for key, value in _pax(bytes(body), where):
        if key.startswith("GNU.sparse"):
            raise Unsupported(f"{where} describes a sparse file")
        if header.type == b"g" and key in ("path", "linkpath", "size"):
            raise Malformed(f"{where} gives all members one {key}")
        if header.type == b"x":
            _override(said, key, value, where)


def _pax(body: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """Records ``length key=value\\n``, where the length counts itself."""
    at = 0
    while at < len(body):
        match = _PAX_RECORD.match(body, at)
        if not match:
            raise Malformed(f"{where} has no pax record at its byte {at}")
        end = at + int(match[1])
        if end > len(body) or end <= match.end() or body[end - 1] != 0x0A:
            raise Malformed(f"{where} has a pax record of the wrong length at its byte {at}")
        yield match[2].decode("utf-8", "replace"), body[match.end() : end - 1]
        at = end


def _override(said: _Overrides, key: str, value: bytes, where: str) -> None:
    if key not in ("path", "linkpath", "size", "mtime"):
        return
    field = {"path": "path", "linkpath": "target", "size": "size", "mtime": "modified"}[key]
    if getattr(said, field) is not None:
        raise Malformed(f"{where} gives {key} twice")
    text = _text(value, where)
    if not text or b"\0" in value:
        raise Malformed(f"{where} gives no usable {key}")
    if key in ("path", "linkpath"):
        setattr(said, field, text)
        return
    match = _SECONDS.match(text)
    if not match or (key == "size" and (match[2] or text.startswith("-"))):
        raise Malformed(f"{where} gives {key} {shown(text, 40)!r}, expected a number")
    setattr(said, field, int(match[1]))


def _entry(header: _Header, said: _Overrides, what: str, limits: Limits) -> Entry | None:
    """The member, or None for the folder ``.`` itself."""
    name = said.path if said.path is not None else header.name
    target = said.target if said.target is not None else header.target
    where = Place(what, name)
    if said.size is not None and header.size not in (0, said.size):
        raise Malformed(f"{where} has size {header.size} in its header and {said.size} in its extension")
    size = header.size if said.size is None else said.size
    moment = _moment(header.modified if said.modified is None else said.modified, where)
    folder = header.type == b"5" or (header.type in b"0\0" and name.endswith("/"))
    if size and (folder or header.type in b"12"):
        raise Malformed(f"{where} is a folder or a link, yet has {size} bytes")
    if folder and name in (".", "./"):
        return None
    path = member_path(name, what=what, limits=limits)
    if folder:
        return Entry(path, "directory", modified=moment)
    if header.type == b"2":
        link_inside(path, target, what=what)
        return Entry(path, "symlink", len(target.encode()), target, modified=moment)
    if header.type == b"1":
        return Entry(path, "hardlink", 0, member_path(target, what=what, limits=limits), modified=moment)
    if header.type not in (b"0", b"\0", b"7"):
        kind = "a device or pipe" if header.type in b"346" else f"of type {header.type!r}"
        raise (Malformed if header.type in b"346" else Unsupported)(
            f"{where} is {kind}, expected a file, folder or link"
        )
    if size > limits.single:
        raise TooLarge(f"{where} has {size} bytes, over the limit of {limits.single}")
    return Entry(path, "file", size, executable=bool(header.mode & 0o111), modified=moment)


def _moment(seconds: int, where: Place) -> datetime | None:
    if seconds < 0:
        return None
    if seconds > 253402300799:
        raise Malformed(f"{where} has a time after the year 9999")
    return datetime.fromtimestamp(seconds, UTC)


def write(files: Mapping[str, bytes]) -> bytes:
    """A ustar archive (POSIX.1-1988) of *files* in their order, without owner or time; the same files give the same bytes.

    ``ValueError`` for a path of over 100 bytes.
    """
    return b"".join(_written(files))


def wrote(files: Mapping[str, bytes], data: bytes) -> bool:
    """Whether *data* is what :func:`write` makes of *files*, without making it."""
    rest, at = memoryview(data), 0
    for piece in _written(files):
        if rest[at : at + len(piece)] != piece:
            return False
        at += len(piece)
    return at == len(data)


def _written(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for path, data in files.items():
        yield _made(path, len(data))
        yield data
        yield bytes(-len(data) % _BLOCK)
    yield bytes(2 * _BLOCK)


def _made(path: str, size: int) -> bytes:
    name = path.encode()
    if not 1 <= len(name) <= 100:
        raise ValueError(f"{path[:120]!r} has {len(name)} bytes, expected 1 to 100")
    fields = (name.ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size, b"0" * 11)
    head = b"".join(fields) + b"\0"
    rest = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
    body = (head + b" " * 8 + rest).ljust(_BLOCK, b"\0")
    return body[:148] + b"%06o\0 " % sum(body) + body[156:]
