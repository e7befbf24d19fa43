"""Tables of grants and of accesses. Times are microseconds since 1970 in UTC."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")

grants = Table(
    "access_grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case", Text, nullable=False),
    Column("owner", Text, nullable=False, index=True),
    Column("to", Text, nullable=False),
    Column("artifacts", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked", NUMBER, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided", NUMBER),
    Column("decided_by", Text, nullable=False),
    Column("until", NUMBER),
    Column("because", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("access_grants_to", "to", "case"),
)
"""*artifacts*: digests with a space between them."""

log = Table(
    "access_log",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", NUMBER, nullable=False),
    Column("what", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("case", Text, nullable=False),
    Column("artifact", Text),
    Column("grant", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("access_log_owner", "owner", "number"),
    Index("access_log_case", "case", "number"),
)
