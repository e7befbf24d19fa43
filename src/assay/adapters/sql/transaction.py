"""A transaction whose failures are the world's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from assay.errors import Malformed, TooLarge, Unavailable

PREPARING = 0x6173736179
"""Key under which tables are made: several processes may start together."""


def alone(connection: Connection, key: int = PREPARING) -> None:
    """Wait until no other transaction holds *key*, and hold it to the end. On SQLite a writer is alone anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(key)))


@lru_cache(maxsize=16)
def reading(engine: Engine) -> Engine:
    """*engine* for what writes nothing: on SQLite it waits for no writer, on PostgreSQL it says neither BEGIN nor COMMIT, which a
    statement of its own needs as little."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(reads=True)


@contextmanager
def transaction(engine: Engine, *, reads: bool = False) -> Iterator[Connection]:
    """Commits when it is left without an exception. One that *reads* sees what was committed before each of its statements."""
    try:
        with (reading(engine) if reads else engine).begin() as connection:
            yield connection
    except TooLarge:
        raise  # of whoever asked: nothing that is stored is
    except Malformed as error:
        raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
    except SQLAlchemyError as error:
        raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error


def empty_log(engine: Engine) -> bool:
    """Bring SQLite's log into its file, so that what was overwritten there does not go on in the log. Whether it could: a reader may be at it."""
    if engine.dialect.name != "sqlite":
        return True
    try:
        raw = engine.raw_connection()
        try:
            # On the driver's own connection: a checkpoint is made outside of any transaction.
            cursor = raw.cursor()
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
            cursor.close()
        finally:
            raw.close()
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error
    return not busy
