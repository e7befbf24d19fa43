"""What running, reading or watching a tiled log needs from the outside world.

An adapter raises :class:`~assay.errors.Unavailable` for every failure of the technology behind it.
"""

from collections.abc import Iterable
from typing import Protocol

CHECKPOINT = "checkpoint"
"""The one file of a tiled log that changes (c2sp.org/tlog-tiles)."""


class TileFiles(Protocol):
    """A tiled log's files by path, as a reader of them sees it: a folder, a bucket or a server."""

    def read(self, path: str, *, limit: int) -> bytes | None:
        """The bytes, or None when there is no such file. TooLarge over *limit*; Unavailable when it cannot be known."""


class TileStore(TileFiles, Protocol):
    """Where the log itself puts them."""

    def write(self, path: str, data: bytes) -> None:
        """Whole and durable when it returns; a crash inside leaves the old file, or none, or the new one."""

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Each as :meth:`write` does, all durable when it returns; a crash inside leaves any of them written, in any order.

        Of one path that comes twice the last counts.
        """

    def remove(self, path: str) -> None:
        """Of a file that is not needed any more; after a slash at the end, of everything below. Absent already is fine."""


class Witness(Protocol):
    """A cosigner of checkpoints, asked by the protocol of c2sp.org/tlog-witness."""

    def add_checkpoint(
        self, old: int, proof: tuple[bytes, ...], checkpoint: bytes
    ) -> "tuple[bytes, ...] | int":
        """Signature lines for *checkpoint*, or the size that the witness knows when *old* is not it (409)."""
