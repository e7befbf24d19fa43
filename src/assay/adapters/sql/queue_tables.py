"""Tables of an office with many front ends, on PostgreSQL only."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql

metadata = MetaData()

wanted = Table(
    "wanted",
    metadata,
    Column("parcel", BigInteger, Identity(always=True), primary_key=True),
    Column("front", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("items", LargeBinary, nullable=False),
    UniqueConstraint("front", "serial"),
    prefixes=["UNLOGGED"],
)
"""Parcels of entries that nobody has sequenced yet. Nobody was told of them either: a crash of the server may lose them,
and empties this table (it is unlogged), so that what it forgets to forget cannot be sequenced twice."""

batches = Table(
    "batches",
    metadata,
    Column("batch", BigInteger, Identity(always=True), primary_key=True),
    Column("made", DateTime(timezone=True), server_default=sql("clock_timestamp()"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("checkpoint", LargeBinary),
)
"""One row for each commit: the tree before it (*size*, *edge*), the hashes of the leaves it added, and the checkpoint after
it: NULL until it is signed, empty when nothing was added."""

answers = Table(
    "answers",
    metadata,
    Column("front", Text, primary_key=True),
    Column("serial", BigInteger, primary_key=True),
    Column("batch", BigInteger, nullable=False, index=True),
    Column("answers", LargeBinary, nullable=False),
)
"""What became of each parcel, in the same transaction as the entries themselves."""

lease = Table(
    "lease",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
)
"""One row: who sequences, and until when by the database's own clock."""
