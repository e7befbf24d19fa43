"""Draws: what was committed to, what came of it, and everything that anybody needs to compute one again."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from assay.office.draw_documents import commit_receipt, document, result_receipt
from assay.office.drawing import run_now
from assay.office.permissions import Action, hidden
from assay.office.ports import Drawing
from assay.office.service import Service
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import BRIEFLY, listed
from assay.web.api.params import After, Limit, Number, number
from assay.web.api.routes import DOCUMENT, does, lists, reads
from assay.web.api.routes import TEXT as STRING
from assay.web.api.views import DrawView, Listed, draw_view

ONE = "/draws/{number:str}"
JSON, TEXT = "application/json", "text/plain"
Make = Callable[[Service, Drawing], bytes]
KEPT = {"Cache-Control": BRIEFLY}


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_draws(desk), *_files(desk)]


def _draws(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/draws", "Draws, the newest first", "public", Action.RESULT_READ, "any")
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[DrawView]]:
        service = desk.service
        found, now = service.cases.draws(limit + 1, before=number(after)), service.now()
        rows = tuple(draw_view(one, now) for one in found[:limit])
        return listed(
            request, DrawView, rows, str(rows[-1].number) if len(found) > limit else "", public=True
        )

    @does("/draws", "Run a draw that is due and was not run", "authority", Action.DRAW_RUN, "office")
    def run(request: Request[Any, Any, Any]) -> DrawView:
        return draw_view(run_now(desk.service, asker(request, desk).caller), desk.service.now())

    @reads(ONE, "One draw", "public", Action.RESULT_READ, "any")
    def show(number: Number) -> Response[DrawView]:
        return Response(draw_view(_drawing(desk, number), desk.service.now()), headers=KEPT)

    return [index, run, show]


def _files(desk: Desk) -> list[HTTPRouteHandler]:
    def file(
        name: str, summary: str, make: Make, action: Action = Action.RESULT_READ, kind: str = JSON
    ) -> HTTPRouteHandler:
        what = {kind: DOCUMENT if kind == JSON else STRING}

        @reads(f"{ONE}/{name}", summary, "public", action, "any", gives=what)
        def given(number: Number) -> Response[bytes]:
            made = make(desk.service, _drawing(desk, number))
            return Response(made, media_type=kind, headers=KEPT)

        return given

    return [
        file(
            "commit.json", "The draw-commit: frame, strata, weights, round", partial(document, name="commit")
        ),
        file("result.json", "The draw-result: who was drawn", partial(document, name="result")),
        file(
            "policy.json",
            "The office policy that it followed",
            partial(document, name="policy"),
            Action.POLICY_READ,
        ),
        file(
            "frame", "The checkpoint that it was committed over", partial(document, name="frame"), kind=TEXT
        ),
        file(
            "commit-receipt.json",
            "The receipt of the draw-commit, witnessed before the round where that could be had",
            lambda service, one: commit_receipt(service, one).encode(),
        ),
        file(
            "result-receipt.json",
            "The receipt of the draw-result",
            lambda service, one: result_receipt(service, one).encode(),
        ),
    ]


def _drawing(desk: Desk, number: str) -> Drawing:
    found = desk.service.cases.drawing(int(number))
    if found is None or found.entry < 0:
        raise hidden()
    return found
