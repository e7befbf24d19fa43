"""A tiled log in memory, for tests and trials."""

from collections.abc import Iterable

from assay.adapters.tiles import safe
from assay.errors import TooLarge


class MemoryTiles:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, path: str, *, limit: int) -> bytes | None:
        data = self.files.get(safe(path))
        if data is not None and len(data) > limit:
            raise TooLarge(f"{path} has {len(data)} bytes, over {limit}")
        return data

    def write(self, path: str, data: bytes) -> None:
        self.files[safe(path)] = bytes(data)

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, data in files:
            self.write(path, data)

    def remove(self, path: str) -> None:
        if safe(path).endswith("/"):
            for below in [name for name in self.files if name.startswith(path)]:
                del self.files[below]
        else:
            self.files.pop(path, None)
