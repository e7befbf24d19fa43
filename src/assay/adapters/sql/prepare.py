"""Tables of an office with many front ends, where there are none yet."""

from sqlalchemy import Connection, inspect, text

from assay.adapters.sql import queue_tables as tables
from assay.adapters.sql.postgresql import engine

LOCK = 0x6173736179
"""Key of the advisory lock under which tables are made: several processes may start together."""
_UNCOMPRESSED = (("wanted", "items"), ("batches", "hashes"))
"""Columns of random bytes, which the server would try to compress."""


def prepare(url: str) -> None:
    """Needs the right to make tables only when there are none."""
    made = engine(url, "assay prepare")
    try:
        with made.begin() as connection:
            _prepare(connection)
    finally:
        made.dispose()


def _prepare(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    if inspect(connection).has_table(tables.lease.name):
        return
    tables.metadata.create_all(connection)
    for table, column in _UNCOMPRESSED:
        connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL"))
    connection.execute(text("INSERT INTO lease VALUES (1, '', 0, '-infinity')"))
