"""Tables of inventories: rows in the order they came in, and the keys by which an organisation's items are found."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

imports = Table(
    "inventories",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

items = Table(
    "inventory_items",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

keys = Table(
    "inventory_keys",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Index("inventory_keys_by_key", "key"),
)
