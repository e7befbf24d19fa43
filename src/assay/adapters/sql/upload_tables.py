"""Tables of uploads that are under way. Times are microseconds since 1970 in UTC; digests ``algorithm:hex``."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("length", NUMBER, nullable=False),
    Column("offset", NUMBER, nullable=False),
    Column("began", NUMBER, nullable=False),
    Column("expires", NUMBER, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Index("uploads_by_organisation", "organisation", "digest"),
    Index("uploads_by_end", "expires"),
)

parts = Table(
    "upload_parts",
    metadata,
    Column("upload", Text, ForeignKey("uploads.id"), primary_key=True),
    Column("blob", Text, primary_key=True),
    Column("offset", NUMBER, nullable=False),
    Column("length", NUMBER, nullable=False),
    Column("digest", Text, nullable=False),
    Column("counted", Boolean, nullable=False),
)
"""*counted*: kept, and part of the upload's offset; before that it is planned."""
