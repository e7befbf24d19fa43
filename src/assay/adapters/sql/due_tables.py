"""Table of due work. Times are microseconds since 1970 in UTC, so that they compare."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import text as sql

metadata = MetaData()

MICROSECONDS = BigInteger().with_variant(Integer, "sqlite")
_DEAD = sql("state = 'dead'")
_OPEN, _HELD = sql("state = 'waiting'"), sql("state = 'waiting' AND worker IS NOT NULL")

due = Table(
    "due",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", MICROSECONDS, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("ready", MICROSECONDS, nullable=False),
    Column("worker", Text),
    Column("since", MICROSECONDS),
    Column("claim", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("why", Text),
    Index("due_by_ready", "kind", "ready", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("due_dead", "kind", "since", sqlite_where=_DEAD, postgresql_where=_DEAD),
    Index("due_held", "ready", sqlite_where=_HELD, postgresql_where=_HELD),
)
"""*state*: ``waiting``, ``done``, ``dead``, ``cancelled``. *ready*: when it may be claimed; while *worker* holds it, when that
lease ends. *since*: when it was claimed last. *claim* only grows; it fences. The indexes leave out what has ended."""
