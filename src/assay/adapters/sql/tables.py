"""Tables. Digests are stored as ``algorithm:hex``; hashes of the tree as raw bytes; times as RFC 3339 text in UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

POSITION = BigInteger().with_variant(Integer, "sqlite")

leaves = Table(
    "leaves",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
)
"""The register's newest leaves, until their tiles are durable."""

openings = Table(
    "openings",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("openings", LargeBinary),
    Column("about", POSITION),
)
"""One row for each entry; NULL when its openings were erased. *about*: entry of the submission that it moved."""

head = Table(
    "head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("size", POSITION, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    Column("stamp", POSITION, nullable=False),
    Column("settled", POSITION, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("epoch", POSITION, nullable=False),
)
"""One row. *edge*: the hashes of the tree's right edge. *epoch* fences writers: an append names the epoch it was opened under, and another one refuses it."""

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
    Column("entry", POSITION, ForeignKey("openings.position"), nullable=False, unique=True),
    Column("verdict", Text),
    Column("result", Text),
    Column("publication", POSITION, ForeignKey("openings.position")),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("payload", Text, ForeignKey("submissions.payload"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("entry", POSITION, nullable=False),
    Index("artifacts_by_digest", "digest", "entry"),
)
"""*entry*: of the submission, so that the first uses of a file are found among any number."""
