"""What a witness must not forget, in one SQLite file with full synchronisation: what is committed survives power loss.

Several threads and processes may share the file; each change is one immediate transaction.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from assay.errors import Unavailable
from assay.tlog.witness import Seen

MAX_FORKS = 16
"""Per log; the first ones prove enough."""
BUSY_S = 10.0

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, stamp INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS stopped (origin TEXT PRIMARY KEY, why TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS forks (
    number INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    UNIQUE (origin, size, root)
) STRICT;
"""


class SqliteWitnessState:
    """*create* makes a new file; without it a missing file is Unavailable: an empty state would sign anything."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        self._lock = threading.Lock()
        if not create and not path.is_file():
            raise Unavailable(
                f"{path} is missing: without what it cosigned before this witness must not sign; put the file back, "
                "or make a new witness with a new key"
            )
        try:
            self._connection = sqlite3.connect(
                f"file:{_escaped(path)}?mode={'rwc' if create else 'rw'}",
                uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False,
            )  # fmt: skip
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                self._connection.execute(f"PRAGMA {pragma}").close()
            self._connection.executescript(_TABLES).close()
        except sqlite3.Error as error:
            raise Unavailable(f"cannot open {path}: {error}") from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def latest(self, origin: str) -> Seen | None:
        with self._transaction() as connection:
            return _latest(connection, origin)

    def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
        with self._transaction() as connection:
            found = _latest(connection, origin)
            if found != expected:
                return False
            if found is not None and (new.size < found.size or new.stamp < found.stamp):
                raise ValueError("a witness never goes back")
            # A crash before the commit leaves what was expected, after it the new row; signing comes later still.
            connection.execute(
                "INSERT OR REPLACE INTO seen (origin, size, root, note, stamp) VALUES (?, ?, ?, ?, ?)",
                (origin, new.size, new.root, new.note, new.stamp),
            ).close()
        return True

    def stop(self, origin: str, why: str) -> None:
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?)", (origin, why)).close()

    def stopped(self, origin: str) -> str:
        with self._transaction() as connection:
            row = connection.execute("SELECT why FROM stopped WHERE origin = ?", (origin,)).fetchone()
        return "" if row is None else str(row[0])

    def keep_fork(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        with self._transaction() as connection:
            (count,) = connection.execute("SELECT count(*) FROM forks WHERE origin = ?", (origin,)).fetchone()
            if count < MAX_FORKS:
                connection.execute(
                    "INSERT OR IGNORE INTO forks (origin, size, root, note) VALUES (?, ?, ?, ?)",
                    (origin, size, root, note),
                ).close()

    def forks(self, origin: str) -> tuple[bytes, ...]:
        with self._transaction() as connection:
            rows = connection.execute("SELECT note FROM forks WHERE origin = ? ORDER BY number", (origin,))
            return tuple(bytes(row[0]) for row in rows.fetchall())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                self._connection.execute("BEGIN IMMEDIATE").close()
                try:
                    yield self._connection
                    self._connection.execute("COMMIT").close()
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK").close()
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _latest(connection: sqlite3.Connection, origin: str) -> Seen | None:
    with closing(
        connection.execute("SELECT size, root, note, stamp FROM seen WHERE origin = ?", (origin,))
    ) as rows:
        row = rows.fetchone()
    return None if row is None else Seen(row[0], bytes(row[1]), bytes(row[2]), row[3])


def _escaped(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
