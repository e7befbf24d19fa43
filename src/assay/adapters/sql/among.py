"""Whether a column is one of many values, of which there are other many each time."""

from sqlalchemy import ColumnElement, Text, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

DIALECTS = ("sqlite", "postgresql")


def among(column: ColumnElement[str], name: str, dialect: str) -> ColumnElement[bool]:
    """*name*: of the parameter, a list. On PostgreSQL one array, so that the statement stays the same and is planned once."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(Text)))
    return column.in_(bindparam(name, expanding=True))
