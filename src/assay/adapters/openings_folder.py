"""Openings in a folder of private files, beside the folder of tiles and never within it: nothing here may be served.

``000/000.json`` holds those of entries 0 to 255, ``012/345.json`` those from 256 * 12,345 on. The newest file grows.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from assay.adapters.filesystem import make_folder
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Malformed, Unavailable
from assay.office import openings
from assay.office.openings import BUNDLE, MAX_BYTES
from assay.office.ports import Backing

_FOLDER = re.compile(r"[0-9]{3,}")
_FILE = re.compile(r"[0-9]{3}\.json")


class FolderOpenings:
    """One writer at a time. Files are readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = FolderTiles(folder, mode=0o600)

    @classmethod
    def make(cls, folder: Path) -> "FolderOpenings":
        """With its folder, made where it is missing."""
        try:
            if not folder.is_dir():
                make_folder(folder.parent)
                folder.mkdir(mode=0o700)  # a crash here leaves an empty folder: nothing is held yet
        except OSError as error:
            raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error
        return cls(folder)

    def end(self) -> int:
        newest = self._newest()
        return 0 if newest is None else newest * BUNDLE + len(self._before(newest, 0))

    def read(self, start: int, end: int) -> tuple[Backing, ...]:
        found: list[Backing] = []
        for number, first, last in _parts(start, end):
            held = self._bundle(number)
            if held is None:
                raise Unavailable(f"{self.folder / _path(number)} is missing")
            if len(held) < last:
                raise Unavailable(
                    f"{self.folder / _path(number)} holds {len(held)} entries, expected {last} or more"
                )
            found += held[first:last]
        return tuple(found)

    def write(self, start: int, backings: Sequence[Backing]) -> None:
        files = [
            (_path(number), openings.encode(held)) for number, held in self._grown(start, tuple(backings))
        ]
        # A crash inside leaves some files new and some old: all are whole, and all are written again from where the
        # database was told that they are kept.
        self._files.write_many(files)
        for path, data in files:
            if self._files.read(path, limit=MAX_BYTES) != data:
                raise Unavailable(f"{self.folder / path} reads back differently")

    def erase(self, index: int) -> None:
        number, at = divmod(index, BUNDLE)
        held = self._bundle(number)
        if held is not None and at < len(held):
            changed = (*held[:at], openings.erased(held[at]), *held[at + 1 :])
            # A crash inside leaves the file with the openings, or without: erasing again ends it.
            self._files.write(_path(number), openings.encode(changed))

    def cut(self, size: int) -> None:
        number, rest = divmod(size, BUNDLE)
        held = self._bundle(number) if rest else None
        # A crash inside leaves files of entries that nobody asks for: cutting again ends it.
        for later in sorted(self._numbers(), reverse=True):
            if later > number or (later == number and not rest):
                self._files.remove(_path(later))
        if held is not None and len(held) > rest:
            self._files.write(_path(number), openings.encode(held[:rest]))

    def _grown(self, start: int, backings: tuple[Backing, ...]) -> Iterator[tuple[int, list[Backing]]]:
        at = 0
        for number, first, last in _parts(start, start + len(backings)):
            now = backings[at : at + last - first]
            at += len(now)
            held = self._before(number, first)
            if len(held) < first:
                raise Unavailable(
                    f"{self.folder / _path(number)} holds {len(held)} entries, expected {first} or more"
                )
            yield number, [*held[:first], *openings.merged(held[first:last], now), *held[last:]]

    def _before(self, number: int, first: int) -> tuple[Backing, ...]:
        """What a bundle holds that is about to grow from *first* on; nothing of a damaged one that is written from its start."""
        held: tuple[Backing, ...] | None = None
        try:
            held = self._bundle(number)
        except Unavailable:
            if first:
                raise
        return held or ()

    def _bundle(self, number: int) -> tuple[Backing, ...] | None:
        data = self._files.read(_path(number), limit=MAX_BYTES)
        if data is None:
            return None
        try:
            return openings.decode(data, what=str(self.folder / _path(number)))
        except Malformed as error:
            raise Unavailable(f"openings are damaged: {error}") from error

    def _newest(self) -> int | None:
        for folder in sorted(self._folders(), reverse=True):
            if files := self._files_of(folder):
                return folder * 1000 + max(files)
        return None

    def _numbers(self) -> Iterator[int]:
        for folder in self._folders():
            for file in self._files_of(folder):
                yield folder * 1000 + file

    def _folders(self) -> list[int]:
        return [int(name) for name in self._names(self.folder) if _FOLDER.fullmatch(name)]

    def _files_of(self, folder: int) -> list[int]:
        return [int(name[:3]) for name in self._names(self.folder / f"{folder:03}") if _FILE.fullmatch(name)]

    def _names(self, folder: Path) -> list[str]:
        try:
            return [one.name for one in folder.iterdir()] if folder.is_dir() else []
        except OSError as error:
            raise Unavailable(f"cannot list {folder}: {error.strerror or error}") from error


def _path(number: int) -> str:
    return f"{number // 1000:03}/{number % 1000:03}.json"


def _parts(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Bundles that hold entries *start* to *end*, each with the part of it."""
    for number in range(start // BUNDLE, (end + BUNDLE - 1) // BUNDLE):
        yield number, max(start - number * BUNDLE, 0), min(end - number * BUNDLE, BUNDLE)
