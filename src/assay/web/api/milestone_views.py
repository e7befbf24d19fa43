"""What the API shows of a plan of action and milestones."""

from datetime import date

import msgspec

from assay.office.milestones import Planned, State


class MilestoneView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    number: int
    requirement: str
    state: State
    due: date | None
    action: str
    weakness: str
    owner: str
    """These two for the provider and the office."""
    approved_extension: str


def milestone_view(one: Planned, *, looks: bool) -> MilestoneView:
    found = one.milestone
    return MilestoneView(
        number=one.number,
        requirement=found.requirement,
        state=one.state,
        due=found.due,
        action=found.action,
        weakness=found.weakness if looks else "",
        owner=found.owner if looks else "",
        approved_extension=found.approved_extension,
    )
