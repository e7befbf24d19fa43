"""Draws: what was committed to, what came of it, and everything that anybody needs to compute one again."""

from typing import Any, Literal

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from assay.office.draw_documents import commit_receipt, document, result_receipt
from assay.office.drawing import run_now
from assay.office.permissions import Action, hidden
from assay.office.ports import Drawing
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import BRIEFLY, listed
from assay.web.api.params import After, Limit, Number, number
from assay.web.api.routes import DOCUMENT, does, lists, reads
from assay.web.api.routes import TEXT as STRING
from assay.web.api.views import DrawView, Listed, draw_view

ONE = "/draws/{number:str}"
JSON, TEXT = "application/json", "text/plain"
KEPT = {"Cache-Control": BRIEFLY}


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_draws(desk), *_documents(desk), *_receipts(desk)]


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


def _documents(desk: Desk) -> list[HTTPRouteHandler]:
    def given(
        number: str, name: Literal["commit", "result", "policy", "frame"], kind: str = JSON
    ) -> Response[bytes]:
        return Response(document(desk.service, _drawing(desk, number), name), media_type=kind, headers=KEPT)

    @reads(
        ONE + "/commit.json",
        "The draw-commit: frame, strata, weights, round",
        "public",
        Action.RESULT_READ,
        "any",
        gives={JSON: DOCUMENT},
    )
    def commit(number: Number) -> Response[bytes]:
        return given(number, "commit")

    @reads(
        ONE + "/result.json",
        "The draw-result: who was drawn",
        "public",
        Action.RESULT_READ,
        "any",
        gives={JSON: DOCUMENT},
    )
    def result(number: Number) -> Response[bytes]:
        return given(number, "result")

    @reads(
        ONE + "/policy.json",
        "The office policy that it followed",
        "public",
        Action.POLICY_READ,
        "any",
        gives={JSON: DOCUMENT},
    )
    def policy(number: Number) -> Response[bytes]:
        return given(number, "policy")

    @reads(
        ONE + "/frame",
        "The checkpoint that it was committed over",
        "public",
        Action.RESULT_READ,
        "any",
        gives={TEXT: STRING},
    )
    def frame(number: Number) -> Response[bytes]:
        return given(number, "frame", TEXT)

    return [commit, result, policy, frame]


def _receipts(desk: Desk) -> list[HTTPRouteHandler]:
    @reads(
        ONE + "/commit-receipt.json",
        "The receipt of the draw-commit, witnessed before the round where that could be had",
        "public",
        Action.RESULT_READ,
        "any",
        gives={JSON: DOCUMENT},
    )
    def commit(number: Number) -> Response[bytes]:
        made = commit_receipt(desk.service, _drawing(desk, number)).encode()
        return Response(made, media_type=JSON, headers=KEPT)

    @reads(ONE + "/result-receipt.json", "The receipt of the draw-result", "public", Action.RESULT_READ, "any", gives={JSON: DOCUMENT})  # fmt: skip
    def result(number: Number) -> Response[bytes]:
        made = result_receipt(desk.service, _drawing(desk, number)).encode()
        return Response(made, media_type=JSON, headers=KEPT)

    return [commit, result]


def _drawing(desk: Desk, number: str) -> Drawing:
    found = desk.service.cases.drawing(int(number))
    if found is None or found.entry < 0:
        raise hidden()
    return found
