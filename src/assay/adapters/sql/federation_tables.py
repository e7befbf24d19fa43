"""Other offices, and what was accepted of theirs."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

POSITION = BigInteger().with_variant(Integer, "sqlite")

offices = Table(
    "federated_offices",
    metadata,
    Column("position", POSITION, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
)

theirs = Table(
    "federated",
    metadata,
    Column("position", POSITION, primary_key=True),
    Column("office", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("attestation", Text, nullable=False),
    Column("entry", POSITION, nullable=False),
    Column("provider", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("office", "what", "attestation", name="federated_once"),
    Index("federated_by_product", "product", "position"),
    Index("federated_by_provider", "provider", "position"),
)
"""*provider* and *product* without case and punctuation."""
