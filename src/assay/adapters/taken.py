"""Documents taken in in pieces: checked while they are written, and read back. Nothing larger than a piece is held."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from assay.adapters.opened import Whole
from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Opened

READINGS = 3
"""Of what was written: another that puts the same document at the same time may replace it while it is read."""


LARGE = 8 << 20
"""Bytes over which a document is written and read back in pieces though it came whole: it is in memory once, not four times."""


class Opening(Protocol):
    """The part of :class:`~assay.office.ports.Blobs` that reads back."""

    def has(self, digest: Digest) -> bool: ...

    def open(self, digest: Digest) -> Opened: ...


class Taking(Protocol):
    """The part that takes in."""

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None: ...


def sound(digest: Digest, length: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces* as they come. Malformed after the last one when they are another document: give them no name before that."""
    if digest.algorithm != "sha256":
        raise ValueError(f"a blob is named by {digest.algorithm}, expected sha256")
    return _sound(digest, length, pieces)


def _sound(digest: Digest, length: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    computed, count = hashlib.sha256(), 0
    for piece in pieces:
        computed.update(piece)
        count += len(piece)
        if count > length:
            break
        yield piece
    if count != length:
        more = " or more" if count > length else ""
        raise Malformed(f"the document has {count} bytes{more}, expected {length}")
    if computed.hexdigest() != digest.value:
        raise Malformed(f"the bytes have SHA-256 {computed.hexdigest()}, expected {digest.value}")


def put_once(
    store: Opening, digest: Digest, pieces: Iterator[bytes], write: Callable[[Iterator[bytes]], None]
) -> None:
    """*write* them unless they are there whole, and read back what was written. *pieces* are :func:`sound`, and read in any case:
    that a document is here is told to nobody who cannot bring it."""
    if _is_whole(store, digest):
        for _ in pieces:
            pass
        return
    write(pieces)
    if not any(_is_whole(store, digest) for _ in range(READINGS - 1)):
        store.open(digest)


def put_large(store: Taking, named: Mapping[Digest, bytes]) -> dict[Digest, bytes]:
    """Put those over :data:`LARGE`; the others."""
    for digest, data in named.items():
        if len(data) > LARGE:
            store.put_pieces(digest, len(data), Whole(data).pieces(0, len(data)))
    return {digest: data for digest, data in named.items() if len(data) <= LARGE}


def _is_whole(store: Opening, digest: Digest) -> bool:
    if not store.has(digest):
        return False
    try:
        store.open(digest)
    except Unavailable:
        return False  # it is written, or read again, and that tells what is wrong
    return True
