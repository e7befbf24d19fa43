"""Who asks: an API token in the header, or a session's cookie. Nobody is somebody: the public."""

import base64
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec
from litestar.connection import Request

from assay.errors import Forbidden, Unauthenticated, Unavailable
from assay.office.identity.account import Session
from assay.office.identity.authenticate import Presence, by_session, by_token
from assay.office.identity.session import check_csrf
from assay.office.permissions import Action, Caller, require_role
from assay.web.api import cookies
from assay.web.api.desk import Desk
from assay.web.api.problems import ASKER, BASIC
from assay.web.api.routes import Open, What

CSRF_HEADER = "x-assay-csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_COOKIE = 8192


class Asker(msgspec.Struct, frozen=True):
    caller: Caller
    presence: Presence | None = None
    """When it is somebody in a browser."""


def token_of(request: Request[Any, Any, Any]) -> str:
    """The token that a request is made with; empty where it says who asks in another way, or comes in only."""
    what = request.route_handler.opt.get("action")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if isinstance(what, Open) and what.coming_in:
        return ""
    if scheme.lower() == "basic" and request.route_handler.opt.get(BASIC):
        return _password(token.strip())
    return token.strip() if scheme.lower() == "bearer" else ""


def _password(credentials: str) -> str:
    """Of HTTP Basic authentication (RFC 7617), under any name. Empty where there is none."""
    try:
        text = base64.b64decode(credentials, validate=True).decode("ascii")
    except ValueError as error:
        raise Unauthenticated("the header Authorization is not of the form 'Basic BASE64'") from error
    return text.partition(":")[2]


def asker(request: Request[Any, Any, Any], desk: Desk, form: str = "") -> Asker:
    """Unauthenticated when a token or a session does not hold; Forbidden when a browser changes something without its secret,
    in a header or as *form* says it in a field.

    Found out once for each request.
    """
    known: Asker | None = request.scope["state"].get(ASKER)
    if known is None:
        known = request.scope["state"][ASKER] = _asker(request, desk, form)
    return known


def _asker(request: Request[Any, Any, Any], desk: Desk, form: str) -> Asker:
    what = request.route_handler.opt.get("action")
    if isinstance(what, Open) and what.coming_in:
        require_origin(request, desk)
        return Asker(Caller.public(desk.identity.clock.now()))
    given = request.headers.get("authorization", "")
    if given:
        token = token_of(request)
        if not token:
            raise Unauthenticated("the header Authorization is not of the form 'Bearer TOKEN'")
        return Asker(by_token(desk.identity, token))
    cookie = cookie_of(request, desk)
    if not cookie:
        if request.method not in SAFE:
            require_origin(request, desk)
        return Asker(Caller.public(desk.identity.clock.now()))
    try:
        presence = by_session(desk.identity, cookie)
    except Unauthenticated:
        if request.method in SAFE:
            # An ended session must not hide what is public.
            return Asker(Caller.public(desk.identity.clock.now()))
        raise
    if request.method not in SAFE:
        require_csrf(request, desk, presence.session, form)
    return Asker(presence.caller, presence)


def looking(request: Request[Any, Any, Any], desk: Desk) -> Asker | None:
    """Who looks at the page of a failure, by a session's cookie alone: to show where they may go, and nothing else. None for nobody."""
    known: Asker | None = request.scope["state"].get(ASKER)
    cookie = "" if known is not None else cookie_of(request, desk)
    if not cookie:
        return known
    try:
        presence = by_session(desk.identity, cookie)
    except (Unauthenticated, Unavailable):
        return None
    return Asker(presence.caller, presence)


def require_any(caller: Caller, what: What) -> tuple[Action, ...]:
    """The actions of *what*; Forbidden when the table of permissions grants *caller* none of them."""
    if isinstance(what, Open):
        return ()
    actions = (what,) if isinstance(what, Action) else what
    if not any(caller.scopes_of(one) for one in actions):
        require_role(caller, actions[0])
    return actions


def presence_of(request: Request[Any, Any, Any], desk: Desk) -> Presence:
    """Of somebody in a session. Forbidden for a token, Unauthenticated for nobody."""
    found = asker(request, desk)
    if found.presence is None:
        raise (
            Forbidden("takes a person in a session, not a token")
            if found.caller.known
            else Unauthenticated("log in first")
        )
    return found.presence


def cookie_of(request: Request[Any, Any, Any], desk: Desk, what: str = cookies.SESSION) -> str:
    """Empty when there is none."""
    header = request.headers.get("cookie", "")
    if not header or len(header) > MAX_COOKIE:
        return ""
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return ""
    found = jar.get(cookies.name(desk, what))
    return found.value if found else ""


def require_csrf(request: Request[Any, Any, Any], desk: Desk, session: Session, form: str = "") -> None:
    """The session's secret in a header or a form field, and no other site's origin."""
    require_origin(request, desk)
    check_csrf(session, request.headers.get(CSRF_HEADER, "") or form)


def require_origin(request: Request[Any, Any, Any], desk: Desk) -> None:
    """Browsers say from which site's page a request that changes something came."""
    origin = request.headers.get("origin", "")
    if origin and origin != desk.url:
        raise Forbidden(f"this request did not come from a page of this office, whose address is {desk.url}")
