"""Deterministic CBOR (RFC 8949 section 4.2.1) of the few types that entries and COSE need.

What is read must be what :func:`encode` would write. ``cbor2`` does the bytes; its own canonical mode is the older
length-first order, so maps are ordered here.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import cbor2
import msgspec

from assay.errors import Malformed, TooLarge

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
_MIN, _MAX = -(2**64), 2**64 - 1


class Tag(msgspec.Struct, frozen=True):
    number: int
    value: Any


def encode(value: Any) -> bytes:
    """Shortest forms, definite lengths, map keys in bytewise order of their encodings.

    Takes int, bytes, str, bool, None, sequences, mappings with int, str or bytes keys, and :class:`Tag`.
    """
    return cbor2.dumps(_ordered(value, 0, sort=True))


def decode(data: bytes, *, what: str, limit: int = MAX_BYTES, any_order: bool = False) -> Any:
    """Read exactly what :func:`encode` writes: arrays as tuples, maps as dicts.

    With *any_order* the keys of maps may stand in any order, for documents of other writers.
    """
    if len(data) > limit:
        raise TooLarge(f"{what} has {len(data)} bytes, over {limit}")
    try:
        read = cbor2.loads(
            data,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_NO_SEMANTICS,
        )
        value = _plain(read)
        same = cbor2.dumps(_ordered(value, 0, sort=not any_order)) == data
    except (cbor2.CBORError, ValueError, TypeError, EOFError, OverflowError, RecursionError) as error:
        raise Malformed(f"{what} is not CBOR of the expected kind: {error}") from error
    if not same:
        raise Malformed(f"{what} is not in its deterministic form (RFC 8949 section 4.2.1)")
    return value


def _ordered(value: Any, depth: int, *, sort: bool) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested over {MAX_DEPTH} levels deep")
    match value:
        case bool() | None | bytes() | str():
            return value
        case int() if _MIN <= value <= _MAX:
            return value
        case Tag(number, inner):
            return cbor2.CBORTag(number, _ordered(inner, depth + 1, sort=sort))
        case Mapping():
            pairs = [(_key(key), _ordered(item, depth + 1, sort=sort)) for key, item in value.items()]
            return dict(sorted(pairs, key=lambda pair: _written(pair[0])) if sort else pairs)
        case Sequence():
            return [_ordered(item, depth + 1, sort=sort) for item in value]
    raise ValueError(f"{type(value).__name__} is not a type that is used here")


_written = lru_cache(maxsize=256, typed=True)(cbor2.dumps)
"""A key's encoding. Typed: 1 and True are equal and written differently."""


def _plain(value: Any) -> Any:
    match value:
        case cbor2.CBORTag():
            return Tag(value.tag, _plain(value.value))
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return tuple(_plain(item) for item in value)
    return value


def _key(key: Any) -> int | str | bytes:
    if isinstance(key, bool) or not isinstance(key, int | str | bytes):
        raise ValueError(f"map key is {type(key).__name__}, expected int, str or bytes")  # noqa: TRY004
    return key


def _refuse(*_: object) -> NoReturn:
    raise ValueError("this tag is not used here")


_NO_SEMANTICS = dict.fromkeys(
    (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799), _refuse
)
"""Tags that cbor2 would turn into dates, patterns, shared references and the like."""
