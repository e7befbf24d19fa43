"""Ports kept in memory: for tests, and for looking at a bundle without an office."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from assay.adapters.opened import Whole
from assay.adapters.taken import sound
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office import openings
from assay.office.ports import Backing, Opened


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class MemoryBlobs:
    def __init__(self) -> None:
        self._data: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        digest = Digest.sha256(data)
        self._data[digest] = bytes(data)
        return digest

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        return tuple(map(self.put, blobs))

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        self.put(b"".join(sound(digest, length, pieces)))

    def get(self, digest: Digest) -> bytes:
        if digest not in self._data:
            raise Unavailable(f"no blob {digest}")
        return self._data[digest]

    def open(self, digest: Digest) -> Opened:
        return Whole(self.get(digest))

    def has(self, digest: Digest) -> bool:
        return digest in self._data

    def erase(self, digest: Digest) -> None:
        self._data.pop(digest, None)


class MemoryOpenings:
    def __init__(self) -> None:
        self._held: list[Backing] = []

    def end(self) -> int:
        return len(self._held)

    def read(self, start: int, end: int) -> tuple[Backing, ...]:
        if not 0 <= start <= end <= len(self._held):
            raise Unavailable(f"openings are held of {len(self._held)} entries, not of {start} to {end}")
        return tuple(self._held[start:end])

    def write(self, start: int, backings: Sequence[Backing]) -> None:
        before = self.read(start, max(start, min(start + len(backings), len(self._held))))
        self._held[start : start + len(backings)] = openings.merged(before, backings)

    def erase(self, index: int) -> None:
        if index < len(self._held):
            self._held[index] = openings.erased(self._held[index])

    def cut(self, size: int) -> None:
        del self._held[size:]
