"""What has happened to a case, as far as somebody may know: its owner and the office all of it, those whom it names less, and
anybody what was posted.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.office.case import Case
from assay.office.permissions import Visible
from assay.office.service import Service
from assay.register import leaf, opening
from assay.register.leaf import Kind

Reader = Literal["owner", "party", "public"]
"""The office counts as an owner."""

SAYS: Mapping[Kind, str] = {
    Kind.SUBMISSION: "an attestation was handed in",
    Kind.COMPLETENESS: "its completeness was checked",
    Kind.NOTICE: "the office sent a notice",
    Kind.RESPONSE: "evidence or a response came in",
    Kind.DETERMINATION: "the office made a determination",
    Kind.PUBLICATION: "a result was posted",
    Kind.CORRECTION: "a posted result was replaced",
    Kind.WITHDRAWAL: "it was taken back, or closed",
    Kind.LAPSE: "it holds no more for later versions",
}
POSTED = frozenset({Kind.PUBLICATION, Kind.CORRECTION, Kind.WITHDRAWAL, Kind.LAPSE})
RESULTS = frozenset({Kind.PUBLICATION, Kind.CORRECTION})
PARTIES = POSTED | {Kind.SUBMISSION, Kind.COMPLETENESS, Kind.NOTICE, Kind.DETERMINATION}
UNTOLD = frozenset({"evidence_requested", "extended", "not_extended", "referred"})
"""Notices that a party is not told of."""


class Happening(msgspec.Struct, frozen=True):
    entry: int
    at: datetime
    kind: Kind
    result: str = ""
    """That was posted; empty for other kinds, and where it was erased."""


def reader(case: Case, visible: Visible) -> Reader:
    """As what *case* is seen by somebody to whom *visible* ones are shown."""
    if visible.everything or (visible.owner != "" and case.organisation == visible.owner):
        return "owner"
    return "party" if visible.party != "" and visible.party in case.parties else "public"


def happened(service: Service, case: Case, to: Reader) -> Iterator[Happening]:
    """Oldest first. Unavailable when an entry is."""
    opened = service.office.ledger.opened(case.entries)
    for at in case.entries:
        entry = leaf.parse(service.office.register.leaf(at))
        if entry.kind in SAYS and _hears(to, case, at, entry.kind, opened.get(at)):
            told = _outcome(opened.get(at), "") if entry.kind in RESULTS else ""
            yield Happening(at, entry.time, entry.kind, told)


def standing(case: Case, to: Reader) -> str:
    """The result of *case* for a reader: what is posted; before that, for whom it is not public, how far it is."""
    if case.stage == "withdrawn" and (to != "public" or case.published is not None):
        return "withdrawn"
    if case.published is not None:
        return case.posted
    if to == "public":
        return ""
    if case.stage in ("under_response", "answered"):
        return "under_response"
    return "incomplete" if case.stage in ("incomplete", "closed") else ""


def _hears(to: Reader, case: Case, at: int, kind: Kind, openings: bytes | None) -> bool:
    if to == "owner":
        return True
    if to == "party":
        return kind in PARTIES and not (kind is Kind.NOTICE and _outcome(openings) in UNTOLD)
    return kind in POSTED and case.publication is not None and at >= case.publication


def _outcome(openings: bytes | None, erased: str = "referred") -> str:
    """Of an entry; erased openings tell nobody."""
    if openings is None:
        return erased
    try:
        found: Sequence[opening.Opening] = opening.parse(openings)
    except Malformed as error:
        raise ValueError(f"the office's own openings: {error}") from error
    return next((one.value for one in found if one.label == "outcome"), "")
