"""``Select.with_hint`` on SQLite, where SQLAlchemy leaves hints out."""

from sqlalchemy import Engine, FromClause
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


class _Hinted(SQLiteCompiler):
    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002 - as it is overridden
        return text


def hinted(engine: Engine) -> Engine:
    """*engine*, of SQLite; a hint follows its table, as ``INDEXED BY`` has to."""
    engine.dialect.statement_compiler = _Hinted
    return engine
