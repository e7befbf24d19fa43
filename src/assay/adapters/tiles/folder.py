"""A tiled log in a folder, synced by ourselves; any static server can serve it."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from assay.adapters.filesystem import make_folder, sync_folder, write_whole
from assay.adapters.tiles import safe
from assay.collect.files import read_plain
from assay.errors import Unavailable

_TOGETHER = 8
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
        """With the syncs of several files under way together: the file system joins them, so a batch takes a tenth of the time."""
        waiting: dict[Path, bytes] = {}
        for path, data in files:
            waiting[self.folder / safe(path)] = data
            if len(waiting) == _CHUNK:
                self._write(waiting)
                waiting.clear()
        self._write(waiting)

    def _write(self, files: dict[Path, bytes]) -> None:
        folders = tuple(dict.fromkeys(path.parent for path in files))
        try:
            with ThreadPoolExecutor(_TOGETHER) as pool:
                for folder in folders:
                    _do(make_folder, folder)  # a crash here leaves an empty folder, read as "no such file"
                # A crash here leaves .part files, which nobody reads.
                _all(pool.map(lambda file: _do(self._write_part, *file), files.items()))
                # A crash here leaves some new, some old; each is whole, its content is synced.
                for path in files:
                    _do(_name, path)
                # Until this returns a name may be lost again; the caller has no answer yet.
                _all(pool.map(lambda folder: _do(sync_folder, folder), folders))
        except BaseException:
            for path in files:
                with suppress(OSError):
                    _part(path).unlink()
            raise

    def _write_part(self, path: Path, data: bytes) -> None:
        part = _part(path)
        part.unlink(missing_ok=True)  # of a process that was killed and had our number
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self._mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

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


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _name(path: Path) -> None:
    _part(path).replace(path)


def _do(step: Callable[..., None], path: Path, *rest: bytes) -> None:
    try:
        step(path, *rest)
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error


def _all(done: Iterable[None]) -> None:
    """To the end, or to the first that failed."""
    for _ in done:
        pass


def _refuse(error: OSError) -> None:
    raise Unavailable(f"cannot list {error.filename}: {error.strerror or error}") from error
