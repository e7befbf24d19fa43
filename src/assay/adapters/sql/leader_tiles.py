"""The tiles as the leader writes them: nothing under another epoch, and ``checkpoint`` never goes back for long.

Files have no transactions. A leader that was paused between looking at the epoch and writing puts an older checkpoint over
its successor's when it wakes up. All tiles are what they were, for it was of the same history; the successor sees it when it
publishes next, and puts its own back.
"""

from collections.abc import Callable, Iterable

from assay.errors import Malformed, Unavailable
from assay.formats.note import Note
from assay.register.checkpoint import Checkpoint
from assay.tlog.ports import CHECKPOINT, TileStore
from assay.tlog.read import TileReader


class LeaderTiles:
    """*reigns* tells whether this leader's epoch is still the newest."""

    def __init__(self, tiles: TileStore, reigns: Callable[[], bool]) -> None:
        self._tiles, self._reigns = tiles, reigns
        self._shown: bytes | None = None
        """The newest checkpoint that was read or written here."""

    def read(self, path: str, *, limit: int) -> bytes | None:
        data = self._tiles.read(path, limit=limit)
        if path != CHECKPOINT or data is None:
            return data
        if self._shown is not None and self._went_back(data, self._shown):
            self.write(CHECKPOINT, self._shown)
            return self._shown
        self._shown = data
        return data

    def write(self, path: str, data: bytes) -> None:
        self._fence(path)
        self._tiles.write(path, data)
        if path == CHECKPOINT:
            self._shown = data

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._fence("tiles")
        self._tiles.write_many(files)

    def remove(self, path: str) -> None:
        self._fence(path)
        self._tiles.remove(path)

    def _fence(self, path: str) -> None:
        if not self._reigns():
            raise Unavailable(f"another process sequences for this office; {path} is its to write")

    def _went_back(self, data: bytes, shown: bytes) -> bool:
        """Whether the store's checkpoint is an older one although the tiles of the newer one are there."""
        try:
            older, newer = _checkpoint(data), _checkpoint(shown)
        except Malformed:
            return False  # torn: whoever asked deals with it
        if older.origin != newer.origin or older.size >= newer.size:
            return False
        TileReader(self._tiles, newer.size, newer.root, cache_mb=4).check_edge()
        return True


def _checkpoint(data: bytes) -> Checkpoint:
    return Checkpoint.parse(Note.parse(data, what=CHECKPOINT).text)
