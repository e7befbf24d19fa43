"""What an officer does: the queue, determinations, evidence, draws, corrections, referrals."""

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody

from assay.formats.digest import Digest
from assay.office.determine import Decision, approve, decide_final, decide_initial, reject, request_evidence
from assay.office.drawing import run_now
from assay.office.permissions import Action, Target, Visible, require
from assay.office.ports import CaseQuery
from assay.office.post import correct
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.submissions import Id
from assay.web.api.views import CaseView, DrawView, Page, case_view, draw_view


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    """Of the case that was looked at."""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    digests: tuple[str, ...]
    text: str = ""


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: Decision
    reason: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/queue", sync_to_thread=True, summary="What needs a person, the oldest first", tags=["authority"])
    def queue(
        request: Request[Any, Any, Any], after: FromQuery[str] = "", limit: FromQuery[int] = 50
    ) -> Page:
        require(asker(request, desk).caller, Action.QUEUE_READ, Target.office())
        query = CaseQuery(
            visible=Visible(everything=True), waits=("officer",), sort="changed", descending=False, after=after,
            limit=max(1, min(limit, 200)),
        )  # fmt: skip
        page = desk.service.cases.find(query)
        return Page(items=tuple(map(case_view, page.cases)), next=page.after)

    @post(
        "/submissions/{payload:str}/determinations/initial",
        status_code=201,
        sync_to_thread=True,
        summary="Make an initial determination",
        tags=["authority"],
    )
    def initial(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Decision]) -> CaseView:
        return case_view(decide_initial(desk.service, asker(request, desk).caller, _digest(payload), data))

    @post(
        "/submissions/{payload:str}/determinations/final",
        status_code=201,
        sync_to_thread=True,
        summary="Make, or propose, the final determination",
        tags=["authority"],
    )
    def final(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Decision]) -> CaseView:
        return case_view(decide_final(desk.service, asker(request, desk).caller, _digest(payload), data))

    @post(
        "/submissions/{payload:str}/approval",
        status_code=201,
        sync_to_thread=True,
        summary="Approve what another officer proposed",
        tags=["authority"],
    )
    def approval(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Seen]) -> CaseView:
        return case_view(approve(desk.service, asker(request, desk).caller, _digest(payload), data.revision))

    @post(
        "/submissions/{payload:str}/rejection",
        status_code=201,
        sync_to_thread=True,
        summary="Reject what another officer proposed",
        tags=["authority"],
    )
    def rejection(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Seen]) -> CaseView:
        return case_view(reject(desk.service, asker(request, desk).caller, _digest(payload), data.revision))

    @post(
        "/submissions/{payload:str}/evidence-requests",
        status_code=201,
        sync_to_thread=True,
        summary="Ask for low-level evidence by digest",
        tags=["authority"],
    )
    def ask(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Asked]) -> CaseView:
        digests = [Digest.parse(one, what=f"digests[{at}]") for at, one in enumerate(data.digests)]
        caller = asker(request, desk).caller
        return case_view(
            request_evidence(desk.service, caller, _digest(payload), digests, data.text, data.revision)
        )

    @post(
        "/submissions/{payload:str}/correction",
        status_code=201,
        sync_to_thread=True,
        summary="Correct a posted result",
        tags=["authority"],
    )
    def correction(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Correction]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(correct(desk.service, caller, _digest(payload), data.decision, data.reason))

    @get("/draws", sync_to_thread=True, summary="Draws, the newest first", tags=["public"])
    def draws(limit: FromQuery[int] = 50) -> tuple[DrawView, ...]:
        return tuple(map(draw_view, desk.service.cases.draws(max(1, min(limit, 200)))))

    @post(
        "/draws",
        status_code=201,
        sync_to_thread=True,
        summary="Commit to the next draw before its time",
        tags=["authority"],
    )
    def draw(request: Request[Any, Any, Any]) -> DrawView:
        return draw_view(run_now(desk.service, asker(request, desk).caller))

    return [queue, initial, final, approval, rejection, ask, correction, draws, draw]


def _digest(payload: str) -> Digest:
    return Digest.of("sha256", payload, what="submission")
