"""A worker that kills itself at a given moment of its work: ``python -m tests.support.due_worker URL MOMENT``."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, MetaData, Table, func, insert, select

from assay.adapters.memory import FixedClock
from assay.adapters.sql.due import SqlWork, end_due
from assay.adapters.sql.ledger import SqlLedger
from assay.office.work import Claimed, Due, Ended, Outcome
from assay.worker.loop import Worker

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DEADLINE = Due(key="deadline", kind="deadline", subject="s", at=NOON)
MOMENTS = ("before", "inside", "after", "never")
effects = Table("effects", MetaData(), Column("n", Integer, primary_key=True, autoincrement=True))


def engine(url: str) -> Engine:
    """Of a PostgreSQL's URL, or of a file."""
    if "://" not in url:
        return SqlLedger.sqlite_engine(Path(url))
    from assay.adapters.sql import postgresql

    return postgresql.engine(url, "assay")


def work(pool: Engine, clock: FixedClock, moment: str) -> int:
    """One step of a worker; how much it did."""

    def dies(at: str) -> None:
        if at == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def handler(one: Claimed) -> Outcome:
        dies("before")
        with pool.begin() as connection:
            connection.execute(insert(effects))
            end_due(connection, one)
            dies("inside")
        dies("after")
        return Ended()

    return Worker(SqlWork(pool), {"deadline": handler}, clock, name="a").step()


def taken_effect(pool: Engine) -> int:
    with pool.begin() as connection:
        return connection.execute(select(func.count()).select_from(effects)).scalar_one()


if __name__ == "__main__":
    work(engine(sys.argv[1]), FixedClock(NOON), sys.argv[2])
