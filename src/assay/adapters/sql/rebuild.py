"""A new database file in the place of an older one: made beside it, compared with it, and put there when it is whole."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import update

from assay.adapters.filesystem import sync_folder, write_whole
from assay.adapters.sql import tables
from assay.adapters.sql.bulk import insert_all
from assay.adapters.sql.ledger import SqlLedger, put
from assay.errors import Refused, Unavailable
from assay.formats.text import shown
from assay.office.ports import Backing, Head, Submission

PLACEHOLDER = b"Assay: this database is being replaced by a rebuilt one; run assay office rebuild again\n"
_BESIDE = ("-wal", "-shm", "-journal")
_COMPARED = {
    "head": ("one", ("size", "root", "edge")),
    "openings": ("position", ("openings", "about")),
    "submissions": (
        "payload",
        (
            "envelope",
            "customers",
            "received",
            "provider",
            "product",
            "version",
            "state",
            "entry",
            "verdict",
            "result",
            "publication",
        ),
    ),
    "artifacts": ("payload, position", ("digest", "entry")),
}
"""Tables, their keys, and the columns that must be the same. The head's times and marks move without an entry."""


class NewDatabase:
    """A :class:`~assay.office.rebuild.Target` at *path*, which is there only when it is finished."""

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path):
            raise Refused(f"{path} is there already, and is not written over")
        self.path = path
        self.part = path.with_name(f".{path.name}.part")
        _remove(self.part)  # of a process that was killed
        self._engine = SqlLedger.sqlite_engine(self.part)
        self._ledger = SqlLedger(self._engine)

    def add(self, start: int, backings: Sequence[Backing], ended: Sequence[Submission]) -> None:
        rows = [
            {"position": at, "openings": one.openings, "about": one.about}
            for at, one in enumerate(backings, start)
        ]
        with self._engine.begin() as connection:
            insert_all(connection, tables.openings, rows)
            put(connection, ended)

    def finish(self, head: Head, leaves: Sequence[bytes], open_: Sequence[Submission]) -> None:
        edge = head.edge
        with self._engine.begin() as connection:
            insert_all(
                connection,
                tables.leaves,
                [{"position": at, "leaf": one} for at, one in enumerate(leaves, head.settled)],
            )
            put(connection, open_)
            values = {"size": edge.size, "root": edge.root, "edge": edge.joined, "note": head.note}
            connection.execute(
                update(tables.head).values(values | {"stamp": head.stamp, "settled": head.settled})
            )
        self._ledger.close()
        # A crash before the rename leaves a .part that the next rebuild throws away.
        _close(self.part)
        _synced(self.part)
        _moved(self.part, self.path)

    def discard(self) -> None:
        """Of an unfinished or unwanted one, nothing stays."""
        self._ledger.close()
        _remove(self.part)


def older(path: Path) -> SqlLedger | str:
    """The database at *path*; or why it cannot be read, empty when there is none."""
    if not path.exists():
        return ""
    try:
        _look(path)
        found = SqlLedger.sqlite(path)
        found.head()
    except sqlite3.Error as error:
        return str(error)
    except Unavailable as error:
        return str(error)
    return found


def differences(old: Path, new: Path) -> Iterator[str]:
    """Rows of *old* and *new* that are not the same, in order; values are not told."""
    try:
        with closing(_read_only(old)) as one, closing(_read_only(new)) as other:
            for table, (key, columns) in _COMPARED.items():
                query = f"SELECT {key}, {', '.join(columns)} FROM {table} ORDER BY {key}"  # noqa: S608 - names of ours
                keys = key.count(",") + 1
                yield from _between(table, keys, columns, one.execute(query), other.execute(query))
    except sqlite3.Error as error:
        yield f"the older database cannot be read to its end: {error}"


def _between(
    table: str, keys: int, columns: tuple[str, ...], old: Iterator[Any], new: Iterator[Any]
) -> Iterator[str]:
    one, other = next(old, None), next(new, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[:keys] < other[:keys]):
            yield f"{table} {_key(one, keys)}: only in the older database"
            one = next(old, None)
        elif one is None or other[:keys] < one[:keys]:
            yield f"{table} {_key(other, keys)}: not in the older database"
            other = next(new, None)
        else:
            differ = [name for name, a, b in zip(columns, one[keys:], other[keys:], strict=True) if a != b]
            if differ:
                yield f"{table} {_key(one, keys)}: another {', '.join(differ)} than in the older database"
            one, other = next(old, None), next(new, None)


def _key(row: Any, keys: int) -> str:
    return shown(" ".join(str(one) for one in row[:keys]), 200)


def carry(old: Path, new: Path) -> None:
    """Bring over the tables of *old* that no register has: people, cases, what is due. Those that *new* has are its own."""
    own = {*tables.metadata.tables, "sqlite_sequence"}
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF").close()
            connection.execute("ATTACH DATABASE ? AS older", (str(old),)).close()
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute(
                "SELECT type, name, tbl_name, sql FROM older.sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name"
            ).fetchall()
            there = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master").fetchall()}
            for kind, name, table, sql in rows:
                if table in own or name.startswith("sqlite_"):
                    continue
                if name not in there:
                    connection.execute(sql)
                if kind == "table":
                    connection.execute(f'DELETE FROM main."{name}"')  # noqa: S608 - a name of its own
                    connection.execute(f'INSERT INTO main."{name}" SELECT * FROM older."{name}"')  # noqa: S608 - as above
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise Unavailable(f"the older database cannot be brought over: {error}") from error
    settle(new)


def settle(path: Path) -> None:
    """As one durable file, without a log beside it."""
    _close(path)
    _synced(path)


def replacing(new: Path, old: Path, aside: Path) -> Iterator[Callable[[], object]]:
    """The steps that put *new* in the place of *old*, which stays as *aside*. After a crash between two, begin again.

    The name of *old* always leads to the whole older database, to one that nobody can open, or to the new one.
    """
    if old.exists():
        if _readable(old):
            yield lambda: _close(
                old
            )  # its log goes into it. A damaged one is not opened: that would throw its log away
        for suffix in ("", "-wal"):
            if _beside(old, suffix).exists():
                # A crash here leaves the older database under both names.
                yield lambda suffix=suffix: _linked(_beside(old, suffix), _beside(aside, suffix))  # type: ignore[misc]
        if any(_beside(old, suffix).exists() for suffix in _BESIDE):
            # A log that lies beside another database would be read into it. A crash from here on leaves a file that
            # nobody can open, and the older database as *aside*.
            yield lambda: write_whole(old, PLACEHOLDER, mode=0o600)
            for suffix in _BESIDE:
                yield lambda suffix=suffix: _beside(old, suffix).unlink(missing_ok=True)  # type: ignore[misc]
    yield lambda: _moved(new, old)


def replace(new: Path, old: Path, aside: Path) -> None:
    try:
        for step in replacing(new, old, aside):
            step()
    except OSError as error:
        raise Unavailable(f"cannot put {new} in the place of {old}: {error.strerror or error}") from error


def _look(path: Path) -> None:
    with closing(_read_only(path)) as connection:
        connection.execute("SELECT size FROM head").fetchone()


def _readable(path: Path) -> bool:
    try:
        _look(path)
    except sqlite3.Error:
        return False
    return True


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _close(path: Path) -> None:
    """Bring what is in the log beside a database into it, if nobody else has it open."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _synced(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error


def _moved(source: Path, to: Path) -> None:
    try:
        source.replace(to)
        sync_folder(to.parent)
    except OSError as error:
        raise Unavailable(f"cannot write {to}: {error.strerror or error}") from error


def _linked(path: Path, to: Path) -> None:
    if not (to.exists() and to.samefile(path)):
        os.link(path, to)
    sync_folder(to.parent)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(path: Path) -> None:
    for suffix in ("", *_BESIDE):
        _beside(path, suffix).unlink(missing_ok=True)
