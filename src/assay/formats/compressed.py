"""gzip (RFC 1952), bzip2 and xz streams, unpacked in memory under a limit."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats.archive import LIMITS, MIB, Limits, within_ratio

MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}

_FEED = 64 * 1024
_PIECE = MIB
_STREAMS = 1024
_XZ_MEMORY = 192 * MIB


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's object with the manners of the other two."""

    def __init__(self) -> None:
        self._z = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._z.eof

    @property
    def needs_input(self) -> bool:
        return not self._z.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._z.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._z.decompress(data or self._z.unconsumed_tail, max_length)


_OPEN: dict[str, Callable[[], _Stream]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
}


def sniff(data: bytes) -> str:
    """Name of the compression that *data* starts with, or an empty text."""
    return next((name for magic, name in MAGIC.items() if data.startswith(magic)), "")


def unpack(data: bytes, *, what: str, limits: Limits = LIMITS) -> memoryview:
    """The bytes inside *data*; several streams in a row count as one, zero padding is ignored."""
    kind = sniff(data)
    if kind not in _OPEN:
        raise Unsupported(f"{what} is {kind or 'not'} compressed, expected gzip, bzip2 or xz")
    try:
        return _unpack(data, _OPEN[kind], what=f"{what} ({kind})", limits=limits)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
        raise Malformed(f"{what} ({kind}): {error}") from error


def _unpack(data: bytes, fresh: Callable[[], _Stream], *, what: str, limits: Limits) -> memoryview:
    out = bytearray()
    stream, streams = fresh(), 1
    for start in range(0, len(data), _FEED):
        piece = data[start : start + _FEED]
        while piece:
            if stream.eof:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                stream, streams = fresh(), streams + 1
                if streams > _STREAMS:
                    raise TooLarge(f"{what} has over {_STREAMS} streams in a row")
            _drain(stream, piece, out, packed=len(data), what=what, limits=limits)
            piece = stream.unused_data if stream.eof else b""
    if not stream.eof:
        raise Malformed(f"{what} is cut off after {len(data)} bytes, inside a stream")
    return memoryview(out).toreadonly()


def _drain(stream: _Stream, piece: bytes, out: bytearray, *, packed: int, what: str, limits: Limits) -> None:
    while not stream.eof:
        out += stream.decompress(piece, _PIECE)
        if len(out) > limits.held:
            raise TooLarge(f"{what} unpacks to over {limits.held} bytes")
        within_ratio(len(out), packed, what=what, limits=limits)
        if stream.needs_input:
            return
        piece = b""
