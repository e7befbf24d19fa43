"""Requests that may be sent again: what was answered is kept under the key that the sender chose, and answered once more.

A key belongs to who sent it. Only what was done is remembered: a request that failed changed nothing, and may be corrected
and sent again under its key.
"""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from assay.errors import Duplicate, Refused, TooOften

LASTS = timedelta(hours=24)
"""From the answer on."""
UNDER_WAY = timedelta(minutes=2)
"""After which a request that was never answered is nobody's: its process died."""
MOST = 10_000
"""Keys of one caller at a time."""
MAX_BODY = 1 << 20


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it went out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    """None where it held a secret, or too much to keep."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A request under its key."""

    caller: str
    key: str
    request: bytes
    """SHA-256 of all that it asks."""
    until: datetime
    """When it is forgotten."""
    given: Given | None = None
    """None while it is under way."""


class Repeats(Protocol):
    """Durable when a method returns. May be shared by threads and processes."""

    def begin(self, begun: Begun, now: datetime, most: int) -> Begun | None:
        """Remember *begun* unless its caller's key is there, and not past its time: then that one is returned, and nothing changes.

        TooOften when the caller has *most* of them. Those that are past their time are forgotten.
        """

    def finish(self, begun: Begun) -> None:
        """Put what was answered; nothing where it was forgotten."""

    def forget(self, caller: str, key: str) -> None:
        """It failed. Absent already is fine."""


def begin(repeats: Repeats, caller: str, key: str, request: bytes, now: datetime) -> Given | None:
    """None when the request is to be done; what it was answered when it was done before.

    Refused for another request under the same key, Duplicate for one that is under way or whose answer is not shown twice.
    """
    made = Begun(caller=caller, key=key, request=request, until=now + UNDER_WAY)
    found = repeats.begin(made, now, MOST)
    if found is None:
        return None
    if found.request != request:
        raise Refused("another request was sent under this Idempotency-Key: choose a new one")
    if found.given is None:
        raise Duplicate("the same request is under way: ask again in a moment")
    if found.given.body is None:
        raise Duplicate("the same request was done, and its answer is shown once only")
    return found.given


def finish(repeats: Repeats, caller: str, key: str, request: bytes, given: Given, now: datetime) -> None:
    """Remember what was done."""
    kept = given if len(given.body or b"") <= MAX_BODY else msgspec.structs.replace(given, body=None)
    repeats.finish(Begun(caller=caller, key=key, request=request, until=now + LASTS, given=kept))


def too_many(most: int) -> TooOften:
    return TooOften(
        f"you have {most} requests under keys of your own: a key is forgotten after 24 hours", 3600
    )
