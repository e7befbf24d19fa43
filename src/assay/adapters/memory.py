"""Ports kept in memory: for tests, and for looking at a bundle without an office."""

from datetime import datetime

from assay.errors import Unavailable
from assay.formats.digest import Digest


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

    def get(self, digest: Digest) -> bytes:
        if digest not in self._data:
            raise Unavailable(f"no blob {digest}")
        return self._data[digest]

    def has(self, digest: Digest) -> bool:
        return digest in self._data
