"""The plan of action and milestones of an attestation (M10): what is due when, and what the provider reports of it."""

from datetime import date
from typing import Literal

import msgspec

from assay.errors import Refused
from assay.formats.attestation import Milestone
from assay.formats.case_documents import MAX_TEXT, Change
from assay.formats.digest import Digest
from assay.office.bring import NOTHING, Brought, check, keep
from assay.office.case import Case
from assay.office.case_changes import record
from assay.office.permissions import Action, Caller, hidden
from assay.office.service import Service, asked, texts
from assay.office.submitted import attestation_of

State = Literal["open", "overdue", "met"]


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
        raise hidden()
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


def _state(case: Case, number: int, due: date | None, today: date) -> State:
    if number in case.met:
        return "met"
    return "overdue" if due is not None and today > due else "open"
