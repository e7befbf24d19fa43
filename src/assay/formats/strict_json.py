"""JSON read strictly: bounded in size, depth and count, UTF-8, no duplicate keys, no NaN.

RFC 8259 leaves duplicate keys to the reader, so two readers may see two documents. Here they are refused.

Large documents are looked at in slices, so that a bill of 100 MB never becomes a tree of Python objects at once:
:func:`members` and :func:`elements` cut, :func:`plain` reads a slice.
"""

import json
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar, cast

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

T = TypeVar("T")

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 128
MAX_SAID = 400
"""Characters of a reason, which may quote the document's own names."""
MAX_VALUES = 16_000_000
MAX_KEYS = 1_000_000
"""In one object."""
SLICE = 32 * 1024
"""Bytes that are read as one tree of plain values; larger objects and arrays are cut. Small enough that a slice is gone
before the garbage collector looks at it."""

_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_SKELETON = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_STRINGS = re.compile(rb'"[^"]*"')
_COLON_ESCAPE = re.compile(rb"\\u003[aA]")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_ARRAY = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_PLAIN = msgspec.json.Decoder()


def decode(data: bytes, kind: type[T], *, what: str, limit: int = MAX_BYTES) -> T:
    """Read *data* as *kind* (a msgspec type).

    Raises :class:`TooLarge` over *limit* bytes or :data:`MAX_DEPTH` levels, :class:`Malformed` for anything else.
    """
    check(data, what=what, limit=limit)
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}: {shown(str(error), MAX_SAID)}") from error


def load(data: bytes, *, what: str, limit: int = MAX_BYTES) -> Any:
    """Read *data* as plain Python values, under the same limits as :func:`decode`."""
    return decode(data, cast("type[Any]", Any), what=what, limit=limit)


def check(data: bytes, *, what: str, limit: int = MAX_BYTES) -> None:
    """Refuse what is too large, too deep, not UTF-8, not JSON, or has a key twice in one object."""
    bound(data, what=what, limit=limit)
    for piece in _pieces(data, what=what):
        plain(piece, what=what)


def members(
    data: bytes, *, what: str, limit: int = MAX_BYTES, inside: bool = False
) -> dict[str, msgspec.Raw]:
    """The members of an object within all limits; each value is unread, see :func:`plain`.

    *inside*: the object is a member that this function gave, so that its limits were checked.
    """
    if not inside:
        bound(data, what=what, limit=limit)
    if data[:256].lstrip()[:1] not in {b"{", b""}:
        plain(data, what=what)
        raise Malformed(f"{what} is not a JSON object")
    return _members(data, what=what)


def cut(
    found: Mapping[str, msgspec.Raw], names: Container[str], *, what: str
) -> tuple[bytes, dict[str, tuple[msgspec.Raw, ...]]]:
    """Take the long arrays called *names* out of an object: its text with those arrays empty, and their elements, unread."""
    long = {
        name: elements(raw, what=what)
        for name, raw in found.items()
        if name in names and memoryview(raw).nbytes > SLICE and bytes(memoryview(raw)[:1]) == b"["
    }
    rest = (
        msgspec.json.encode(name) + b":" + (b"[]" if name in long else bytes(raw))
        for name, raw in found.items()
    )
    return b"{" + b",".join(rest) + b"}", long


def elements(data: bytes | msgspec.Raw, *, what: str) -> tuple[msgspec.Raw, ...]:
    """The elements of an array that :func:`members` gave, unread. A tuple: the garbage collector soon leaves it alone."""
    try:
        return _ARRAY.decode(data)
    except (ValueError, RecursionError) as error:
        _refuse(data, what, error)


def plain(data: bytes | msgspec.Raw, *, what: str) -> Any:
    """A slice as plain Python values; UTF-8 and unique keys are checked, limits were checked where it was cut."""
    try:
        value = _PLAIN.decode(data)
        again = msgspec.json.encode(value)
    except (ValueError, RecursionError) as error:
        _refuse(data, what, error)
    text = data if isinstance(data, bytes) else bytes(data)
    if again != text and _colons(text) != again.count(b":"):
        _refuse_twice(text, what)
    return value


def join(pieces: Sequence[msgspec.Raw]) -> bytes:
    """The text of an array with *pieces* as its elements."""
    return b"[" + b",".join(pieces) + b"]"


def runs(pieces: Sequence[msgspec.Raw]) -> Iterator[tuple[Sequence[msgspec.Raw], bytes]]:
    """*pieces* in runs of about :data:`SLICE` bytes, each with its text as an array; one that is much larger comes alone."""
    sample = pieces[:: len(pieces) // 1000 + 1]
    average = sum(memoryview(piece).nbytes for piece in sample) // max(1, len(sample))
    step = max(1, SLICE // max(1, average))
    for start in range(0, len(pieces), step):
        run = pieces[start : start + step]
        text = join(run)
        if len(text) <= 4 * SLICE or len(run) == 1:
            yield run, text
        else:
            yield from (([piece], join([piece])) for piece in run)


def encode(value: Any) -> bytes:
    """Write *value* with sorted keys and no spaces: the same value gives the same bytes."""
    return msgspec.json.encode(value, order="deterministic")


def pretty(value: Any) -> bytes:
    """Write *value* for people, keys in the given order, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def bound(data: bytes, *, what: str, limit: int) -> None:
    """TooLarge for what is over *limit* bytes, or over the limits of depth and count, before anything is made of it."""
    if len(data) > limit:
        raise TooLarge(f"{what} has {len(data)} bytes, over the limit of {limit}")
    if data.startswith(b"\xef\xbb\xbf"):
        raise Malformed(f"{what} starts with a byte order mark, which RFC 8259 section 8.1 forbids")
    brackets = _brackets(data)
    values = min(
        MAX_VALUES, MAX_VALUES // 16 + len(data) // 8
    )  # a text of nothing but brackets and commas would fill the memory
    if len(brackets) // 2 > values or (len(data) > 2 * values and data.count(b",") > values):
        raise TooLarge(f"{what} has over {values} values")
    if _deeper(brackets, MAX_DEPTH):
        try:
            _RAW.decode(data)
        except (ValueError, RecursionError) as error:
            _refuse(data, what, error)
        raise TooLarge(f"{what} is nested over {MAX_DEPTH} levels deep")


def _brackets(data: bytes) -> bytes:
    """The brackets outside strings, all as square ones; *data* is JSON."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    skeleton = data.translate(_TO_SQUARE, _NOT_SKELETON).replace(b'""', b"")
    return _STRINGS.sub(b"", skeleton) if b'"' in skeleton else skeleton


def _deeper(brackets: bytes, limit: int) -> bool:
    """Whether a tree is higher than *limit*: taking away all leaves at once lowers it by one."""
    for _ in range(limit):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _pieces(data: bytes | msgspec.Raw, *, what: str) -> Iterator[bytes | msgspec.Raw]:
    """*data* cut into slices; the keys of every object that is cut are checked on the way."""
    if memoryview(data).nbytes <= SLICE:
        yield data
        return
    match bytes(memoryview(data)[:256]).lstrip()[:1]:
        case b"{":
            parts = tuple(_members(data, what=what).values())
        case b"[":
            parts = elements(data, what=what)
        case _:
            yield data
            return
    for run, text in runs(parts):
        if len(run) > 1:
            yield text
        else:
            yield from _pieces(run[0], what=what)


def _members(data: bytes | msgspec.Raw, *, what: str) -> dict[str, msgspec.Raw]:
    keys: list[str] = []

    def key(_: type, text: str) -> _Key:
        keys.append(text)
        if len(keys) > MAX_KEYS:
            raise TooLarge(f"{what} has an object with over {MAX_KEYS} members")
        return _Key(text)

    try:
        found = msgspec.json.decode(data, type=dict[_Key, msgspec.Raw], dec_hook=key)
    except (ValueError, RecursionError) as error:
        _refuse(data, what, error)
    _once(keys, what)
    return dict(zip(keys, found.values(), strict=True))


class _Key(str):
    """A key that msgspec hands over before it looks for its place in the object, so that none is lost."""

    __slots__ = ()


def _colons(text: bytes) -> int:
    """Colons that *text* has once its escapes are read.

    Reading and writing an object keeps its colons (one for each key, and those in strings) unless a key came twice.
    """
    count = text.count(b":")
    if b"\\" in text and b"\\u003" in text:
        count += len(_COLON_ESCAPE.findall(text.replace(b"\\\\", b"")))
    return count


def _refuse(data: bytes | msgspec.Raw, what: str, error: ValueError | RecursionError) -> NoReturn:
    if isinstance(error, RecursionError):
        raise TooLarge(f"{what} is nested over {MAX_DEPTH} levels deep") from error
    try:
        bytes(data).decode("utf-8")
    except UnicodeDecodeError as bad:
        raise Malformed(f"{what} is not UTF-8: byte {bad.start}") from bad
    if str(error) == "Input data was truncated":
        end = f"after {len(data)} bytes" if isinstance(data, bytes) and data else "before its first value"
        raise Malformed(f"{what}: JSON ends {end}, where more was expected") from error
    raise Malformed(f"{what}: {error}") from error


def _refuse_twice(data: bytes, what: str) -> NoReturn:
    """Find, slowly, the key that came twice."""

    def unique(pairs: list[tuple[str, Any]]) -> None:
        _once([key for key, _ in pairs], what)

    json.loads(data, object_pairs_hook=unique)
    raise Malformed(f"{what}: a key appears twice in one object")


def _once(keys: list[str], what: str) -> None:
    if len(set(keys)) != len(keys):
        twice = next(key for key, count in Counter(keys).items() if count > 1)
        raise Malformed(f"{what}: key {twice[:80]!r} appears twice in one object")
