"""A tiled log in a folder, synced by ourselves; any static server can serve it."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from assay.adapters.filesystem import make_folder, write_all, write_whole
from assay.adapters.tiles import safe
from assay.collect.files import read_plain
from assay.errors import Unavailable

_CHUNK = 64
"""Files written before the first of them gets its name: what a crash can leave as stray .part files."""


class FolderTiles:
    """One writer at a time; readers need nothing but the files."""

    def __init__(self, folder: Path, *, mode: int = 0o644) -> None:
        self.folder, self._mode = folder, mode

    @classmethod
    def make(cls, folder: Path) -> "FolderTiles":
        """With its folder, made where it is missing."""
        try:
            make_folder(folder)  # a crash here leaves an empty folder, which is an empty store
        except OSError as error:
            raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error
        return cls(folder)

    def read(self, path: str, *, limit: int) -> bytes | None:
        place = self.folder / safe(path)
        try:
            return read_plain(place, limit=limit)
        except Unavailable as error:
            # Only a folder that is there can lack a file: one that is not mounted says nothing about the log.
            absent = isinstance(error.__cause__, FileNotFoundError | NotADirectoryError)
            if not (absent and self.folder.is_dir()):
                raise
        return None

    def write(self, path: str, data: bytes) -> None:
        # A crash inside leaves the old file or the new one, and perhaps a .part that nobody reads: see write_whole.
        write_whole(self.folder / safe(path), data, mode=self._mode)

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        """See write_all: a crash leaves some old, some new, and perhaps .part files, which nobody reads."""
        waiting: dict[Path, bytes] = {}
        for path, data in files:
            waiting[self.folder / safe(path)] = data
            if len(waiting) == _CHUNK:
                write_all(waiting, mode=self._mode)
                waiting.clear()
        write_all(waiting, mode=self._mode)

    def remove(self, path: str) -> None:
        # Not synced: what a crash brings back is a file that was needed once and does no harm.
        place = self.folder / safe(path)
        try:
            if path.endswith("/"):
                shutil.rmtree(place)
            else:
                place.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise Unavailable(f"cannot remove {place}: {error.strerror or error}") from error

    def paths(self) -> Iterator[str]:
        """Every file below ``tile/``, in no order. A name that no log has is reported as it is."""
        for folder, _, names in os.walk(self.folder / "tile", onerror=_refuse):
            for name in names:
                yield (Path(folder) / name).relative_to(self.folder).as_posix()


def _refuse(error: OSError) -> None:
    raise Unavailable(f"cannot list {error.filename}: {error.strerror or error}") from error
