"""JSON read strictly: bounded in size and depth, UTF-8, no duplicate keys, no NaN.

RFC 8259 leaves duplicate keys to the reader, so two readers may see two documents. Here they are refused.
"""

import json
import re
from typing import Any, TypeVar, cast

import msgspec

from assay.errors import Malformed, TooLarge

T = TypeVar("T")

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 128

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[^\[\]{}]+")


def decode(data: bytes, kind: type[T], *, what: str, limit: int = MAX_BYTES) -> T:
    """Read *data* as *kind* (a msgspec type).

    Raises :class:`TooLarge` over *limit* bytes or :data:`MAX_DEPTH` levels, :class:`Malformed` for anything else.
    """
    check(data, what=what, limit=limit)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{what}: {error}") from error


def load(data: bytes, *, what: str, limit: int = MAX_BYTES) -> Any:
    """Read *data* as plain Python values, under the same limits as :func:`decode`."""
    return decode(data, cast("type[Any]", Any), what=what, limit=limit)


def check(data: bytes, *, what: str, limit: int = MAX_BYTES) -> None:
    """Refuse what is too large, too deep, not UTF-8, not JSON, or has a key twice in one object."""
    if len(data) > limit:
        raise TooLarge(f"{what} has {len(data)} bytes, over the limit of {limit}")
    if data.startswith(b"\xef\xbb\xbf"):
        raise Malformed(f"{what} starts with a byte order mark, which RFC 8259 section 8.1 forbids")
    depth = _depth(data)
    if depth > MAX_DEPTH:
        raise TooLarge(f"{what} is nested over {MAX_DEPTH} levels deep")
    try:
        _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8: byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}: {error}") from error


def encode(value: Any) -> bytes:
    """Write *value* with sorted keys and no spaces: the same value gives the same bytes."""
    return msgspec.json.encode(value, order="deterministic")


def pretty(value: Any) -> bytes:
    """Write *value* for people, keys in the given order, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for byte in _BRACKETS.sub(b"", _STRINGS.sub(b"", data)):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len(dict(pairs)) != len(pairs):
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"key {key[:80]!r} appears twice in one object")
            seen.add(key)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=len, parse_float=len
)
