"""Lists of work: an officer's queue, a provider's overview, and the table of all submissions that somebody may see."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.formats.times import encode as moment
from assay.office.case import STAGES, Case
from assay.office.permissions import Action, Caller, Target, Visible, require, require_role, visible
from assay.office.ports import CasePage, CaseQuery
from assay.web import tables
from assay.web.api.desk import Desk
from assay.web.api.params import After
from assay.web.api.submissions import query_of
from assay.web.app import pictures
from assay.web.app.public import address, as_table
from assay.web.app.shell import came, shown
from assay.web.app.ways import as_files, page

ROWS, QUEUED, MAX_ROWS, PLANNED = 50, 100, 200, 20
COLUMNS = (
    "id", "provider", "product", "version", "stage", "result", "waits", "because", "received", "changed", "deadline", "drawn",
)  # fmt: skip


_ALL = Visible(everything=True)


class Line(NamedTuple):
    """A row of a list."""

    case: Case
    waited: str
    share: int
    urgency: pictures.Urgency


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for in the query string."""

    stage: str = ""
    result: str = ""
    provider: str = ""
    product: str = ""
    version: str = ""
    sort: str = "changed"
    order: str = "descending"
    after: str = ""

    def link(self, path: str = "/submissions", **changes: str) -> str:
        return address(self, path, **changes)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_queue(desk), *_overview(desk), *_table(desk)]


def _queue(desk: Desk) -> list[HTTPRouteHandler]:
    def cases_of(caller: Caller, after: str, limit: int) -> CasePage:
        require(caller, Action.QUEUE_READ, Target.office())
        return desk.service.cases.find(
            CaseQuery(
                visible=_ALL, waits=("officer",), sort="changed", descending=False, after=after, limit=limit
            )
        )  # fmt: skip

    @page("/queue", Action.QUEUE_READ, "office")
    def queue(request: Request[Any, Any, Any], after: After = "") -> Response[bytes]:
        who = came(request, desk)
        part = cases_of(who.caller, after, QUEUED)
        now = desk.service.now()
        return shown(
            desk, who, "app/queue.html", here="/queue", lines=lines(part.cases, now), following=part.after,
            ages=pictures.ages(part.cases, now), today=now.date(),
            overdue=[] if after else [one for one in desk.service.cases.planned(_ALL, PLANNED) if one.ahead[0] < now.date()],
            parts=pictures.stages(desk.service.cases.counts(_ALL)),
        )  # fmt: skip

    def taken(request: Request[Any, Any, Any]) -> Response[bytes]:
        part = cases_of(came(request, desk).caller, "", MAX_ROWS)
        return as_table(tables.table(COLUMNS, map(_row, part.cases)), request.url.path)

    return [queue, *as_files("/queue", Action.QUEUE_READ, "office", taken)]


def _overview(desk: Desk) -> list[HTTPRouteHandler]:
    @page("/overview", Action.SUBMISSION_CREATE, "any")
    def overview(request: Request[Any, Any, Any]) -> Response[bytes]:
        """What a provider has to do first, and where everything of its own stands."""
        who = came(request, desk)
        require_role(who.caller, Action.SUBMISSION_CREATE)
        service, now = desk.service, desk.service.now()
        own = visible(who.caller, Action.SUBMISSION_READ)
        first = service.cases.find(
            CaseQuery(visible=own, waits=("provider",), sort="deadline", descending=False)
        )
        newest = service.cases.find(CaseQuery(visible=own, sort="changed", limit=10))
        return shown(
            desk, who, "app/overview.html", here="/overview", first=lines(first.cases, now), newest=lines(newest.cases, now),
            planned=service.cases.planned(own, PLANNED), today=now.date(),
            parts=pictures.stages(service.cases.counts(own)), speaks_for=desk.speaks_for(who.caller.organisation),
        )  # fmt: skip

    return [overview]


def _table(desk: Desk) -> list[HTTPRouteHandler]:
    def found(caller: Caller, asked: Asked, limit: int) -> CasePage:
        require_role(caller, Action.SUBMISSION_READ)
        query = query_of(
            caller, stage=asked.stage, waits="", result=asked.result, provider=asked.provider, product=asked.product,
            version=asked.version, sort=asked.sort, order=asked.order, after=asked.after, limit=limit,
        )  # fmt: skip
        return desk.service.cases.find(query)

    @page("/submissions", Action.SUBMISSION_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        stage: FromQuery[str] = "",
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
        sort: FromQuery[str] = "changed",
        order: FromQuery[str] = "descending",
        after: After = "",
    ) -> Response[bytes]:
        who = came(request, desk)
        asked = Asked(
            stage=stage, result=result, provider=provider, product=product, version=version, sort=sort, order=order, after=after
        )  # fmt: skip
        part = found(who.caller, asked, ROWS)
        now = desk.service.now()
        following = asked.link(after=part.after) if part.after else ""
        counts = desk.service.cases.counts(visible(who.caller, Action.SUBMISSION_READ))
        return shown(
            desk, who, "app/submissions.html", here="/submissions", lines=lines(part.cases, now), f=asked,
            following=following, stages=STAGES, parts=pictures.stages(counts),
        )  # fmt: skip

    def taken(
        request: Request[Any, Any, Any],
        stage: FromQuery[str] = "",
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
    ) -> Response[bytes]:
        asked = Asked(stage=stage, result=result, provider=provider, product=product, version=version)
        part = found(came(request, desk).caller, asked, MAX_ROWS)
        return as_table(tables.table(COLUMNS, map(_row, part.cases)), request.url.path)

    return [index, *as_files("/submissions", Action.SUBMISSION_READ, "any", taken)]


def lines(cases: tuple[Case, ...], now: datetime) -> list[Line]:
    return [
        Line(one, pictures.ago(pictures.waited(one, now)), share, pictures.urgency(one, now))
        for one, share in zip(cases, pictures.waits(cases, now), strict=True)
    ]


def _row(case: Case) -> tuple[str | bool, ...]:
    return (
        str(case.payload), case.provider, case.product, case.version, case.stage, case.result, case.waits, case.because,
        moment(case.received), moment(case.changed), moment(case.deadline) if case.deadline else "", case.drawn,
    )  # fmt: skip
