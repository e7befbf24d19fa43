"""What every request of the API passes: who asks is found out, counted, and held against the table of permissions.

So a route whose action nobody granted the caller is closed even where its use case would forget to ask. Which single thing
the caller may see or change is the use case's question.
"""

from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Middleware, Receive, Scope, Send

from assay.errors import Unauthenticated
from assay.office.permissions import Action, require_role
from assay.web.api import addresses
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.routes import Open, What

SHOWN = ("authorization", "cookie")
"""Headers by which somebody says who it is."""


def entrance(desk: Desk) -> Middleware:
    def wrap(app: ASGIApp) -> ASGIApp:
        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP and scope["method"] != "OPTIONS":
                request: Request[Any, Any, Any] = Request(scope, receive, send)
                if any(name in request.headers for name in SHOWN):
                    await sync_to_thread(admit, request, desk)
                else:
                    admit(request, desk)  # nothing in it waits
            await app(scope, receive, send)

        return enter

    return wrap


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
    what: What = request.route_handler.opt["action"]
    if not isinstance(what, Open):
        actions = (what,) if isinstance(what, Action) else what
        if not any(caller.scopes_of(one) for one in actions):
            require_role(caller, actions[0])
