"""What every request of the API passes: who asks is found out, counted, and held against the table of permissions.

So a route whose action nobody granted the caller is closed even where its use case would forget to ask. Which single thing
the caller may see or change is the use case's question.
"""

from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import Request
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Middleware, Receive, Scope, Send

from assay.errors import Unauthenticated
from assay.office.identity.authenticate import by_tokens
from assay.office.permissions import Caller
from assay.office.service import asked
from assay.web.api import addresses, cross_origin, repeating
from assay.web.api.access import Asker, asker, require_any, token_of
from assay.web.api.bodies import BODY
from assay.web.api.conditional import conditionally, require_match
from assay.web.api.desk import Desk
from assay.web.api.listing import PRIVATE
from assay.web.api.messages import Headers, changed
from assay.web.api.params import digest
from assay.web.api.problems import ASKER
from assay.web.api.together import BEAT, Together
from assay.web.api.views import tag

AnyRequest = Request[Any, Any, Any]
SHOWN = ("authorization", "cookie", "if-match")
"""Headers that have something looked up."""


def entrance(desk: Desk) -> Middleware:
    tokens = Together[str, Caller](lambda texts: by_tokens(desk.identity, texts))

    def wrap(app: ASGIApp) -> ASGIApp:
        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
            elif scope["method"] == "OPTIONS":
                await app(scope, receive, cross_origin.asked(send) if _is_shared(scope) else send)
            else:
                await _enter(Request(scope, receive, send), app, receive, send)

        async def _enter(request: AnyRequest, app: ASGIApp, receive: Receive, send: Send) -> None:
            send = changed(send, lambda headers: _kept_by_nobody(headers, request.method))
            if BEAT in request.route_handler.opt:
                await desk.door.beat()
            if token := token_of(request):
                try:
                    request.scope["state"][ASKER] = Asker(await tokens.ask(token))
                except Unauthenticated:
                    desk.gate.unknown(
                        addresses.origin(request.scope, desk.proxies), desk.identity.clock.now()
                    )
                    raise
            if any(name in request.headers for name in (("if-match",) if token else SHOWN)):
                await sync_to_thread(admit, request, desk)
            else:
                admit(request, desk)  # nothing in it waits
            if request.method == "GET":
                to = cross_origin.shared(send) if cross_origin.is_public(request.route_handler) else send
                await conditionally(request, lambda held: app(request.scope, receive, held), to)
                return
            caller, key = asker(request, desk).caller, repeating.key_of(request)
            kept = request.route_handler.opt.get(BODY) != "stream"  # such a body is nowhere whole
            if request.method == "POST" and key and caller.known and kept:
                await repeating.repeatably(
                    request,
                    desk,
                    caller.id,
                    key,
                    lambda body, to: app(request.scope, body, to),
                    receive,
                    send,
                )
            else:
                await app(request.scope, receive, send)

        return enter

    return wrap


def _kept_by_nobody(headers: Headers, method: str) -> Headers:
    """Unless the route says otherwise."""
    if any(name.lower() == b"cache-control" for name, _ in headers):
        return headers
    return [*headers, (b"cache-control", PRIVATE.encode() if method == "GET" else b"no-store")]


def _is_shared(scope: Scope) -> bool:
    found = [route for route in scope["litestar_app"].routes if route.path_format == scope["path_template"]]
    return any(
        "GET" in one.http_methods and cross_origin.is_public(one)
        for route in found
        if isinstance(route, HTTPRoute)
        for one in route.route_handlers
    )


def admit(request: Request[Any, Any, Any], desk: Desk) -> None:
    """Unauthenticated, Forbidden or TooOften."""
    now = desk.identity.clock.now()
    where = addresses.origin(request.scope, desk.proxies)
    try:
        caller = asker(request, desk).caller
    except Unauthenticated:
        desk.gate.unknown(where, now)
        raise
    if caller.known:
        desk.gate.known(caller.id, now)
    else:
        desk.gate.unknown(where, now)
    actions = require_any(caller, request.route_handler.opt["action"])
    if actions and "if-match" in request.headers and request.route_handler.opt["on"] == "case":
        case = asked(desk.service, caller, actions[0], digest(request.path_params["payload"]))
        require_match(request, tag(case))
