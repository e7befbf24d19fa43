"""The history of the database's form is written down with every change of its tables."""

import re
import sqlite3
from importlib import import_module
from pathlib import Path

from assay.adapters.sql import schema
from assay.adapters.sql.ledger import SqlLedger

SQL = Path(schema.__file__).parent
AGAIN = "the tables changed: python tools/migration.py --first (before the first release), or with a sentence"


def test_every_table_of_the_office_is_in_it() -> None:
    modules = [path.stem for path in SQL.glob("*tables.py") if path.stem != "index_tables"]
    known = [id(one) for one in (*schema.EVERYWHERE, *schema.ON_POSTGRESQL)]
    missing = [
        name for name in modules if id(import_module(f"assay.adapters.sql.{name}").metadata) not in known
    ]
    assert (missing, len(modules) > 5) == ([], True), "add them to schema.py"


def _clauses(sql: str) -> list[str]:
    """Of a statement that makes something: all of them, in no order, for the order of constraints means nothing."""
    before, _, inside = re.sub(r"\s+", "", sql).partition("(")
    body, _, after = inside.rpartition(")")
    return [before, *sorted(body.split(",")), after]


def test_steps_and_tables_are_the_same_on_sqlite(tmp_path: Path) -> None:
    found = []
    for name, make in (("steps", schema.ready), ("tables", schema.expected("sqlite").create_all)):
        engine = SqlLedger.sqlite_engine(tmp_path / name)
        make(engine)
        engine.dispose()
        with sqlite3.connect(tmp_path / name) as file:
            rows = file.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
            ).fetchall()
        file.close()
        found.append({(kind, one): _clauses(sql or "") for kind, one, sql in rows if "alembic" not in one})
    assert found[0] == found[1], AGAIN
    assert len(found[0]) > 20
