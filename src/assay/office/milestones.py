"""The plan of action and milestones of an attestation (M10): what is due when, and what the provider reports of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from assay.errors import Hidden, Refused
from assay.formats.attestation import Milestone
from assay.formats.case_documents import MAX_TEXT, Change
from assay.formats.digest import Digest
from assay.office.bring import NOTHING, Brought, check, keep
from assay.office.case import Case
from assay.office.case_changes import record
from assay.office.permissions import Action, Caller
from assay.office.service import MILESTONE, NOTIFY, Service, asked, texts
from assay.office.submitted import attestation_of
from assay.office.work import Due

State = Literal["open", "overdue", "met"]
DAY = timedelta(days=1)
MAX_DAYS = 100
"""Of one plan on which milestones are due, and of which the provider is reminded; the first."""
MAX_PLANNED = 1000
"""Milestones of one plan that the office keeps watch over; the first. All are shown."""
AHEAD = 20 * 366 * DAY
"""Nobody is reminded of what is due later."""


class Planned(msgspec.Struct, frozen=True):
    number: int
    """Its place in the attestation, from 0."""
    milestone: Milestone
    state: State
    """*met* by the provider's own word: it is a claim only in a revised attestation."""


def plan(service: Service, case: Case) -> tuple[Planned, ...]:
    """In the order of the attestation. Unavailable where that is lost."""
    today = service.now().date()
    return tuple(
        Planned(number, one, _state(case, number, one.due, today))
        for number, one in enumerate(attestation_of(service, case).milestones)
    )


def report(
    service: Service,
    caller: Caller,
    payload: Digest,
    number: int,
    text: str,
    brought: Brought = NOTHING,
    *,
    met: bool = False,
) -> Case:
    """Say how far a milestone is, with files; an entry records it. The case stays where it is in due process.

    TooLarge as for an answer.
    """
    case = asked(service, caller, Action.RESPONSE_WRITE, payload)
    planned = plan(service, case)
    if number >= len(planned):
        raise Hidden(f"the plan has {len(planned)} milestones, counted from 0: there is no number {number}")
    if case.replaced_by is not None or case.stage in ("closed", "withdrawn"):
        raise Refused("the submission is over, or was revised: report on the one that stands")
    if number in case.met:
        raise Refused(f"milestone {number} was reported as met")
    if not text.strip() or len(text) > MAX_TEXT:
        raise Refused(f"say how far it is, in at most {MAX_TEXT} characters")
    check(brought, caller.organisation)
    keep(brought, caller.organisation, service.sealed)
    now = service.now()
    change = Change(
        attestation=str(payload), salt=service.salt(), kind="milestone", made=now, text=text, milestone=number, met=met,
        artifacts=texts(brought.digests),
    )  # fmt: skip
    return record(
        service, case, change, caller.organisation, now,
        met=(*case.met, number) if met else case.met, supplied=tuple(dict.fromkeys((*case.supplied, *brought.digests))),
    )  # fmt: skip


class Of(msgspec.Struct, frozen=True):
    """Payload of MILESTONE, and of what it puts."""

    milestones: date
    """The day by which they are due."""


def reminders(service: Service, case: Case, plan: Sequence[date | None]) -> tuple[Due, ...]:
    """Work for the days on which the provider is reminded: before each day of *plan* as the policy says, and when that has passed.

    What would have been before today is left out.
    """
    now = service.now()
    last = (now + AHEAD).date()
    days = sorted({one for one in plan if one is not None and now.date() <= one < last})[:MAX_DAYS]
    before = (*service.policy.reminder_days, -1)
    return tuple(
        Due(
            key=f"{MILESTONE}:{case.payload.value}:{day:%Y%m%d}:{n}", kind=MILESTONE, subject=str(case.payload), at=at,
            payload=msgspec.json.encode(Of(day)),
        )
        for day in days
        for n, count in enumerate(before)
        if (at := datetime(day.year, day.month, day.day, tzinfo=UTC) - count * DAY) > now
    )  # fmt: skip


def remind(service: Service, due: Due) -> None:
    """Handler of MILESTONE: the sending of a reminder, once. Nothing where all that was due by that day was met, or the case is over."""
    case = service.case(Digest.parse(due.subject))
    if msgspec.json.decode(due.payload, type=Of).milestones in case.ahead:
        sending = Due(
            key=f"{NOTIFY}:{due.key}", kind=NOTIFY, subject=due.subject, at=service.now(), payload=due.payload
        )
        service.work.put((sending,))


def _state(case: Case, number: int, due: date | None, today: date) -> State:
    if number in case.met:
        return "met"
    return "overdue" if due is not None and today > due else "open"
