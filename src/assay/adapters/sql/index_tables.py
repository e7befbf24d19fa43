"""Tables of the search index: a projection, in a database of its own."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table

metadata = MetaData()

POSITION = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "search_entries",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("time", POSITION, nullable=False),
    Column("keyid", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("about", POSITION),
    Column("owner", LargeBinary, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    Index("search_entries_by_kind", "kind", "position"),
    Index("search_entries_by_about", "about", "position"),
)

words = Table(
    "search_words",
    metadata,
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("word", LargeBinary, primary_key=True),
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("time", POSITION, nullable=False),
    sqlite_with_rowid=False,
)
"""Which entries have a word, in order; kind and time stand here too, so that a long list is filtered as it is read. A segment
is 32,768 entries: what is added goes to few pages, however long the register is."""

segments = Table(
    "search_segments",
    metadata,
    Column("segment", Integer, primary_key=True, autoincrement=False),
)

spans = Table(
    "search_spans",
    metadata,
    Column("block", POSITION, primary_key=True, autoincrement=False),
    Column("low", POSITION, nullable=False),
    Column("high", POSITION, nullable=False),
)
"""The earliest and the latest time in each block of 1,024 entries: small, and read whole to turn times into positions."""

mark = Table(
    "search_mark",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("size", POSITION, nullable=False),
    Column("last", LargeBinary, nullable=False),
)
