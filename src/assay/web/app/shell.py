"""What every page has: who looks at it, where they may go, and the headers that let nothing foreign in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection, Request
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler

from assay import __version__
from assay.office.identity.authenticate import by_session
from assay.office.permissions import Action, Caller
from assay.web import pages
from assay.web.api import addresses
from assay.web.api.access import SAFE, Asker, asker, cookie_of, require_any
from assay.web.api.desk import Desk
from assay.web.api.outermost import HEADERS as EVERYWHERE
from assay.web.api.routes import Open
from assay.web.app.assets import address

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {**EVERYWHERE, "Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
"""Without any referrer, browsers do not say either from which page a form comes (Fetch, 3.2: ``Origin: null``)."""
HTML = "text/html"
"""Litestar adds the character set."""
CSRF = "csrf"
"""Name of the hidden field."""


Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


class Link(msgspec.Struct, frozen=True):
    href: str
    text: str


_OFFICES = Link("/federation", "Other offices")
_PLACES: tuple[tuple[Action, Link], ...] = (
    (Action.QUEUE_READ, Link("/queue", "Queue")),
    (Action.SUBMISSION_CREATE, Link("/overview", "Overview")),
    (Action.INVENTORY_READ, Link("/portfolio", "Portfolio")),
    (Action.SUBMISSION_READ, Link("/submissions", "Submissions")),
    (Action.ACCESS_READ_LOG, Link("/access", "Access")),
    (Action.ORGANISATION_READ, Link("/organisations", "Organisations")),
    (Action.FEDERATION_MANAGE, _OFFICES),
    (Action.FEDERATION_ACCEPT, _OFFICES),
    (Action.AUDIT_READ, Link("/audit", "Audit")),
)
_PUBLIC = (Link("/results", "Results"), Link("/draws", "Draws"), Link("/about", "About"))


def came(request: Request[Any, Any, Any], desk: Desk, form: str = "") -> Asker:
    """Who asks, counted and held against the route's action as the API does. Unauthenticated, Forbidden or TooOften."""
    now = desk.identity.clock.now()
    found = asker(request, desk, form)
    if found.caller.known:
        desk.gate.known(found.caller.id, now)
    else:
        desk.gate.unknown(addresses.origin(request.scope, desk.proxies), now)
    require_any(found.caller, request.route_handler.opt["action"])
    return found


def known_first(desk: Desk) -> Guard:
    """Before a byte of a form is read: nobody makes the office hold what it would not take from them.

    Whether the form is the session's own is seen once it is read.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        request: Request[Any, Any, Any] = Request(connection.scope)
        if request.method not in SAFE and not isinstance(handler.opt.get("action"), Open):
            await sync_to_thread(hold_against, request)
            if request.content_type[0] == RequestEncodingType.MULTI_PART and isinstance(connection, Request):
                await (
                    connection.form()
                )  # the framework, which would read it next, takes an odd field for a fault of ours

    def hold_against(request: Request[Any, Any, Any]) -> None:
        session = "" if request.headers.get("authorization", "") else cookie_of(request, desk)
        found = by_session(desk.identity, session) if session else asker(request, desk)
        require_any(found.caller, request.route_handler.opt["action"])

    return guard


def places(caller: Caller) -> tuple[Link, ...]:
    """Where *caller* may go, by the table of permissions."""
    own = dict.fromkeys(link for action, link in _PLACES if caller.known and caller.scopes_of(action))
    return (*own, *_PUBLIC)


def shell(desk: Desk, who: Asker | None) -> dict[str, Any]:
    """What ``app/layout.html`` shows around a page; *who* is None where that is not known."""
    presence = who.presence if who is not None else None
    return {
        "layout": "app/layout.html",
        **_office(desk),
        "subject": "page",
        "has_feed": False,
        "places": places(who.caller) if who is not None else _PUBLIC,
        "here": "",
        "person": presence.account.name if presence is not None else "",
        "csrf": presence.session.csrf if presence is not None else "",
        "css": address("office.css"),
        "script": "",
        "problems": {},
        "typed": {},
    }


def _office(desk: Desk) -> dict[str, Any]:
    try:
        office = desk.service.office
    except Exception:  # noqa: BLE001 - the page of a failure is shown by this too, and must not fail for the same cause
        return {"office": "Assay", "engine": {"version": __version__}}
    return {"office": office.name, "engine": office.engine}


def shown(
    desk: Desk,
    who: Asker | None,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] = {},
    **values: Any,
) -> Response[bytes]:
    """A page. One that somebody in particular sees is kept nowhere."""
    known = who is None or who.caller.known
    made = pages.render(template, **{**shell(desk, who), **values})
    kept = {"Cache-Control": "no-store" if known else "no-cache", "Vary": "Cookie"}
    return Response(made, media_type=HTML, status_code=status, headers={**HEADERS, **kept, **headers})
