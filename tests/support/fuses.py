"""Stores that die at a chosen write: with that write kept, lost, or torn."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.formats.digest import Digest
from assay.office.ports import Opened, Recorded, Wanted

Fate = Literal["kept", "lost", "torn"]


class Crash(BaseException):
    """The process is gone; nothing above may catch it."""


class Fuse:
    """Counts writes; at the one it is set to, the process dies before or after the write."""

    def __init__(self, at: int, fate: Fate) -> None:
        self.at, self.fate, self.count = at, fate, 0

    def write(self, action: Callable[[], Any], tear: Callable[[], None] | None = None) -> Any:
        self.count += 1
        if self.count != self.at:
            return action()
        if self.fate == "kept":
            action()
        elif self.fate == "torn" and tear is not None:
            tear()
        raise Crash


class FusedBlobs:
    def __init__(self, inner: FolderBlobs, fuse: Fuse) -> None:
        self.inner, self.fuse = inner, fuse

    def put(self, data: bytes) -> Digest:
        found: Digest = self.fuse.write(lambda: self.inner.put(data))
        return found

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """One after the other: a crash may leave any of them."""
        return tuple(map(self.put, blobs))

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        self.fuse.write(lambda: self.inner.put_pieces(digest, length, pieces))

    def get(self, digest: Digest) -> bytes:
        return self.inner.get(digest)

    def open(self, digest: Digest) -> Opened:
        return self.inner.open(digest)

    def has(self, digest: Digest) -> bool:
        return self.inner.has(digest)

    def erase(self, digest: Digest) -> None:
        self.fuse.write(lambda: self.inner.erase(digest))


class FusedLedger(SqlLedger):
    """Its four writes burn the fuse."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__(SqlLedger.sqlite_engine(path))

    def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
        found: Recorded = self.fuse.write(lambda: super(FusedLedger, self).record(wanted, seconds))
        return found

    def stamp(self, seconds: int) -> int:
        found: int = self.fuse.write(lambda: super(FusedLedger, self).stamp(seconds))
        return found

    def publishing(self, note: bytes) -> None:
        self.fuse.write(lambda: super(FusedLedger, self).publishing(note))

    def settle(self, size: int) -> None:
        self.fuse.write(lambda: super(FusedLedger, self).settle(size))


class FusedTiles(FolderTiles):
    """Each file is a write of its own. A torn one has its name and half of its bytes, as a disk that lied leaves it."""

    def __init__(self, folder: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__(FolderTiles.make(folder).folder)

    def write(self, path: str, data: bytes) -> None:
        self.fuse.write(
            lambda: super(FusedTiles, self).write(path, data),
            lambda: super(FusedTiles, self).write(path, data[: len(data) // 2]),
        )

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, data in files:
            self.write(path, data)

    def remove(self, path: str) -> None:
        self.fuse.write(lambda: super(FusedTiles, self).remove(path))


class FusedOpenings(FolderOpenings):
    """Each bundle is a write of its own."""

    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(FolderOpenings.make(folder).folder)
        self._files = FusedTiles(folder, fuse)
