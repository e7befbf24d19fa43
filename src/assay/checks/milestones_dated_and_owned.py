"""A plan of action without an owner, an action or a date is no plan; one that was already due when it was signed is none either."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.naming import is_placeholder
from assay.formats.attestation import Milestone
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    milestones = case.attestation.milestones
    if not milestones:
        yield Finding.not_applicable("the attestation has no plan of action and milestones")
    for at, milestone in enumerate(milestones):
        yield _judge(case, milestone, f"/milestones/{at}")


def _judge(case: Case, milestone: Milestone, at: str) -> Finding:
    name = shown(milestone.requirement, 120)
    fields = {"action": milestone.action, "owner": milestone.owner}
    lacking = [field for field, text in fields.items() if is_placeholder(text)]
    if milestone.due is None:
        lacking.append("due date")
    if lacking or milestone.due is None:
        return Finding.against(
            f"the milestone for {name} has no {' and no '.join(lacking)}",
            at=at,
            remedy="say what, by whom and by when",
        )
    if milestone.due < case.attestation.made.date():
        return Finding.against(
            f"the milestone for {name} was due on {milestone.due}, "
            f"before the attestation was made on {case.attestation.made.date()}",
            at=at,
            remedy="set a date that lies ahead, or claim the requirement",
        )
    if milestone.due < case.now.date():
        return Finding.unknown(
            f"the milestone for {name} was due on {milestone.due}, and nothing says whether it was reached",
            at=at,
            remedy="submit a revision that claims it or sets a new date",
        )
    return Finding.supports(
        f"the milestone for {name} has an action, an owner and the date {milestone.due}", at=at
    )


CHECK = Check(
    id="milestones-dated-and-owned",
    title="each milestone of the plan has an action, an owner and a date ahead",
    severity=Severity.MEDIUM,
    basis=Basis.STATEMENT,
    proves="Each gap that the provider admits has somebody, something and a day.",
    does_not_prove="That the action would close the gap, or will be done.",
    examine=examine,
)
