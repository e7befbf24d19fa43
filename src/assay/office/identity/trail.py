"""The audit trail: what was done, by whom, to what. Ids only, no secrets and no names of people."""

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    actor: str
    """As :attr:`~assay.office.permissions.Caller.id` says it; empty for nobody known."""
    action: str
    organisation: str = ""
    """Whom it concerns."""
    subject: str = ""
    """Id of what it was done to."""
    detail: str = ""


class Noted(msgspec.Struct, frozen=True):
    number: int
    """Its place in the trail, from 1."""
    event: Event
