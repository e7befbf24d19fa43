"""Who asked for restricted artifacts, who was let in, and who read what: for their provider, and for whoever asks."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from litestar.response import Redirect

from assay.office import access
from assay.office.permissions import Action, may
from assay.web.api.access_views import AccessView, access_view
from assay.web.api.artifacts import names_of
from assay.web.api.desk import Desk
from assay.web.api.listing import cells, columns
from assay.web.api.params import Id, Key, digest
from assay.web.app.cases import CASE
from assay.web.app.forms import entered
from assay.web.app.public import as_table
from assay.web.app.shell import came, shown
from assay.web.app.ways import as_files, form, page
from assay.web.tables import table

HERE = "/access"
ONE = HERE + "/{key:str}"
ROWS, MAX_ROWS = 100, 200
LOOK = (Action.ACCESS_READ_LOG, Action.ACCESS_REQUEST)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_looking(desk), *_acts(desk)]


def _looking(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.accesses

    @page(HERE, LOOK, "any")
    def index(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        caller = who.caller
        found = access.grants(at, caller, limit=ROWS)
        reads = bool(caller.scopes_of(Action.ACCESS_READ_LOG))
        lines = access.log(at, caller, limit=ROWS) if reads else ()
        can = {
            one.id: frozenset(
                a for a in (Action.ACCESS_GRANT, Action.ACCESS_REQUEST) if may(caller, a, one.target)
            )
            for one in found
        }
        return shown(
            desk, who, "app/access.html", here=HERE, grants=found, lines=lines, reads=reads, can=can, names=names_of(desk),
            days=desk.service.policy.grant_days, now=desk.service.now(),
        )  # fmt: skip

    def taken(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = came(request, desk).caller
        names = names_of(desk)
        rows = [access_view(one, names) for one in access.log(at, caller, limit=MAX_ROWS)]
        return as_table(table(columns(AccessView), cells(rows, AccessView)), request.url.path)

    return [index, *as_files(HERE + "/log", Action.ACCESS_READ_LOG, "any", taken)]


def _acts(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.accesses

    @form(ONE + "/approval", Action.ACCESS_GRANT, "thing")
    def approval(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        access.approve(desk.service, at, given.who.caller, key, given.number("days"))
        return Redirect(HERE, status_code=303)

    @form(ONE + "/refusal", Action.ACCESS_GRANT, "thing")
    def refusal(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        access.refuse(desk.service, at, given.who.caller, key, given.text("because"))
        return Redirect(HERE, status_code=303)

    @form(ONE + "/end", (Action.ACCESS_GRANT, Action.ACCESS_REQUEST), "thing")
    def end(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        access.end(desk.service, at, entered(request, desk, body).who.caller, key)
        return Redirect(HERE, status_code=303)

    @form(CASE + "/access", Action.ACCESS_REQUEST, "case")
    def ask(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        access.ask(desk.service, at, given.who.caller, digest(payload), (), given.text("reason"))
        return Redirect(HERE, status_code=303)

    return [approval, refusal, end, ask]
