"""A case: a submission on its way through due process. What may follow what stands in one table.

submitted -> incomplete -> (revised | closed)
          -> complete -> [draw] -> deep_validation | not drawn
             contradicted, drawn or not -> under_response -> answered -> determined -> published
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args

import msgspec

from assay.errors import Refused
from assay.formats.digest import Digest
from assay.formats.verdict import ResultToken
from assay.office.permissions import Target

Stage = Literal[
    "submitted", "incomplete", "complete", "deep_validation", "under_response", "answered",
    "determined", "published", "closed", "withdrawn",
]  # fmt: skip
Waits = Literal["office", "provider", "draw", "officer", "nobody"]
STAGES: tuple[Stage, ...] = get_args(Stage)

FOLLOWS: Mapping[Stage, tuple[Stage, ...]] = {
    "submitted": ("incomplete", "complete", "withdrawn"),
    # By what an assessor hands in; a provider that completes its submission revises it.
    "incomplete": ("complete", "closed", "withdrawn"),
    "complete": ("deep_validation", "under_response", "determined", "withdrawn"),
    "deep_validation": ("under_response", "determined", "withdrawn"),
    "under_response": ("answered", "withdrawn"),
    "answered": ("under_response", "determined", "withdrawn"),
    "determined": ("published", "withdrawn"),
    # A changed world reopens what was published; a correction publishes again.
    "published": ("under_response", "determined", "withdrawn"),
    "closed": ("withdrawn",),
    "withdrawn": (),
}
"""A case may always stay where it is and change in other ways, but once it is withdrawn."""
WAITS: Mapping[Stage, Waits] = {
    "submitted": "office",
    "incomplete": "provider",
    "complete": "draw",
    "deep_validation": "officer",
    "under_response": "provider",
    "answered": "officer",
    "determined": "office",
    "published": "nobody",
    "closed": "nobody",
    "withdrawn": "nobody",
}


class Proposal(msgspec.Struct, frozen=True):
    """What a second officer has to approve."""

    document: Digest
    """A :class:`~assay.formats.case_documents.Determination`, or a referral."""
    by: str
    """Account of the officer who proposed it."""
    made: datetime


class MoreTime(msgspec.Struct, frozen=True):
    """Time that the provider asked for, and nobody has decided about."""

    days: int
    reason: str
    made: datetime
    by: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that is asked of a case without opening its documents, which are blobs named by digest."""

    payload: Digest
    """SHA-256 of the attestation's payload: the case's identity."""
    organisation: str
    """Whose it is: the organisation that submitted."""
    parties: tuple[str, ...] = ()
    """Organisations that it names: customers, an assessor."""
    provider: str
    product: str
    version: str
    subject: Mapping[str, str]
    """What entries about it commit to: provider, product, subject."""
    stage: Stage = "submitted"
    revision: int = 0
    """Of this value; each change counts one up, and a change of an older one is refused."""
    entry: int = -1
    """Of the submission; set when it is recorded."""
    entries: tuple[int, ...] = ()
    """All entries about it, in order."""
    received: datetime
    changed: datetime
    result: ResultToken | Literal[""] = ""
    """By the newest verdict or determination; empty before there is one."""
    verdict: Digest | None = None
    because: str = ""
    """Why it waits, in one line."""
    waits: Waits = "office"
    deadline: datetime | None = None
    """Until when whoever it waits for may act."""
    more_time: MoreTime | None = None
    extended: int = 0
    """Days that were added to what the provider had at first; counted anew at each stage."""
    noticed: bool = False
    """Whether the provider was told of the stage that the case is in."""
    notices: int = 0
    told: Digest | None = None
    """The newest notice."""
    draw: int | None = None
    """Number of the draw whose frame it was in."""
    drawn: bool = False
    plan: tuple[date | None, ...] = ()
    """By when each milestone of its plan is due, by their place in the attestation; of the first so many."""
    met: tuple[int, ...] = ()
    """Those of them that the provider reported as met."""
    requested: tuple[Digest, ...] = ()
    """Low-level evidence that was asked for and has not come."""
    supplied: tuple[Digest, ...] = ()
    """Artifacts that came after the submission: evidence asked for, and files of responses."""
    rederivation: Digest | None = None
    """What the office derived again, once it was drawn: a :class:`~assay.formats.rederivation.Rederivation`, the newest."""
    derived: tuple[Digest, ...] = ()
    """All documents that re-derivations left: themselves, and the derived bills."""
    rederived: int = -1
    """How many of *supplied* the newest one went by."""
    customer_lists: tuple[Digest, ...] = ()
    """Of customers, that took the place of the submitted one; the newest last."""
    initial: Digest | None = None
    response: Digest | None = None
    """The newest."""
    final: Digest | None = None
    proposal: Proposal | None = None
    proposals: tuple[Digest, ...] = ()
    """All that were proposed, whatever came of them: no entry names these documents."""
    published: Digest | None = None
    """The signed result, a DSSE envelope."""
    posted: ResultToken | Literal[""] = ""
    """What that result says; what is decided since is not public before it is posted."""
    publication: int | None = None
    """Index of the entry by which it was first posted; from there on its openings are public."""
    shown_since: datetime | None = None
    """When what everybody sees of it changed last: it was posted, corrected, taken back, or lapsed."""
    posting: int | None = None
    """Index of the entry that records the newest result: the publication, or a correction."""
    replaces: Digest | None = None
    replaced_by: Digest | None = None
    lapsed: datetime | None = None
    referred: tuple[Digest, ...] = ()
    """Documents of referrals."""
    held: bool = False
    """Under legal hold: nothing of it is erased."""

    @property
    def target(self) -> Target:
        """What it is to those who ask about it."""
        return Target(
            owner=self.organisation,
            parties=frozenset(self.parties),
            published=self.published is not None,
            acted=frozenset((self.proposal.by,)) if self.proposal is not None else frozenset(),
        )

    @property
    def shown(self) -> str:
        """Its result for everybody: what is posted, or that it was taken back; empty before."""
        return "withdrawn" if self.published is not None and self.stage == "withdrawn" else self.posted

    @property
    def open(self) -> bool:
        """Whether something is still to be decided."""
        return self.stage not in {"published", "closed", "withdrawn"}

    @property
    def ahead(self) -> tuple[date, ...]:
        """By when its milestones that are not met are due, those without a date aside; none of a case that is over, or was revised."""
        if self.replaced_by is not None or self.stage in {"closed", "withdrawn"}:
            return ()
        return tuple(
            sorted({due for at, due in enumerate(self.plan) if due is not None and at not in self.met})
        )

    @property
    def erased(self) -> bool:
        """Whether it was erased: it has no names any more, and its documents and openings are gone."""
        return not self.subject and not self.provider


def moved(case: Case, now: datetime, stage: Stage | None = None, **changes: Any) -> Case:
    """*case* one revision on. Refused when *stage* may not follow."""
    to = stage or case.stage
    if case.stage == "withdrawn" or (to != case.stage and to not in FOLLOWS[case.stage]):
        raise Refused(f"the case {case.payload.short} is {case.stage!r} and cannot become {stage!r}")
    if to != case.stage:
        changes = {
            "waits": WAITS[to],
            "deadline": None,
            "because": "",
            "noticed": False,
            "more_time": None,
            "extended": 0,
            **changes,
        }
    return msgspec.structs.replace(case, stage=to, revision=case.revision + 1, changed=now, **changes)


def placed(case: Case, index: int) -> Case:
    """*case* as the entry *index* leaves it, that moved it."""
    entry = case.entry if case.revision else index
    posting = index if case.stage == "published" and case.posting is None else case.posting
    publication = posting if case.publication is None else case.publication
    return msgspec.structs.replace(
        case, entry=entry, entries=(*case.entries, index), posting=posting, publication=publication
    )
