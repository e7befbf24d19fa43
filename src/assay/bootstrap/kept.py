"""Where an office keeps its register and its rows: SQLite for one process, PostgreSQL for many."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Protocol, cast

import msgspec
from sqlalchemy import Engine

from assay.adapters.group_commit import GroupCommit
from assay.adapters.home import Home
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql import schema
from assay.adapters.sql.ledger import SqlLedger
from assay.bootstrap import clock, stores
from assay.bootstrap.office import DATABASE, OPENINGS
from assay.errors import Unavailable
from assay.office.ports import Register
from assay.office.sequencer import Sequencer
from assay.office_config.model import OfficeConfig
from assay.register.identity import LogSecrets
from assay.tlog.ports import TileStore

PATIENCE_S = 30
"""In which a process on PostgreSQL that is alone leads."""


class Led(Protocol):
    @property
    def leading(self) -> Sequencer | None:
        """The register while this process leads it."""


class Kept(msgspec.Struct, frozen=True):
    engine: Engine
    ledger: SqlLedger
    register: Register
    founding: Callable[[], AbstractContextManager[None]]
    """Of several processes that start together, one writes entry 0."""


@contextmanager
def kept(
    config: OfficeConfig,
    home: Home,
    tiles: TileStore,
    log: LogSecrets,
    origin: str,
    first: Callable[[SqlLedger], object],
) -> Iterator[Kept]:
    """*first* is called before anything may be signed."""
    if not config.database.url:
        engine = SqlLedger.sqlite_engine(home.office / DATABASE)
        schema.ready(engine)
        ledger = SqlLedger(engine)
        first(ledger)
        openings = FolderOpenings.make(home.office / OPENINGS)
        with closing(GroupCommit(Sequencer(ledger, tiles, log, origin, clock(), openings))) as register:
            yield Kept(engine, ledger, register, nullcontext)
        engine.dispose()
        return
    from assay.adapters.sql import postgresql  # noqa: PLC0415 - its driver belongs to the extra "server"
    from assay.adapters.sql.front_end import FrontEnd  # noqa: PLC0415
    from assay.adapters.sql.shared import Shared  # noqa: PLC0415

    url = stores.database_url(config)
    shared = Shared(url=url, tiles=tiles, secrets=log, origin=origin, clock=clock())
    engine = postgresql.engine(url, "assay office")
    schema.ready(engine)
    ledger = SqlLedger(engine)
    first(ledger)
    with closing(FrontEnd(shared)) as front:
        yield Kept(engine, ledger, front, front.founding)
    engine.dispose()


def leading(register: Register) -> Sequencer:
    """The register itself, once this process leads. Unavailable when that does not come."""
    end = time.monotonic() + PATIENCE_S
    while (found := cast("Led", register).leading) is None:
        if time.monotonic() > end:
            raise Unavailable(
                "another process of the office leads its register, or none can: stop all of them, and try again"
            )
        time.sleep(0.05)
    return found
