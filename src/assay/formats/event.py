"""What a subscriber is told: that something happened, and where to look. See docs/formats/webhook.md.

An event names nobody and tells no outcome: whoever receives it asks the office, which knows what they may see. So an event
that goes astray tells little, and nothing that the register hides.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.canonical_json import canonical

FORMAT: Literal["urn:assay:event:1"] = "urn:assay:event:1"
LIMIT = 16 * 1024
MAX_LINKS = 8

TYPES: Mapping[str, str] = {
    "notice.sent": "the office sent a notice about a submission",
    "evidence.requested": "the office asks for evidence",
    "determination.made": "the office made an initial determination",
    "deadline.near": "the provider's time to act ends soon",
    "milestone.due": "a milestone of the provider's plan of action is due soon, or overdue",
    "submission.closed": "a submission was closed and has no result",
    "result.published": "a result was posted",
    "result.corrected": "a posted result was replaced",
    "access.requested": "somebody asks to read restricted artifacts of yours",
    "access.answered": "what became of a request to read restricted artifacts",
    "portfolio.changed": "something that is posted has changed behind what your organisation runs",
    "webhook.test": "somebody tries out a subscription",
}
"""What there is to hear of."""

Id = Annotated[str, Meta(pattern="^evt_[0-9a-f]{32}$(?!\\n)")]
Link = Annotated[str, Meta(max_length=500, pattern="^https?://[!-~]+$(?!\\n)")]
Name = Annotated[str, Meta(pattern="^[a-z_]{1,40}$(?!\\n)")]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:event:1"] = FORMAT
    id: Id
    """The same for each attempt to deliver it, and for all who are told: what came twice is one event."""
    type: Annotated[str, Meta(pattern="^[a-z]+\\.[a-z]+$(?!\\n)")]
    time: Annotated[datetime, Meta(tz=True)]
    """When it happened."""
    office: Annotated[str, Meta(max_length=500)]
    """The office's origin, ``https://host``."""
    links: Annotated[dict[Name, Link], Meta(max_length=MAX_LINKS)] = {}
    """Where to look, by what is found there: ``submission``, ``result``, ``notice``."""


def encode(event: Event) -> bytes:
    """Canonical JSON. ``ValueError`` for an event that a reader would refuse, or of a type that is not in the list: our bug."""
    if event.type not in TYPES:
        raise ValueError(f"an event of type {event.type!r}")
    data = canonical(event)
    try:
        parse(data)
    except Malformed as error:
        raise ValueError(f"not an event: {error}") from error
    return data


def parse(data: bytes) -> Event:
    """Malformed when it is no event. A type that this version does not know is no fault."""
    return strict_json.decode(data, Event, what="event", limit=LIMIT)
