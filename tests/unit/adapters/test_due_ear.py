"""Work that is put on PostgreSQL is heard of, also after the connection was lost."""

import threading
from contextlib import closing
from datetime import UTC, datetime

import psycopg
from tests.support.postgres import Cluster

from assay.adapters.sql import due_ear
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.due_ear import Ear
from assay.adapters.sql.postgresql import engine
from assay.office.work import Due


def due(key: str) -> Due:
    return Due(key=key, kind="remind", subject="s", at=datetime(2026, 11, 2, tzinfo=UTC))


def test_hears_what_is_put_and_put_back(database: str) -> None:
    pool = engine(database, "assay")
    work, rung = SqlWork(pool), threading.Event()

    def heard_of() -> bool:
        found = rung.wait(20)
        rung.clear()
        return found

    with closing(Ear(database, rung.set)):
        assert heard_of()
        work.put([due("one")])
        assert heard_of()
        (one,) = work.claim(["remind"], one_day(), 1, 60, "a")
        work.dead(one, "why")
        assert work.again("one", one_day())
        assert heard_of()
    pool.dispose()


def test_listens_again_when_its_connection_was_lost(database: str, postgres: Cluster) -> None:
    rung = threading.Event()
    with closing(Ear(database, rung.set)):
        assert rung.wait(20)
        rung.clear()
        with psycopg.connect(postgres.dsn("assay"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'assay ear'"
            )
        assert rung.wait(due_ear.PAUSE_S + 20)


def one_day() -> datetime:
    return datetime(2026, 11, 3, tzinfo=UTC)
