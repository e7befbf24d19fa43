"""What the front ends of one office have in common."""

from collections.abc import Callable

import msgspec

from assay.adapters.sql.ledger import SqlLedger
from assay.office.ports import Clock, Openings
from assay.office.sequencer import Sequencer
from assay.register.identity import LogSecrets
from assay.tlog.ports import TileStore

Ready = Callable[[Sequencer], None]
"""Raises Unavailable when the register may not be gone on with, as for a witness that has seen more of it."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """The same for every one of them, but the clock, which need not be exact."""

    url: str
    """Of PostgreSQL."""
    tiles: TileStore
    secrets: LogSecrets
    """Any of them may lead, so each holds the register's keys."""
    origin: str
    clock: Clock
    openings: Openings | None = None
    lease_seconds: float = 5.0
    """After which another process leads when the leader has died."""
    patience_seconds: float = 20.0
    """How long an entry waits for a leader before it is taken back."""
    publish_seconds: float = 1.0

    def sequencer(self, ledger: SqlLedger, tiles: TileStore, openings: Openings | None = None) -> Sequencer:
        """The register over *ledger*."""
        return Sequencer(ledger, tiles, self.secrets, self.origin, self.clock, openings)
