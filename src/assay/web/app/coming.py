"""Come in, confirm, go, and look after one's own account."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, RawBody
from litestar.response import Redirect

from assay.errors import Malformed, Unauthenticated
from assay.office.identity.authenticate import Presence
from assay.office.identity.logout import end_session, logout, own_sessions
from assay.office.identity.own_passkeys import own_passkeys, remove_passkey
from assay.office.identity.staff import link_begin, staff_begin, unlink
from assay.office.identity.tokens import make_own_token, own_tokens, reachable, revoke_token
from assay.office.permission_table import RULES
from assay.office.permissions import Action, Caller
from assay.web.api import cookies
from assay.web.api.access import Asker
from assay.web.api.desk import Desk
from assay.web.api.login import attempt
from assay.web.api.params import Key
from assay.web.app.assets import address
from assay.web.app.errors import confirm as confirm_page
from assay.web.app.forms import Form, entered, local
from assay.web.app.shell import came, shown
from assay.web.app.ways import ANYBODY, form, page

ACCOUNT = "/account"
_WORK = (
    (Action.QUEUE_READ, "/queue"),
    (Action.SUBMISSION_CREATE, "/overview"),
    (Action.INVENTORY_READ, "/portfolio"),
    (Action.ORGANISATION_MANAGE, "/organisations"),
)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_coming(desk), *_account(desk)]


def _coming(desk: Desk) -> list[HTTPRouteHandler]:
    @page("/login", ANYBODY, "any")
    def login(request: Request[Any, Any, Any], failed: FromQuery[str] = "") -> Response[bytes]:
        who = came(request, desk)
        return shown(
            desk, who, "app/login.html", here="/login", next=_next(request, "/start"), failed=bool(failed),
            script=address("passkeys.js"), issuers=_issuers(desk),
        )  # fmt: skip

    @page("/login/staff", ANYBODY, "any")
    def staff(request: Request[Any, Any, Any], issuer: FromQuery[str] = "") -> Redirect:
        came(request, desk)
        attempt(request, desk)
        leaving = staff_begin(desk.identity, issuer)
        waits = cookies.waiting(desk, desk.identity, f"staff.{leaving.handle}")
        return Redirect(leaving.address, status_code=303, cookies=[waits])

    @page("/enrol", ANYBODY, "any")
    def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
        return shown(desk, came(request, desk), "app/enrol.html", script=address("passkeys.js"))

    @page("/confirm", ANYBODY, "any")
    def confirm(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        presence(who)
        return confirm_page(desk, who, _next(request, "/"), {})

    @page("/start", ANYBODY, "any")
    def start(request: Request[Any, Any, Any]) -> Redirect:
        """Where somebody's work is."""
        return Redirect(_work(came(request, desk).caller), status_code=303)

    @form("/logout", ANYBODY, "any")
    def leave(request: Request[Any, Any, Any], body: RawBody) -> Redirect:
        form = entered(request, desk, body)
        if form.who.presence is not None:
            logout(desk.identity, form.who.presence.session)
        left = [cookies.gone(desk, what) for what in (cookies.SESSION, cookies.CEREMONY)]
        return Redirect("/", status_code=303, cookies=left)

    return [login, staff, enrol, confirm, start, leave]


def _account(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @page(ACCOUNT, Action.SESSION_MANAGE_OWN, "self")
    def account(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        own = presence(who)
        caller = who.caller
        return shown(
            desk, who, "app/account.html", here=ACCOUNT, account=own.account, organisation=own.organisation,
            roles=sorted(caller.roles), current=own.session.id, sessions=own_sessions(identity, caller),
            passkeys=own_passkeys(identity, caller), tokens=own_tokens(identity, caller), scopes=worded(reachable(caller.roles)),
            script=address("passkeys.js"), issuers=_issuers(desk),
            linked="linked" in request.query_params, subscribes=bool(caller.scopes_of(Action.SUBSCRIPTION_WRITE)),
        )  # fmt: skip

    @form(ACCOUNT + "/tokens", Action.TOKEN_MAKE_OWN, "self", status_code=200)
    def make(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        form = entered(request, desk, body)
        made = make_own_token(
            identity, form.who.caller, form.text("name"), scopes_of(form), timedelta(days=form.number("days"))
        )
        return shown(
            desk, form.who, "app/secret.html", title="Your new token", value=made.text, back=ACCOUNT + "#tokens",
            text="Put it where your program finds it; the office keeps only its digest.",
        )  # fmt: skip

    @form(ACCOUNT + "/tokens/{key:str}/revoke", Action.TOKEN_MANAGE_OWN, "account")
    def revoke(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        revoke_token(identity, entered(request, desk, body).who.caller, key)
        return Redirect(ACCOUNT + "#tokens", status_code=303)

    @form(ACCOUNT + "/passkeys/{key:str}/remove", Action.PASSKEY_MANAGE_OWN, "account")
    def remove(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        remove_passkey(identity, entered(request, desk, body).who.caller, key)
        return Redirect(ACCOUNT + "#passkeys", status_code=303)

    @form(ACCOUNT + "/sessions/{key:str}/end", Action.SESSION_MANAGE_OWN, "account")
    def end(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        end_session(identity, entered(request, desk, body).who.caller, key)
        return Redirect(ACCOUNT + "#sessions", status_code=303)

    @form(ACCOUNT + "/login", Action.PASSKEY_MANAGE_OWN, "self", status_code=200)
    def links(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        given = entered(request, desk, body)
        leaving = link_begin(identity, presence(given.who), given.text("issuer"))
        made = shown(
            desk,
            given.who,
            "app/leave.html",
            here=ACCOUNT,
            address=leaving.address,
            issuer=given.text("issuer"),
        )
        made.cookies.append(cookies.waiting(desk, identity, f"link.{leaving.handle}"))
        return made

    @form(ACCOUNT + "/login/remove", Action.PASSKEY_MANAGE_OWN, "self")
    def unlinks(request: Request[Any, Any, Any], body: RawBody) -> Redirect:
        unlink(identity, presence(entered(request, desk, body).who))
        return Redirect(ACCOUNT + "#login", status_code=303)

    return [account, make, revoke, remove, end, links, unlinks]


def _issuers(desk: Desk) -> tuple[str, ...]:
    """Where organisations' own people log in; empty where they come in with passkeys only."""
    return desk.identity.staff.issuers() if desk.identity.staff is not None else ()


def _next(request: Request[Any, Any, Any], usual: str) -> str:
    """Where to go on, on this office."""
    return local(request.query_params.get("next", usual))


def presence(who: Asker) -> Presence:
    """Unauthenticated when it is nobody in a browser."""
    if who.presence is None:
        raise Unauthenticated("log in first")
    return who.presence


def scopes_of(form: Form) -> frozenset[Action]:
    said = [name.removeprefix("scope:") for name in form.values if name.startswith("scope:")]
    try:
        return frozenset(map(Action, said))
    except ValueError as error:
        raise Malformed(f"no action is called so: {error}") from error


def worded(actions: Iterable[Action]) -> list[tuple[Action, str]]:
    """Each with what it says to people."""
    return [(action, RULES[action].says.partition(";")[0]) for action in actions]


def _work(caller: Caller) -> str:
    for action, where in _WORK:
        if caller.known and caller.scopes_of(action):
            return where
    return "/submissions" if caller.known else "/"
