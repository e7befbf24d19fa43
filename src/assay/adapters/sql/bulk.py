"""Many rows in one statement."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Table, insert

Rows = Sequence[Mapping[str, Any]]


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """*rows* have the same keys. On PostgreSQL one array for each column: a round trip for each row costs five times as much."""
    if not rows:
        return
    columns = tuple(rows[0])
    if connection.dialect.name != "postgresql":
        connection.execute(_one_by_one(table), rows)
        return
    statement = _from_arrays(table, columns, connection.dialect)
    connection.exec_driver_sql(statement, tuple([row[column] for row in rows] for column in columns))


@cache
def _one_by_one(table: Table) -> Insert:
    return insert(table)


@cache
def _from_arrays(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in columns)
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - names of ours
