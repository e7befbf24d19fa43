"""``assay office work``: what an office has still to do, and what it gave up. The database of an office that may be running."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import Engine

from assay.adapters.home import Home
from assay.adapters.sql import schema
from assay.adapters.sql.due import SqlWork
from assay.bootstrap import clock, stores
from assay.bootstrap.office import DATABASE
from assay.bootstrap.working import KINDS
from assay.errors import Hidden, Refused, Unavailable
from assay.office import undelivered
from assay.office.permissions import Caller
from assay.office.work import Backlog, Dead
from assay.office_config.model import OfficeConfig


class Undone(msgspec.Struct, frozen=True):
    waiting: tuple[Backlog, ...]
    dead: tuple[Dead, ...]
    again: tuple[str, ...] = ()
    """Keys of what was put back."""
    let_go: tuple[str, ...] = ()
    """Keys of what is never to be sent."""


def undone(config: OfficeConfig, again: Sequence[str], let_go: Sequence[str], limit: int) -> Undone:
    """Put the work *again* back, let the deliveries *let_go* be, then look. The office may be running.

    Refused for a key of nothing that was given up.
    """
    with database(config) as engine:
        work, now = SqlWork(engine), clock().now()
        for key in again:
            if not work.again(key, now):
                raise Refused(f"{key[:80]!r} is no work that was given up")
        for key in let_go:
            try:
                undelivered.let_go(work, Caller.console(now), key)
            except Hidden as error:
                raise Refused(f"{key[:80]!r} is no delivery that was given up") from error
        return Undone(work.waiting(KINDS), work.dead_letters(KINDS, limit), tuple(again), tuple(let_go))


@contextmanager
def database(config: OfficeConfig) -> Iterator[Engine]:
    """Of an office that is there, and may be running."""
    home = Home(config.data)
    if not config.database.url and not (home.office / DATABASE).is_file():
        raise Unavailable(f"{home.office} is no office: {DATABASE} is missing")
    engine = stores.engine(config, home)
    try:
        if schema.look(engine).form != "current":
            raise Unavailable(
                "the office's database is not in the form that this program needs: assay office migrate"
            )
        yield engine
    finally:
        engine.dispose()
