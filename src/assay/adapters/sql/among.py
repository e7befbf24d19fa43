"""Whether a column is one of many values, of which there are other many each time."""

import json
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """*name*: of the parameter, a list of texts or of whole numbers, as the column is.

    One parameter however long the list, so that a statement is made and planned once.
    """
    return _Among(column, bindparam(name, type_=_Values()))


class _Values(TypeDecorator[list[Any]]):
    """A list as JSON: the driver of PostgreSQL would take many times as long to write an array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> str:  # noqa: ARG002 - as it is overridden
        return json.dumps(value)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> "_Among":  # noqa: ARG002 - as it is overridden
        """As it is: SQLAlchemy compares with 1 on SQLite, which then looks at every row."""
        return self


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    kind = "TEXT" if isinstance(column.type, Text) else "BIGINT"
    each = f"json_array_elements_text(CAST({compiler.process(values, **how)} AS JSON)) AS one (value)"
    return f"({compiler.process(column, **how)} = ANY (ARRAY (SELECT CAST(one.value AS {kind}) FROM {each})))"  # noqa: S608 - all made by the compiler


@compiles(_Among, "sqlite")
def _each(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(one, **how) for one in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - both are made by the compiler
