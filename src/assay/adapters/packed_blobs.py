"""Blobs of which the small ones share a file, so that many become durable with one synchronisation.

The file is a SQLite database of its own beside the folder of large blobs, and as much the truth as that folder: an office
is rebuilt from it, and a backup has both.
"""

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.filesystem import FolderBlobs, make_folder, sync_folder
from assay.adapters.opened import Whole
from assay.adapters.taken import sound
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Opened

SMALL = 128 * 1024
"""Bytes up to which a blob goes into the shared file."""
NAME = "small.sqlite"
_CHUNK = 500


class PackedBlobs:
    """Safe to call from many threads. :meth:`close` ends it."""

    def __init__(self, folder: Path) -> None:
        self._large = FolderBlobs(folder)
        self._path = folder / NAME
        self._door = threading.Lock()
        try:
            make_folder(folder)
        except OSError as error:
            raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error
        with self._told():
            self._file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        with self._told(), self._door:
            for line in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON"):
                self._file.execute(f"PRAGMA {line}").close()
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS blobs (digest BLOB PRIMARY KEY, data BLOB NOT NULL)"
            )
            # A crash before this may lose the file's name, and nothing that was put.
            sync_folder(folder)

    def put(self, data: bytes) -> Digest:
        return self.put_many((data,))[0]

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """As :meth:`put` for each; all durable when it returns. A crash inside leaves any of the large ones and all or none of the small."""
        names = tuple(map(Digest.sha256, blobs))
        named = {name.raw: data for name, data in zip(names, blobs, strict=True)}
        large = [data for data in named.values() if len(data) > SMALL]
        if large:
            self._large.put_many(large)
        small = {name: data for name, data in named.items() if len(data) <= SMALL}
        if small:
            with self._told(), self._door:
                self._store(small)
        return names

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        if length > SMALL:
            self._large.put_pieces(digest, length, pieces)
        else:
            self.put(b"".join(sound(digest, length, pieces)))

    def get(self, digest: Digest) -> bytes:
        found = self._find(digest)
        if found is None:
            return self._large.get(digest)
        if Digest.sha256(found) != digest:
            raise Unavailable(
                f"{self._path}: blob {digest} is damaged: its SHA-256 is {Digest.sha256(found).value}"
            )
        return found

    def open(self, digest: Digest) -> Opened:
        return self._large.open(digest) if self._find(digest) is None else Whole(self.get(digest))

    def has(self, digest: Digest) -> bool:
        return digest in self.among((digest,))

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those of *digests* that are here: :meth:`has` for many."""
        by_name = {one.raw: one for one in digests if one.algorithm == "sha256"}
        small: set[Digest] = set()
        with self._told(), self._door:
            raw = tuple(by_name)
            for names in (raw[at : at + _CHUNK] for at in range(0, len(raw), _CHUNK)):
                query = f"SELECT digest FROM blobs WHERE digest IN ({','.join('?' * len(names))})"  # noqa: S608 - no text
                small |= {by_name[row[0]] for row in self._file.execute(query, names).fetchall()}
        return frozenset(small | {one for one in digests if one not in small and self._large.has(one)})

    def count(self) -> int:
        """How many are here."""
        with self._told(), self._door:
            (small,) = self._file.execute("SELECT count(*) FROM blobs").fetchone()
        return int(small) + sum(1 for path in (self._path.parent / "sha256").rglob("*") if path.is_file())

    def erase(self, digest: Digest) -> None:
        self._large.erase(digest)
        if digest.algorithm != "sha256":
            return
        with self._told(), self._door:
            self._file.execute("DELETE FROM blobs WHERE digest = ?", (digest.raw,))
            empty_log(self._file)

    def close(self) -> None:
        with self._told(), self._door:
            self._file.close()

    def _store(self, rows: Mapping[bytes, bytes]) -> None:
        """What is there and whole is not written again; a damaged row is, as a damaged file would be."""
        new = [(name, data) for name, data in rows.items() if data != self._row(name)]
        if not new:
            return
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?)", new)
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise

    def _row(self, name: bytes) -> bytes | None:
        row = self._file.execute("SELECT data FROM blobs WHERE digest = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _find(self, digest: Digest) -> bytes | None:
        if digest.algorithm != "sha256":
            return None
        with self._told(), self._door:
            return self._row(digest.raw)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"cannot use {self._path}: {error}") from error


def empty_log(file: sqlite3.Connection) -> None:
    """Bring the log beside a file into it: else what was deleted goes on there. Unavailable when a reader keeps it; then again."""
    busy = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
    if busy:
        raise Unavailable(
            "what was erased stays in the log of a database that others are reading: erase it again"
        )
