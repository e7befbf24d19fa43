"""Who brought which artifact here."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

metadata = MetaData()

holdings = Table(
    "holdings",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
)
