"""Public sources of randomness, as far as they can be told without asking them: which, when a round is due, whether a round is theirs."""

from datetime import UTC, datetime
from typing import Protocol

import msgspec

from assay.errors import Malformed
from assay.register.draw import MAX_ROUND

MAX_SECONDS = 253_402_300_799
"""The last second that has a date of four digits."""


class RoundValue(msgspec.Struct, frozen=True, kw_only=True):
    """A round that was verified; made by whoever did."""

    beacon: str
    """The name of the chain."""
    round: int
    value: bytes
    document: bytes
    """The round as its beacon published it, by which everybody verifies it again."""


class Chain(Protocol):
    """One chain of one beacon. Pure: rounds are bytes that somebody else fetched."""

    @property
    def name(self) -> str:
        """What a draw commits to: the kind of beacon and the identity of the chain, without spaces."""

    def due(self, round_: int) -> datetime:
        """When a round is published, by the chain's schedule. Malformed for a round that there will never be."""

    def round_after(self, moment: datetime) -> int:
        """The first round that is due later than *moment*."""

    def path(self, round_: int) -> str:
        """Where the beacon's public API has the round, below its base URL."""

    def open_(self, document: bytes, round_: int) -> RoundValue:
        """*document* as round *round_* of this chain.

        Malformed when it is no round, Untrusted when it is another one or not signed by the chain.
        """


class Schedule(msgspec.Struct, frozen=True):
    """Rounds at even intervals; all in Unix seconds."""

    start: int
    """When the round *first* is due."""
    every: int
    first: int

    def due(self, round_: int) -> datetime:
        at = self.start + (round_ - self.first) * self.every
        if not self.first <= round_ <= MAX_ROUND or at > MAX_SECONDS:
            raise Malformed(f"there is no round {round_}: the first is {self.first}")
        return datetime.fromtimestamp(at, UTC)

    def round_after(self, moment: datetime) -> int:
        passed = int(moment.timestamp() // 1) - self.start
        return max(self.first, self.first + passed // self.every + 1)
