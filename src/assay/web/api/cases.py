"""What an officer does: the queue, determinations, evidence, corrections."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from assay.formats.digest import Digest
from assay.formats.verdict import DigestText
from assay.office.determine import Decision, decide_final, decide_initial, request_evidence
from assay.office.dossier import within
from assay.office.extend import decide_time
from assay.office.permissions import Action, Target, Visible, require
from assay.office.ports import CaseQuery
from assay.office.post import correct
from assay.office.referral import approve, reject
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import After, Id, Limit, digest
from assay.web.api.routes import does, lists, reads
from assay.web.api.submissions import CASE, readable
from assay.web.api.views import CaseView, Listed, case_view


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    """Of the case that was looked at."""


class EvidenceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    digests: tuple[DigestText, ...]
    text: str = ""


class TimeGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    days: Annotated[int, Meta(ge=0, le=3650)]
    text: str = ""


class MoreTimeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    days: int
    """That are asked for; 0 where nobody asks."""
    reason: str
    """For the provider and the office."""
    made: datetime | None
    extended: int
    """Days that were given."""
    deadline: datetime | None


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: Decision
    reason: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/queue", "What needs a person, the oldest first", "authority", Action.QUEUE_READ, "office")
    def queue(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[CaseView]]:
        require(asker(request, desk).caller, Action.QUEUE_READ, Target.office())
        query = CaseQuery(
            visible=Visible(everything=True), waits=("officer",), sort="changed", descending=False, after=after,
            limit=limit,
        )  # fmt: skip
        page = desk.service.cases.find(query)
        return listed(request, CaseView, tuple(map(case_view, page.cases)), page.after)

    @does(
        CASE + "/determinations/initial",
        "Make an initial determination",
        "authority",
        Action.DETERMINATION_INITIAL,
        "case",
    )
    def initial(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Decision]) -> CaseView:
        return case_view(decide_initial(desk.service, asker(request, desk).caller, digest(payload), data))

    @does(
        CASE + "/determinations/final",
        "Make, or propose, the final determination",
        "authority",
        Action.DETERMINATION_FINAL,
        "case",
    )
    def final(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Decision]) -> CaseView:
        return case_view(decide_final(desk.service, asker(request, desk).caller, digest(payload), data))

    @does(
        CASE + "/approval",
        "Approve what another officer proposed",
        "authority",
        Action.DETERMINATION_APPROVE,
        "case",
    )
    def approval(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Seen]) -> CaseView:
        return case_view(approve(desk.service, asker(request, desk).caller, digest(payload), data.revision))

    @does(
        CASE + "/rejection",
        "Reject what another officer proposed",
        "authority",
        Action.DETERMINATION_APPROVE,
        "case",
    )
    def rejection(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Seen]) -> CaseView:
        return case_view(reject(desk.service, asker(request, desk).caller, digest(payload), data.revision))

    @does(
        CASE + "/evidence-requests",
        "Ask for low-level evidence by digest",
        "authority",
        Action.EVIDENCE_REQUEST,
        "case",
    )
    def ask(request: Request[Any, Any, Any], payload: Id, data: JSONBody[EvidenceRequest]) -> CaseView:
        digests = [Digest.parse(one, what=f"digests[{at}]") for at, one in enumerate(data.digests)]
        caller = asker(request, desk).caller
        return case_view(
            request_evidence(desk.service, caller, digest(payload), digests, data.text, data.revision)
        )

    @does(
        CASE + "/extension",
        "Give more time, or with 0 days none",
        "authority",
        Action.EXTENSION_GRANT,
        "case",
    )
    def extension(request: Request[Any, Any, Any], payload: Id, data: JSONBody[TimeGiven]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(
            decide_time(desk.service, caller, digest(payload), data.days, data.text, data.revision)
        )

    @reads(
        CASE + "/extension", "What time was asked for, and why", "submissions", Action.SUBMISSION_READ, "case"
    )
    def time_asked(request: Request[Any, Any, Any], payload: Id) -> MoreTimeView:
        case = readable(request, desk, payload)
        wish = case.more_time
        looks = within(asker(request, desk).caller, case)
        return MoreTimeView(
            days=wish.days if wish is not None else 0,
            reason=wish.reason if wish is not None and looks else "",
            made=wish.made if wish is not None else None,
            extended=case.extended,
            deadline=case.deadline,
        )

    @does(CASE + "/correction", "Correct a posted result", "authority", Action.RESULT_CORRECT, "case")
    def correction(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Correction]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(correct(desk.service, caller, digest(payload), data.decision, data.reason))

    return [queue, initial, final, approval, rejection, ask, correction, extension, time_asked]
