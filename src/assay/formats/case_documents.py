"""What an office writes down about a case: notices, responses, determinations, what changes beside, and how it ends. Canonical JSON.

Each document is named by its SHA-256 in a register entry, in clear, so each carries 32 random bytes: without them its
content could be guessed from the digest. No document names a person; ``by`` is a role.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeVar, cast

import msgspec
from msgspec import Meta

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.canonical_json import canonical
from assay.formats.digest import Digest
from assay.formats.verdict import DigestText, RequirementText, ResultToken, Token

LIMIT = 4 << 20
MAX_TEXT = 100_000
"""Characters of one text by a person."""
MAX_ITEMS = 2_000

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
SaltText = Annotated[str, Meta(pattern="^[0-9a-f]{64}$(?!\\n)")]
Moment = Annotated[datetime, Meta(tz=True)]
NoticeReason = Literal[
    "incomplete", "contradicted", "insufficient_evidence", "evidence_requested", "determined", "closed", "corrected",
    "extended", "not_extended",
]  # fmt: skip


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    attestation: DigestText
    """SHA-256 of the payload of the attestation's envelope."""
    salt: SaltText


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a notice is about."""

    ref: Annotated[str, Meta(max_length=200)]
    """A completeness rule (``C7``), a requirement, or a digest."""
    reason: Text
    remedy: Text = ""


class Notice(_Document, frozen=True, kw_only=True):
    """What the provider is told, and the customers that the product has (M6)."""

    format: Literal["urn:assay:notice:1"] = "urn:assay:notice:1"
    number: int
    """Of the case, from 1."""
    reason: NoticeReason
    sent: Moment
    respond_by: Moment | None = None
    items: Annotated[tuple[Item, ...], Meta(max_length=MAX_ITEMS)] = ()
    text: Text = ""


class Response(_Document, frozen=True, kw_only=True):
    """What the provider answers (M7)."""

    format: Literal["urn:assay:response:1"] = "urn:assay:response:1"
    to_notice: int
    received: Moment
    text: Text = ""
    artifacts: Annotated[tuple[DigestText, ...], Meta(max_length=MAX_ITEMS)] = ()
    """Of files handed in with it."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person, or the office by a re-derivation, found about one requirement."""

    requirement: RequirementText
    verdict: Token
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class Determination(_Document, frozen=True, kw_only=True):
    """What the office decided. An initial one may be answered; a final one is published."""

    format: Literal["urn:assay:determination:1"] = "urn:assay:determination:1"
    stage: Literal["initial", "final"]
    result: ResultToken
    made: Moment
    by: Literal["office", "officer", "two officers"]
    verdict: DigestText
    """The verdict document that it rests on."""
    drawn: bool = False
    """Whether the case was drawn for deep validation."""
    draw: int | None = None
    """Number of the draw whose frame it was in."""
    reasons: Annotated[tuple[Text, ...], Meta(max_length=MAX_ITEMS)] = ()
    judgements: Annotated[tuple[Judgement, ...], Meta(max_length=MAX_ITEMS)] = ()
    rederivation: DigestText | None = None
    """What was derived again of a drawn case, a :class:`~assay.formats.rederivation.Rederivation`; None where nothing was."""
    response: DigestText | None = None
    """The response that was considered; None when there is none."""
    consideration: Text = ""
    """What the office says to the response."""


class Ending(_Document, frozen=True, kw_only=True):
    """A withdrawal, a lapse, a correction, a referral, or a case that ends incomplete."""

    format: Literal["urn:assay:ending:1"] = "urn:assay:ending:1"
    kind: Literal["withdrawal", "lapse", "correction", "referral", "closed", "erasure"]
    made: Moment
    reason: Text
    versions: Annotated[str, Meta(max_length=200)] = ""
    """Of a lapse: from which version on the attestation no longer holds."""
    to: Annotated[str, Meta(max_length=200)] = ""
    """Of a referral: to whom."""
    document: DigestText | None = None
    """Of a referral: its package. Of a correction: the result that it replaces."""


class Change(_Document, frozen=True, kw_only=True):
    """What the provider keeps up, or asks, while its case stands: it answers no notice and moves the case to no other stage."""

    format: Literal["urn:assay:change:1"] = "urn:assay:change:1"
    kind: Literal["customers", "more_time", "milestone"]
    made: Moment
    text: Text = ""
    """What the time is wanted for; how far the milestone is."""
    customers: DigestText | None = None
    """The list of customers that takes the place of the one before. Its rows are salted; the list itself is restricted."""
    days: Annotated[int, Meta(ge=0, le=3650)] = 0
    """That are asked for."""
    milestone: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    """Its place in the attestation, from 0."""
    met: bool = False
    artifacts: Annotated[tuple[DigestText, ...], Meta(max_length=MAX_ITEMS)] = ()
    """Of files handed in with it."""


CaseDocument = Notice | Response | Determination | Ending | Change
D = TypeVar("D", Notice, Response, Determination, Ending, Change)


def encode(document: CaseDocument) -> bytes:
    """The only text that :func:`parse` reads. ``ValueError`` for a value that it would refuse: that is our bug."""
    data = canonical(document)
    try:
        same = _read(data, type(document)) == document
    except Malformed as error:
        raise ValueError(f"not a document of a case: {error}") from error
    if not same:
        raise ValueError("not a document of a case: the value does not survive its own text")
    return data


def parse(data: bytes, kind: type[D]) -> D:
    """A document of *kind*; :class:`Malformed` says what, where, and what was expected."""
    return cast("D", _read(data, kind))


def _read(data: bytes, kind: type[CaseDocument]) -> CaseDocument:
    what = kind.__name__.lower()
    found = strict_json.decode(data, kind, what=what, limit=LIMIT)
    moments = (value for value in msgspec.structs.asdict(found).values() if isinstance(value, datetime))
    if any(moment.utcoffset() for moment in moments) or canonical(found) != data:
        raise Malformed(f"{what} is not in its canonical form (RFC 8785, every field written, time in UTC)")
    return found


def digest(document: CaseDocument) -> Digest:
    return Digest.sha256(encode(document))
