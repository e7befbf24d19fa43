"""An office that runs the whole of due process, and how one act of it is recorded."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from assay.errors import Refused, Unavailable
from assay.formats.case_documents import CaseDocument, Determination, encode
from assay.formats.digest import Digest
from assay.formats.verdict import VerdictDocument
from assay.office.beacon import Beacon
from assay.office.case import Case, Stage, moved, placed
from assay.office.examining import Examiner
from assay.office.log import entry
from assay.office.office import Office
from assay.office.office_policy import OfficePolicy
from assay.office.permissions import Action, Caller, hidden, require, require_role
from assay.office.ports import Blobs, Cases, Submission
from assay.office.work import Due, Work
from assay.register.leaf import Kind
from assay.tlog.ports import TileStore

ADVANCE, DEADLINE, REMINDER, MILESTONE, NOTIFY, REVALIDATE, DRAW = (
    "advance",
    "deadline",
    "reminder",
    "milestone",
    "notify",
    "revalidate",
    "draw",
)
"""Kinds of due work."""
OFFICE = "office"
"""Who acts where no person does."""


Rated = Callable[[Sequence[VerdictDocument | None]], Sequence[int | None]]
"""For each verdict how critical the product is that it is about, from 0 to 4; None where that cannot be told."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    office: Office
    cases: Cases
    work: Work
    policy: OfficePolicy
    sealed: Blobs
    """For what is confidential: customer lists, artifacts, files of responses. ``office.blobs`` finds them too."""
    examiner: Examiner | None = None
    """Who computes verdicts; None: whoever asks, in the same thread."""
    beacon: Beacon | None = None
    rated: Rated | None = None
    """Says how critical products are; None: nobody can tell."""
    public: TileStore | None = None
    """The register's files, where documents lie that anybody may read; None where nobody serves them."""

    def now(self) -> datetime:
        return self.office.clock.now()

    def salt(self) -> str:
        return self.office.entropy.bytes(32).hex()

    def case(self, payload: Digest) -> Case:
        """Unavailable when there is none."""
        found = self.cases.case(payload)
        if found is None:
            raise Unavailable(f"there is no case {payload.short}")
        return found

    def keep(self, case: Case, **changes: Any) -> Case:
        """Change what no entry records, such as a proposal. Refused when the case has moved meanwhile."""
        after = moved(case, self.now(), **changes)
        self.cases.keep(after)
        return after


def asked(service: Service, caller: Caller, action: Action, payload: Digest) -> Case:
    """The case that *caller* takes *action* on. Raises what :func:`~assay.office.permissions.require` does.

    Somebody who may take it on no case does not learn which cases there are.
    """
    require_role(caller, action)
    found = service.cases.case(payload)
    if found is None:
        raise hidden()
    require(caller, action, found.target)
    return found


def require_kept(case: Case) -> None:
    """Refused when what *case* is made of was erased: it will not come back, however often somebody asks."""
    if case.erased:
        raise Refused(f"the submission {case.payload.short} was erased: only its entries are left")


def submission_of(service: Service, case: Case) -> Submission:
    found = service.office.ledger.submission(case.payload)
    if found is None:
        raise ValueError(f"case {case.payload} has no submission")
    return found


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the office or somebody before it does: recorded as one entry."""

    kind: Kind
    document: Digest
    """Durable already."""
    outcome: str = ""
    actor: str = OFFICE
    due: tuple[Due, ...] = ()
    submission: Submission | None = None


def act(
    service: Service, case: Case, done: Act, now: datetime, stage: Stage | None = None, **changes: Any
) -> Case:
    """Record *done* and move *case* with it, in one transaction. Refused when the case has moved meanwhile."""
    after = moved(case, now, stage, **changes)
    values: Mapping[str, str] = {**case.subject, "actor": done.actor, "outcome": done.outcome}
    made = entry(service.office, done.kind, done.document, values, now, done.submission)
    before, now_named = set(case.parties), set(after.parties)
    wanted = msgspec.structs.replace(
        made, cases=(after,), due=done.due, left=tuple(sorted(before - now_named)),
        joined=tuple(sorted(now_named - before)),
    )  # fmt: skip
    return placed(after, service.office.register.append(wanted).index)


def put(service: Service, document: CaseDocument) -> Digest:
    """Durable when it returns."""
    return service.office.blobs.put(encode(document))


def next_step(case: Case, revision: int, now: datetime) -> Due:
    """Work that goes on with *case* once it is at *revision*."""
    return Due(
        key=f"{ADVANCE}:{case.payload.value}:{revision}", kind=ADVANCE, subject=str(case.payload), at=now
    )


def deadline(service: Service, case: Case, now: datetime, until: datetime) -> tuple[Due, ...]:
    """Work for when *until* has come, and the reminders before it; *case* is the one before the change that sets it."""
    name = f"{case.payload.value}:{case.revision + 1}"
    subject = str(case.payload)
    days = [until - timedelta(days=count) for count in service.policy.reminder_days]
    reminders = [
        Due(key=f"{REMINDER}:{name}:{n}", kind=REMINDER, subject=subject, at=at)
        for n, at in enumerate(days)
        if at > now
    ]
    return (Due(key=f"{DEADLINE}:{name}", kind=DEADLINE, subject=subject, at=until), *reminders)


def days(now: datetime, count: int) -> datetime:
    """*now* and *count* days, to the second."""
    return (now + timedelta(days=count)).replace(microsecond=0)


def texts(found: Sequence[Digest]) -> tuple[str, ...]:
    return tuple(map(str, found))


def record_final(service: Service, case: Case, document: Determination, actor: str = "officer") -> Case:
    """The determination that is published; the submission moves with it."""
    now = service.now()
    submission = submission_of(service, case)
    ahead = submission.state == "complete"
    done = Act(
        kind=Kind.DETERMINATION, document=put(service, document), outcome=document.result, actor=actor,
        due=(next_step(case, case.revision + 1, now),),
        submission=msgspec.structs.replace(submission, state="determined") if ahead else None,
    )  # fmt: skip
    return act(
        service, case, done, now, "determined", final=done.document, result=document.result, proposal=None
    )
