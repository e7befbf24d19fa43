"""Objects kept in memory, for tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from assay.adapters.tiles import safe
from assay.errors import TooLarge, Unavailable


class MemoryObjects:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str, *, limit: int) -> bytes | None:
        data = self.files.get(safe(name))
        if data is not None and len(data) > limit:
            raise TooLarge(f"{name} has {len(data)} bytes, over {limit}")
        return data

    def size(self, name: str) -> int | None:
        data = self.files.get(safe(name))
        return None if data is None else len(data)

    def part(self, name: str, start: int, end: int) -> bytes:
        data = self.files.get(safe(name), b"")
        if len(data) < end:
            raise Unavailable(f"{name} has {len(data)} bytes, expected {end} or more")
        return data[start:end]

    def has(self, names: Collection[str]) -> frozenset[str]:
        return frozenset(name for name in names if safe(name) in self.files)

    def write(self, files: Mapping[str, bytes]) -> None:
        self.files |= {safe(name): bytes(data) for name, data in files.items()}

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        self.write({name: b"".join(pieces)})

    def create(self, files: Mapping[str, bytes]) -> frozenset[str]:
        new = {name: data for name, data in files.items() if safe(name) not in self.files}
        self.write(new)
        return frozenset(new)

    def remove(self, name: str) -> None:
        self.files.pop(safe(name), None)

    def names(self, prefix: str) -> Iterator[str]:
        below = safe(prefix)
        yield from [name for name in self.files if name.startswith(below)]
