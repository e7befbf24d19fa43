"""Named bytes that may be replaced and removed: memory, folder, one SQLite file, bucket. What stores of blobs are made over."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol


class Objects(Protocol):
    """Names are plain words joined by slashes, as :func:`assay.adapters.tiles.safe` has them. Unavailable for every failure of the store."""

    def read(self, name: str, *, limit: int) -> bytes | None:
        """None when there is none. TooLarge over *limit* bytes."""

    def size(self, name: str) -> int | None:
        """Bytes; None when there is none."""

    def part(self, name: str, start: int, end: int) -> bytes:
        """The bytes from *start* up to *end*, one at least. Unavailable when there are not so many."""

    def has(self, names: Collection[str]) -> frozenset[str]:
        """Those of *names* that :meth:`read` would find."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put or replace each, whole. Durable when it returns; a crash inside leaves any of them."""

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """As :meth:`write` for one that is never held whole where it is large. Whatever *pieces* raises leaves what was there."""

    def create(self, files: Mapping[str, bytes]) -> frozenset[str]:
        """As :meth:`write`, but what is there already stays as it is. The names that were not there: of two that create one, one is told so."""

    def remove(self, name: str) -> None:
        """Durable when it returns; absent already is fine."""

    def names(self, prefix: str) -> Iterator[str]:
        """All that begin with *prefix*, which ends with a slash, in no order."""
