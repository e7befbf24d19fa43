"""Many rows at once."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, insert

FEW = 4
Rows = Sequence[Mapping[str, Any]]


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """*rows* have the same keys. PostgreSQL takes many by COPY: a message for each row costs it five times as much."""
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) > FEW:
        from assay.adapters.sql.postgresql import copy_in  # noqa: PLC0415 - its driver belongs to the extra "server"

        columns = tuple(rows[0])
        copy_in(connection, table, columns, [[row[column] for column in columns] for row in rows])
    else:
        connection.execute(_one_by_one(table), rows)


@cache
def _one_by_one(table: Table) -> Insert:
    return insert(table)
