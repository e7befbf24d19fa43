"""Documents handed out in pieces: checked whole first, and each piece again when it goes out. Nothing larger than a piece is held."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from assay.errors import Unavailable
from assay.formats.digest import Digest

PIECE = 1 << 20
Read = Callable[[int, int], bytes]
"""The bytes of a document from one place up to another, as they are now."""


class Whole:
    """A :class:`~assay.office.ports.Opened` that is small enough to hold."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, PIECE):
            yield self._data[at : min(at + PIECE, end)]


class Pieces:
    """Another one, of whose pieces only the digests are held."""

    def __init__(self, digest: Digest, length: int, sums: Sequence[bytes], read: Read) -> None:
        self._digest, self._sums, self._read = digest, sums, read
        self.length = length

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        for number in range(start // PIECE, (end + PIECE - 1) // PIECE):
            first = number * PIECE
            data = self._read(first, min(first + PIECE, self.length))
            if hashlib.sha256(data).digest() != self._sums[number]:
                raise Unavailable(f"blob {self._digest} was changed while it was read")
            yield data[max(start - first, 0) : end - first]


def checked(digest: Digest, length: int, read: Read, first: Iterable[bytes] | None = None) -> Pieces:
    """Unavailable when the document has not that *digest*. *first*: all its pieces in order, where reading them for the first
    time differs from *read*."""
    whole, sums = hashlib.sha256(), []
    for data in first if first is not None else all_of(length, read):
        whole.update(data)
        sums.append(hashlib.sha256(data).digest())
    if whole.hexdigest() != digest.value:
        raise Unavailable(f"blob {digest} is damaged: its SHA-256 is {whole.hexdigest()}")
    return Pieces(digest, length, sums, read)


def all_of(length: int, read: Read) -> Iterator[bytes]:
    """A document in pieces."""
    for start in range(0, length, PIECE):
        yield read(start, min(start + PIECE, length))
