"""Many rows at once."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, insert

FEW = 4
Rows = Sequence[Mapping[str, Any]]


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """*rows* have the same keys, and values as the driver takes them.

    PostgreSQL takes many by COPY: a message for each row costs it five times as much. SQLite gets them past SQLAlchemy, which
    would spend more on them than it does.
    """
    if not rows:
        return
    columns = tuple(rows[0])
    if len(rows) <= FEW:
        connection.execute(_one_by_one(table), rows)
    elif connection.dialect.name == "postgresql":
        from assay.adapters.sql.postgresql import copy_in  # noqa: PLC0415 - its driver belongs to the extra "server"

        copy_in(connection, table, columns, [[row[column] for column in columns] for row in rows])
    else:
        connection.exec_driver_sql(_plain(table, columns), [tuple(row.values()) for row in rows])


@cache
def _one_by_one(table: Table) -> Insert:
    return insert(table)


@cache
def _plain(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names
