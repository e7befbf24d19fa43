"""The cases of an office: what is asked for in columns, the whole value in a table beside them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

POSITION = BigInteger().with_variant(Integer, "sqlite")
FOLDED = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code points, so that what begins alike lies together."""
_PLANNED = text("ahead IS NOT NULL")

cases = Table(
    "cases",
    metadata,
    Column("entry", POSITION, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("payload", Text, nullable=False, unique=True),
    Column("organisation", Text, nullable=False),
    Column("provider", FOLDED, nullable=False),
    Column("product", FOLDED, nullable=False),
    Column("version", FOLDED, nullable=False),
    Column("stage", Text, nullable=False),
    Column("waits", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("shown_since", POSITION, nullable=False),
    Column("deadline", POSITION, nullable=False),
    Column("ahead", Integer),
    Column("received", POSITION, nullable=False),
    Column("changed", POSITION, nullable=False),
    Index("cases_by_organisation", "organisation", "entry"),
    Index("cases_marks", "entry", "revision", "published", "organisation"),
    Index("cases_ahead", "ahead", "entry", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    *(
        Index(f"cases_by_{name}", name, "entry")
        for name in (
            "provider",
            "product",
            "stage",
            "waits",
            "result",
            "deadline",
            "received",
            "changed",
        )
    ),
    *(
        Index(
            f"cases_posted_by_{name}",
            name,
            "entry",
            sqlite_where=text("published = 1"),
            postgresql_where=text("published"),
        )
        for name in ("provider", "product", "shown", "shown_since")
    ),
)
"""*shown* is the result for everybody, since *shown_since*, which is the greatest where there is none. *provider*, *product* and *version* are folded for comparing; times are microseconds, *deadline* the greatest where there is none. *ahead*: the day by which the first milestone is due that is not met, counted from 1 January of year 1.

What the public asks for is in indexes of its own: else each page would step over all that is newer and not posted yet."""

bodies = Table(
    "case_bodies",
    metadata,
    Column("entry", POSITION, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
"""The whole case. It is read of those alone that are shown: rows of ``cases`` are passed over by the ten thousand, and are a fifth as wide without."""

parties = Table(
    "case_parties",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("entry", POSITION, primary_key=True, autoincrement=False),
)
"""Organisations that a case names."""

keys = Table(
    "case_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("entry", POSITION, primary_key=True, autoincrement=False),
    Index("case_keys_by_entry", "entry"),
)
"""By what else a case is found; the key is part of a SHA-256."""

draws = Table(
    "draws",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
