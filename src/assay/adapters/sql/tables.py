"""Tables. Digests are stored as ``algorithm:hex``; hashes of the tree as raw bytes; times as RFC 3339 text in UTC."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("openings", LargeBinary, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Hashes of the perfect subtrees of the RFC 6962 tree: node (level, position) covers leaves [position << level, (position + 1) << level)."""

head = Table(
    "head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("stamp", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
)
"""One row. *epoch* fences writers: an append names the epoch it was opened under, and another one refuses it."""

submissions = Table(
    "submissions",
    metadata,
    Column("payload", Text, primary_key=True),
    Column("envelope", Text, nullable=False),
    Column("customers", Text),
    Column("received", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("entry", Integer, ForeignKey("entries.position"), nullable=False, unique=True),
    Column("verdict", Text),
    Column("result", Text),
    Column("publication", Integer, ForeignKey("entries.position")),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("payload", Text, ForeignKey("submissions.payload"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Index("artifacts_by_digest", "digest"),
)
