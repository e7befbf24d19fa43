"""URLs of databases, and what wakes a thread that waits; the rest is tried against a server."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from assay.adapters.sql import postgresql
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.transaction import transaction
from assay.errors import Malformed, Unavailable


def test_a_connection_that_the_server_has_ended_is_replaced(database: str) -> None:
    engine = postgresql.engine(database, "ended")
    try:
        with transaction(engine, reads=True) as connection:
            before = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with postgresql.session(database, "ending") as other:
            postgresql.end_sessions(other, "ended")
        with transaction(engine, reads=True) as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != before
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("office.sqlite", "'office.sqlite' is not the URL of a database", id="a path"),
        pytest.param(
            "sqlite:///office.sqlite", "begins with 'sqlite', expected 'postgresql://'", id="SQLite"
        ),
        pytest.param("mysql://host/assay", "begins with 'mysql'", id="another server"),
        pytest.param(
            "postgresql+psycopg2://host/assay", "begins with 'postgresql+psycopg2'", id="another driver"
        ),
    ],
)
def test_refuses_urls_of_other_databases(url: str, message: str) -> None:
    def open_session() -> None:
        with postgresql.session(url, "test"):
            pytest.fail("opened")

    openers: list[Callable[[], object]] = [lambda: SqlLedger.postgres(url), open_session]
    for opened in openers:
        with pytest.raises(Malformed) as caught:
            opened()
        assert message in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable_and_its_password_is_not_told() -> None:
    url = "postgresql://assay:hidden@/assay?host=/nonexistent"
    with pytest.raises(Unavailable, match="the office's database") as caught:
        SqlLedger.postgres(url)
    assert "hidden" not in str(caught.value)
    with pytest.raises(Unavailable, match="the office's database") as caught, postgresql.session(url, "test"):
        pytest.fail("opened")
    assert "hidden" not in str(caught.value)


def test_a_bell_may_be_rung_without_end_and_after_the_end() -> None:
    bell = postgresql.Bell()
    for _ in range(100_000):
        bell.ring()
    bell.close()
    bell.ring()
