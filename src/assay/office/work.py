"""Work that is due: rows that are written in the transaction of the state they follow from, and claimed by workers in batches.

A claim is a lease. Whoever holds it may end the work, put it back, or bury it; whoever lost it may not, however late they
come back. So the work itself is done at least once, and its *end* is recorded once: an effect that is written in the
transaction that ends the work takes place once.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from assay.errors import Refused

MAX_LEASE_S = 3600
"""A lease that ends later than this was given by a clock that has gone back since, and counts as lapsed."""
MAX_PAYLOAD = 64 * 1024
MAX_NAME = 300
_NAME = re.compile(r"[!-~]+\Z", re.ASCII)


class Lapsed(Refused):
    """The lease was lost: the work was claimed again, ended or cancelled meanwhile."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to be done once, from a time on. The names are of visible ASCII, at most :data:`MAX_NAME` characters."""

    key: str
    """The same work has the same key; putting it again changes nothing, also when it was done long ago."""
    kind: str
    """Which handler does it."""
    subject: str
    """What it is about, such as a submission's digest; no names of people."""
    at: datetime
    payload: bytes = b"{}"
    """JSON for the handler, at most :data:`MAX_PAYLOAD` bytes; ids and digests rather than documents."""

    def __post_init__(self) -> None:
        for name, value in (("key", self.key), ("kind", self.kind), ("subject", self.subject)):
            if len(value) > MAX_NAME or not _NAME.match(value):
                raise ValueError(f"{name} of due work is {value[:80]!r}, expected visible ASCII characters")
        if self.at.tzinfo is None:
            raise ValueError(f"work {self.key} is due at a time without a zone")
        if len(self.payload) > MAX_PAYLOAD:
            raise ValueError(
                f"work {self.key} has a payload of {len(self.payload)} bytes, over {MAX_PAYLOAD}"
            )


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Work that *worker* may do until its lease lapses."""

    due: Due
    worker: str
    claim: int
    """How often it was claimed, this time included: it tells a lease from all earlier and later ones."""
    attempts: int
    """Claims since it was put, or put again, this one included."""
    since: datetime
    until: datetime


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How work of one kind stands."""

    kind: str
    waiting: int
    """Not ended; some of it may not be due yet, some may be claimed just now."""
    dead: int
    soonest: datetime | None
    """When the next of it may be claimed, or when a lease lapses; None when nothing waits."""


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """Work that was given up, until somebody puts it back."""

    due: Due
    attempts: int
    since: datetime
    """Of the last attempt."""
    why: str


class Again(msgspec.Struct, frozen=True):
    """It failed and is to be tried again *at* then; None: when the worker's own pauses say."""

    why: str
    at: datetime | None = None


class Later(msgspec.Struct, frozen=True):
    """It was not tried, and is to be *at* then; no attempt is counted."""

    at: datetime


class Over(msgspec.Struct, frozen=True):
    """It failed, and trying again would not help."""

    why: str


class Ended(msgspec.Struct, frozen=True):
    """Its end is recorded already, in the transaction of its effect."""


Outcome = Again | Later | Over | Ended | None
"""What a handler says; None: it is done. An exception is an :class:`Again`."""
Handler = Callable[[Claimed], Outcome]
"""May be called several times for the same work, also at once after a pause of the machine."""


class Schedule(msgspec.Struct, frozen=True):
    """Work of *kind* every *every_s* seconds, once, however many processes put it."""

    kind: str
    every_s: int

    def due(self, now: datetime) -> Due:
        """The one of the present interval. What an office missed while it stood still is not made up for."""
        since = int(now.timestamp())
        start = datetime.fromtimestamp(since - since % self.every_s, UTC)
        return Due(key=f"{self.kind}@{start:%Y%m%dT%H%M%SZ}", kind=self.kind, subject=self.kind, at=start)


class Work(Protocol):
    """Durable when a method returns; a crash inside leaves all or nothing of it. May be shared by threads and processes.

    Times come from the caller. Clocks of several workers may differ by less than a lease: what keeps two of them apart is
    the lease's number, not the time.
    """

    def put(self, dues: Sequence[Due]) -> None:
        """Work whose key is there already stays as it is."""

    def claim(
        self, kinds: Collection[str], now: datetime, limit: int, lease_s: float, worker: str
    ) -> tuple[Claimed, ...]:
        """At most *limit* that are due at *now* and nobody holds, the longest due first; no two callers get the same.

        *lease_s* is at most :data:`MAX_LEASE_S`.
        """

    def renew(self, claimed: Claimed, now: datetime, lease_s: float) -> None:
        """The lease ends *lease_s* after *now*. Lapsed when it is lost."""

    def done(self, claimed: Claimed) -> None:
        """It is never claimed again. Lapsed when the lease is lost: somebody else does it, or has done it."""

    def failed(self, claimed: Claimed, why: str, again_at: datetime) -> None:
        """Put it back until *again_at*; *why* is kept. Lapsed when the lease is lost."""

    def release(self, claimed: Claimed, at: datetime) -> None:
        """Put it back untried until *at*; that attempt does not count. Lapsed when the lease is lost."""

    def dead(self, claimed: Claimed, why: str) -> None:
        """Give it up until somebody puts it back. Lapsed when the lease is lost."""

    def cancel(self, key: str) -> bool:
        """Whether it waited; then it is never done, and whoever holds its lease has lost it."""

    def waiting(self, kinds: Collection[str]) -> tuple[Backlog, ...]:
        """One for each kind, sorted by kind."""

    def dead_letters(
        self, kinds: Collection[str], limit: int, *, subject: str | None = None
    ) -> tuple[Dead, ...]:
        """The newest first; all, or those about *subject*."""

    def again(self, key: str, at: datetime) -> bool:
        """Whether it was dead; then it is due at *at*, with no attempt counted."""

    def forget(self, before: datetime) -> int:
        """Drop what ended before then, dead letters excepted; how many. Putting one of those keys again makes new work."""
