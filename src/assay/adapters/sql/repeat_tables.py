"""Requests that may be sent again."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

repeats = Table(
    "repeats",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("until", BigInteger().with_variant(Integer, "sqlite"), nullable=False, index=True),
    Column("given", LargeBinary),
)
"""*until* in microseconds; *given* is JSON, absent while the request is under way."""
