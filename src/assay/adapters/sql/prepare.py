"""Tables of an office with many front ends, where there are none yet."""

from sqlalchemy import Connection, inspect, text

from assay.adapters.sql import queue_tables as tables
from assay.adapters.sql.postgresql import engine

LOCK = 0x6173736179
"""Key of the advisory lock under which tables are made: several processes may start together."""
FIRST = (
    "ALTER TABLE wanted SET UNLOGGED",
    "ALTER TABLE wanted ALTER COLUMN items SET STORAGE EXTERNAL",
    "ALTER TABLE batches ALTER COLUMN hashes SET STORAGE EXTERNAL",
    "INSERT INTO lease VALUES (1, '', 0, '-infinity')",
)
"""After the tables. What Alembic does not write down; columns of random bytes, which the server would try to compress; and a lease that nobody holds."""


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
    for statement in FIRST:
        connection.execute(text(statement))
