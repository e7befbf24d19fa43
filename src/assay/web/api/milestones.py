"""The plan of action and milestones of a submission, and reports on it."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from assay.office.dossier import within
from assay.office.milestones import plan, report
from assay.office.permissions import Action
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.milestone_views import MilestoneView, milestone_view
from assay.web.api.params import Id, digest
from assay.web.api.routes import does, lists
from assay.web.api.submissions import CASE, FILES, Answer, readable
from assay.web.api.views import CaseView, Listed, case_view

Number = Annotated[
    str, PathParameter(pattern="^(0|[1-9][0-9]{0,3})$", description="Its place in the attestation, from 0")
]


class Report(Answer, frozen=True, forbid_unknown_fields=True):
    met: bool = False


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists(
        CASE + "/milestones",
        "Its plan of action and milestones",
        "submissions",
        Action.SUBMISSION_READ,
        "case",
    )
    def index(request: Request[Any, Any, Any], payload: Id) -> Response[Listed[MilestoneView]]:
        case = readable(request, desk, payload)
        looks = within(asker(request, desk).caller, case)
        rows = tuple(milestone_view(one, looks=looks) for one in plan(desk.service, case))
        return listed(request, MilestoneView, rows)

    @does(
        CASE + "/milestones/{number:str}/reports",
        "Say how far a milestone is",
        "submissions",
        Action.RESPONSE_WRITE,
        "case",
        opt=FILES,
    )
    def tell(
        request: Request[Any, Any, Any], payload: Id, number: Number, data: JSONBody[Report]
    ) -> CaseView:
        caller = asker(request, desk).caller
        brought = data.brought(desk)
        return case_view(
            report(desk.service, caller, digest(payload), int(number), data.text, brought, met=data.met)
        )

    return [index, tell]
