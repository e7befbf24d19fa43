"""The history of the database's form leads to the tables that the program makes, and a database of any other form is told apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.support.postgres import Cluster

from assay.adapters.sql import schema
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql
from assay.adapters.sql.prepare import FIRST
from assay.errors import Refused, Unavailable

SQL = Path(schema.__file__).parent
AGAIN = "the tables changed: python tools/migration.py --first (before the first release), or with a sentence"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        made = postgresql(request.getfixturevalue("database"), "test")
    yield made
    made.dispose()


def made_by_the_program(engine: Engine) -> None:
    with engine.begin() as connection:
        schema.expected(engine.dialect.name).create_all(connection)
        for statement in FIRST if engine.dialect.name == "postgresql" else ():
            connection.execute(text(statement))


def test_the_head_is_the_newest_step() -> None:
    steps = sorted(path.stem for path in (SQL / "migrations/versions").glob("v*.py"))
    assert steps[-1] == f"v{schema.HEAD}"
    assert [int(step[1:]) for step in steps] == list(range(1, len(steps) + 1))


def test_steps_and_tables_are_the_same_on_postgresql(postgres: Cluster) -> None:
    found = []
    for make in (schema.ready, made_by_the_program):
        url = postgres.schema()
        engine = postgresql(url, "test")
        make(engine)
        engine.dispose()
        name = postgres.schema_of(url)
        dump = postgres.run(
            "pg_dump",
            "--schema-only",
            f"--schema={name}",
            "--exclude-table=*.alembic_version",
            f"--dbname={url.partition('&')[0]}",
        )
        lines = [
            line for line in dump.decode().replace(name, "here").splitlines() if not line.startswith("\\")
        ]
        found.append(lines)
    assert found[0] == found[1], AGAIN
    assert sum("CREATE UNLOGGED TABLE" in line for line in found[0]) == 1


def test_an_empty_database_gets_its_tables_once(engine: Engine) -> None:
    assert schema.look(engine).form == "empty"
    schema.ready(engine)
    schema.ready(engine)
    assert schema.look(engine) == schema.Found("current", schema.HEAD)
    SqlLedger(engine).head()
    assert schema.migrate(engine).form == "current"


def test_one_that_is_as_it_should_be_is_marked(engine: Engine) -> None:
    made_by_the_program(engine)
    assert schema.look(engine).form == "unmarked"
    schema.ready(engine)
    assert schema.look(engine).form == "current"


def test_one_of_another_form_is_refused_and_stays(engine: Engine) -> None:
    made_by_the_program(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE head DROP COLUMN epoch"))
        connection.execute(text("DROP TABLE artifacts"))
    found = schema.look(engine)
    assert found.form == "different"
    for act, error in ((schema.ready, Unavailable), (schema.migrate, Refused)):
        with pytest.raises(error, match=r"does not say which: .*begin a new office") as caught:
            act(engine)
        assert "head.epoch" in str(caught.value)
        assert "artifacts" in str(caught.value)
    assert schema.look(engine) == found


def test_tables_of_others_are_nobodys_business(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (one INTEGER)"))
    assert schema.look(engine).form == "empty"
    schema.ready(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert schema.look(engine).form == "unmarked"


@pytest.mark.parametrize(
    ("revision", "form", "said"),
    [("0000", "newer", "of a newer Assay"), ("9999", "newer", "of a newer Assay")],
)
def test_one_of_a_newer_program_is_refused(engine: Engine, revision: str, form: str, said: str) -> None:
    schema.ready(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    assert schema.look(engine).form == form
    with pytest.raises(Unavailable, match=said):
        schema.ready(engine)
    with pytest.raises(Refused, match=said):
        schema.migrate(engine)


def test_an_older_one_waits_for_its_operator(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.ready(engine)
    monkeypatch.setattr(schema, "HEAD", "0002")
    assert schema.look(engine).form == "older"
    with pytest.raises(
        Unavailable, match=r"has form 0001, this program needs 0002: .* run `assay office migrate`"
    ):
        schema.ready(engine)
