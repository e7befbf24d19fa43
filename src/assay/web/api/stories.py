"""What has happened to a case, and what its verdict rests on, as far as whoever asks may know."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from assay.errors import Refused
from assay.office.dossier import history, within
from assay.office.history import happened, reader
from assay.office.permissions import Action, visible
from assay.office.submitted import attestation_of
from assay.office.triage import verdict_of
from assay.office.verdict_graph import graph
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import Id
from assay.web.api.results import RESULT, published
from assay.web.api.routes import lists, reads
from assay.web.api.story_views import GraphView, HappeningView, graph_view, happening_view
from assay.web.api.submissions import CASE, readable
from assay.web.api.views import Listed

AnyRequest = Request[Any, Any, Any]


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists(CASE + "/timeline", "What has happened to it", "submissions", Action.SUBMISSION_READ, "case")
    def timeline(request: AnyRequest, payload: Id) -> Response[Listed[HappeningView]]:
        case, caller = readable(request, desk, payload), asker(request, desk).caller
        service = desk.service
        documents = (
            {one.index: one.document for one in history(service, case)} if within(caller, case) else {}
        )
        to = reader(case, visible(caller, Action.SUBMISSION_READ))
        rows = tuple(happening_view(one, documents.get(one.entry)) for one in happened(service, case, to))
        return listed(request, HappeningView, rows)

    @lists(RESULT + "/timeline", "What was posted of it", "public", Action.RESULT_READ, "published")
    def posted(request: AnyRequest, payload: Id) -> Response[Listed[HappeningView]]:
        found = happened(desk.service, published(desk, payload), "public")
        return listed(request, HappeningView, tuple(map(happening_view, found)), public=True)

    @reads(CASE + "/graph", "What its newest verdict rests on", "submissions", Action.SUBMISSION_READ, "case")
    def rests_on(request: AnyRequest, payload: Id) -> GraphView:
        case, caller = readable(request, desk, payload), asker(request, desk).caller
        if case.verdict is None:
            raise Refused("the submission has not been judged yet")
        verdict = verdict_of(desk.service, case)
        return graph_view(graph(attestation_of(desk.service, case), verdict, names=within(caller, case)))

    return [timeline, posted, rests_on]
