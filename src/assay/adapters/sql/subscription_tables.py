"""Table of subscriptions. Times are microseconds since 1970 in UTC; secrets are derived and stand nowhere."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text

metadata = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("secret", Integer, nullable=False),
    Column("replaced", NUMBER),
    Column("enabled", Boolean, nullable=False),
    Column("because", Text, nullable=False),
    Column("made", NUMBER, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)
"""*types*: names of events with a space between them."""
