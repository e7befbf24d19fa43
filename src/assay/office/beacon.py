"""What a draw needs of a public source of randomness. Adapters implement it; the simulated one is the memory adapter."""

from datetime import datetime
from typing import Protocol

from assay.register.beacon import RoundValue


class Beacon(Protocol):
    """One chain of one beacon. The schedule is arithmetic; only :meth:`value` asks anybody."""

    @property
    def name(self) -> str:
        """What a draw commits to: the kind of beacon and the identity of the chain, without spaces."""

    def due(self, round_: int) -> datetime:
        """When a round is published, by the chain's schedule. Malformed for a round that there will never be."""

    def round_after(self, moment: datetime) -> int:
        """The first round that is due later than *moment*."""

    def value(self, round_: int) -> RoundValue:
        """The round, verified; the same for ever. Unavailable when it is not there (yet), or what came is not it."""
