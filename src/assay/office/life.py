"""Which step a case takes by itself, and which handler does which work that is due.

Every step follows from the stored case alone and is recorded in one transaction, so a process killed anywhere, or work that
is done twice, changes nothing: the second time the case has moved on.
"""

from collections.abc import Callable, Mapping

from assay.formats.digest import Digest
from assay.office import deadlines, drawing, milestones, revalidate
from assay.office.case import Case, Stage
from assay.office.deepen import deepen
from assay.office.post import post, tell_published
from assay.office.revalidate import REVIEW, WORLD
from assay.office.service import ADVANCE, DEADLINE, DRAW, MILESTONE, REMINDER, REVALIDATE, Service
from assay.office.triage import check, proceed, tell_determination
from assay.office.work import Due

Step = Callable[[Service, Case], Case]
Handler = Callable[[Service, Due], object]

STEPS: Mapping[Stage, Step] = {
    "submitted": check,
    "incomplete": proceed,
    "complete": proceed,
    "deep_validation": deepen,
    "under_response": tell_determination,
    "determined": post,
    "published": tell_published,
}


def advance(service: Service, case: Case) -> Case:
    """All steps that are due by the case alone."""
    while (step := STEPS.get(case.stage)) is not None:
        after = step(service, case)
        if after.revision == case.revision:
            break
        case = after
    return case


def _of(step: Step) -> Handler:
    def handle(service: Service, due: Due) -> object:
        return step(service, service.case(Digest.parse(due.subject)))

    return handle


HANDLERS: Mapping[str, Handler] = {
    ADVANCE: _of(advance),
    DEADLINE: _of(deadlines.lapsed),
    REMINDER: _of(deadlines.remind),
    MILESTONE: milestones.remind,
    REVALIDATE: revalidate.run_due,
    WORLD: revalidate.world_due,
    REVIEW: revalidate.review_due,
    DRAW: drawing.run_due,
}
"""By kind of work. Sending notices is the edge's: it knows mail and webhooks."""
