"""The ledger in a relational database, through SQLAlchemy Core."""
