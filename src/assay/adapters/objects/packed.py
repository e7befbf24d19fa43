"""Objects of which the small ones share a SQLite file, so that many become durable with one synchronisation."""

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from assay.adapters.filesystem import sync_folder
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.packed_blobs import SMALL, empty_log
from assay.adapters.tiles import safe
from assay.errors import TooLarge, Unavailable

NAME = "small.sqlite"
_CHUNK = 500


class PackedObjects:
    """Safe to call from many threads. :meth:`close` ends it."""

    def __init__(self, folder: Path) -> None:
        self._large = FolderObjects.make(folder)
        self._path = folder / NAME
        self._door = threading.Lock()
        with self._told():
            self._file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._path.chmod(0o600)
        with self._told(), self._door:
            # What is removed is overwritten, so that a key that was erased stays in no free page.
            for line in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON"):
                self._file.execute(f"PRAGMA {line}").close()
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, data BLOB NOT NULL)"
            )
            # A crash before this may lose the file's name, and nothing that was put.
            sync_folder(folder)

    def read(self, name: str, *, limit: int) -> bytes | None:
        small = self._small(name)
        if small is None:
            return self._large.read(name, limit=limit)
        if len(small) > limit:
            raise TooLarge(f"{name} in {self._path} has {len(small)} bytes, over {limit}")
        return small

    def size(self, name: str) -> int | None:
        with self._told(), self._door:
            row = self._file.execute(
                "SELECT length(data) FROM objects WHERE name = ?", (safe(name),)
            ).fetchone()
        return self._large.size(name) if row is None else int(row[0])

    def part(self, name: str, start: int, end: int) -> bytes:
        small = self._small(name)
        if small is None:
            return self._large.part(name, start, end)
        if len(small) < end:
            raise Unavailable(f"{name} in {self._path} has {len(small)} bytes, expected {end} or more")
        return small[start:end]

    def has(self, names: Collection[str]) -> frozenset[str]:
        asked = [safe(name) for name in names]
        small: set[str] = set()
        with self._told(), self._door:
            for some in (asked[at : at + _CHUNK] for at in range(0, len(asked), _CHUNK)):
                query = f"SELECT name FROM objects WHERE name IN ({','.join('?' * len(some))})"  # noqa: S608 - no text
                small |= {row[0] for row in self._file.execute(query, some).fetchall()}
        return frozenset(small) | self._large.has([name for name in asked if name not in small])

    def write(self, files: Mapping[str, bytes]) -> None:
        large = {name: data for name, data in files.items() if len(data) > SMALL}
        self._large.write(large)
        self._settle(large, [(safe(name), data) for name, data in files.items() if name not in large])

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        begun, coming = bytearray(), iter(pieces)
        for piece in coming:
            begun += piece
            if len(begun) > SMALL:
                self._large.write_pieces(name, chain((bytes(begun),), coming))
                self._settle([name], [])
                return
        self.write({name: bytes(begun)})

    def create(self, files: Mapping[str, bytes]) -> frozenset[str]:
        there = self.has(files.keys())
        new = {name: data for name, data in files.items() if name not in there}
        made = set(self._large.create({name: data for name, data in new.items() if len(data) > SMALL}))
        with self._told(), self._door, self._transaction():
            for name, data in new.items():
                if len(data) <= SMALL:
                    query = "INSERT OR IGNORE INTO objects VALUES (?, ?)"
                    if self._file.execute(query, (safe(name), data)).rowcount:
                        made.add(name)
        return frozenset(made)

    def remove(self, name: str) -> None:
        self._large.remove(name)
        with self._told(), self._door:
            with self._transaction():
                self._file.execute("DELETE FROM objects WHERE name = ?", (safe(name),))
            empty_log(self._file)

    def names(self, prefix: str) -> Iterator[str]:
        with self._told(), self._door:
            query = "SELECT name FROM objects WHERE substr(name, 1, ?) = ?"
            rows = self._file.execute(query, (len(prefix), safe(prefix))).fetchall()
        small = {row[0] for row in rows}
        yield from small
        yield from (name for name in self._large.names(prefix) if name not in small)

    def close(self) -> None:
        with self._told(), self._door:
            self._file.close()

    def _settle(self, large: Iterable[str], small: Iterable[tuple[str, bytes]]) -> None:
        with self._told(), self._door, self._transaction():
            # A crash before this commits leaves a large one hidden behind the small one that it replaces.
            self._file.executemany("DELETE FROM objects WHERE name = ?", [(name,) for name in large])
            self._file.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?)", small)

    def _small(self, name: str) -> bytes | None:
        with self._told(), self._door:
            row = self._file.execute("SELECT data FROM objects WHERE name = ?", (safe(name),)).fetchone()
        return None if row is None else bytes(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"cannot use {self._path}: {error}") from error
