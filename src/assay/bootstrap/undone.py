"""``assay office work``: what an office has still to do, and what it gave up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from assay.adapters.home import Home
from assay.adapters.sql import schema
from assay.adapters.sql.due import SqlWork
from assay.bootstrap import clock, stores
from assay.bootstrap.office import DATABASE
from assay.bootstrap.working import KINDS
from assay.errors import Refused, Unavailable
from assay.office.work import Backlog, Dead
from assay.office_config.model import OfficeConfig


class Undone(msgspec.Struct, frozen=True):
    waiting: tuple[Backlog, ...]
    dead: tuple[Dead, ...]
    again: tuple[str, ...] = ()
    """Keys of what was put back."""


def undone(config: OfficeConfig, again: Sequence[str], limit: int) -> Undone:
    """Put the work *again* back, then look. The office may be running. Refused for a key of nothing that was given up."""
    with _work(config) as work:
        now = clock().now()
        for key in again:
            if not work.again(key, now):
                raise Refused(f"{key[:80]!r} is no work that was given up")
        return Undone(work.waiting(KINDS), work.dead_letters(KINDS, limit), tuple(again))


@contextmanager
def _work(config: OfficeConfig) -> Iterator[SqlWork]:
    home = Home(config.data)
    if not config.database.url and not (home.office / DATABASE).is_file():
        raise Unavailable(f"{home.office} is no office: {DATABASE} is missing")
    engine = stores.engine(config, home)
    try:
        if schema.look(engine).form != "current":
            raise Unavailable(
                "the office's database is not in the form that this program needs: assay office migrate"
            )
        yield SqlWork(engine)
    finally:
        engine.dispose()
