"""Objects as files of one folder, readable by their owner alone."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from assay.adapters.filesystem import make_folder, read_part, size_of, sync_folder, write_pieces, write_whole
from assay.adapters.tiles import safe
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable

MODE = 0o600


class FolderObjects:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = FolderTiles(folder, mode=MODE)

    @classmethod
    def make(cls, folder: Path) -> "FolderObjects":
        """With its folder, made where it is missing."""
        try:
            if not folder.is_dir():
                make_folder(folder.parent)
                folder.mkdir(mode=0o700)  # a crash here leaves an empty folder, which is an empty store
                sync_folder(folder.parent)
        except OSError as error:
            raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error
        return cls(folder)

    def read(self, name: str, *, limit: int) -> bytes | None:
        return self._files.read(name, limit=limit)

    def size(self, name: str) -> int | None:
        return size_of(self.folder / safe(name))

    def part(self, name: str, start: int, end: int) -> bytes:
        return read_part(self.folder / safe(name), start, end)

    def has(self, names: Collection[str]) -> frozenset[str]:
        if not self.folder.is_dir():
            raise Unavailable(f"{self.folder} is missing")
        return frozenset(name for name in names if (self.folder / safe(name)).is_file())

    def write(self, files: Mapping[str, bytes]) -> None:
        self._files.write_many(files.items())

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        write_pieces(self.folder / safe(name), pieces, mode=MODE)

    def create(self, files: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(name for name, data in files.items() if self._create(self.folder / safe(name), data))

    def remove(self, name: str) -> None:
        place = self.folder / safe(name)
        try:
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                sync_folder(place.parent)
        except OSError as error:
            raise Unavailable(f"cannot remove {place}: {error.strerror or error}") from error

    def names(self, prefix: str) -> Iterator[str]:
        for folder, _, names in os.walk(self.folder / safe(prefix), onerror=_refuse):
            for name in names:
                if not name.startswith("."):  # a part of a file whose writer died
                    yield (Path(folder) / name).relative_to(self.folder).as_posix()

    def _create(self, place: Path, data: bytes) -> bool:
        """Link a whole file to its name: of two that do it at once, one finds the name taken."""
        made = place.with_name(f".{place.name}.new-{os.getpid()}-{id(data):x}")
        try:
            if place.exists():
                sync_folder(place.parent)  # whoever wrote it may have died before its name was durable
                return False
            write_whole(made, data, mode=MODE)
            try:
                os.link(made, place)
            except FileExistsError:
                return False
            finally:
                # A crash before this leaves a second name, which nobody reads.
                made.unlink(missing_ok=True)
                sync_folder(place.parent)
        except OSError as error:
            raise Unavailable(f"cannot write {place}: {error.strerror or error}") from error
        return True


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise Unavailable(f"cannot list {error.filename}: {error.strerror or error}") from error
