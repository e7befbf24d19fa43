"""What somebody looks after alone: sessions, passkeys, tokens, and the login of one's organisation."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from assay.office.identity.logout import end_other_sessions, end_session, own_sessions
from assay.office.identity.own_passkeys import (
    add_passkey_begin,
    add_passkey_complete,
    own_passkeys,
    remove_passkey,
)
from assay.office.identity.staff import link_begin, unlink
from assay.office.identity.tokens import make_own_token, own_tokens, revoke_token
from assay.office.permissions import Action
from assay.web.api import cookies
from assay.web.api.access import asker, presence_of
from assay.web.api.desk import Desk
from assay.web.api.listing import listed_of
from assay.web.api.login import UNSEEN, Address, Answered, Issuer, Options, answer_of, handle_of, offered
from assay.web.api.params import After, Key, Limit
from assay.web.api.people import NewToken, PasskeyView, SessionView, TokenView, View, new_token, seen
from assay.web.api.routes import does, lists, removes
from assay.web.api.views import Listed

TAG = "identity"
SECRET = {"secret": True}
"""Of an answer that is shown once: it is not kept for a repeated request."""


class Labelled(Answered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: str


class TokenRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is wanted."""

    name: str
    scopes: frozenset[Action]
    days: Annotated[int, Meta(ge=1, le=3660)] = 30

    @property
    def lasting(self) -> timedelta:
        return timedelta(days=self.days)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_sessions(desk), *_passkeys(desk), *_tokens(desk), *_login(desk)]


def _sessions(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/me/sessions", "One's sessions", TAG, Action.SESSION_MANAGE_OWN, "self")
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[SessionView]]:
        found = asker(request, desk)
        current = found.presence.session.id if found.presence is not None else ""
        sessions = own_sessions(desk.identity, found.caller)
        rows = [seen(SessionView, one, current=one.id == current) for one in sessions]
        return listed_of(request, SessionView, rows, after, limit)

    @removes("/me/sessions", "End all of one's sessions but this", TAG, Action.SESSION_MANAGE_OWN, "self")
    def others(request: Request[Any, Any, Any]) -> None:
        end_other_sessions(desk.identity, asker(request, desk).caller, presence_of(request, desk).session)

    @removes("/me/sessions/{key:str}", "End a session", TAG, Action.SESSION_MANAGE_OWN, "account")
    def end(request: Request[Any, Any, Any], key: Key) -> None:
        end_session(desk.identity, asker(request, desk).caller, key)

    return [index, others, end]


def _passkeys(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/me/passkeys", "One's passkeys", TAG, Action.SESSION_MANAGE_OWN, "self")
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[PasskeyView]]:
        found = own_passkeys(desk.identity, asker(request, desk).caller)
        return listed_of(request, PasskeyView, [seen(PasskeyView, one) for one in found], after, limit)

    @does("/me/passkeys/begin", "Options for another passkey", TAG, Action.PASSKEY_MANAGE_OWN, "self", status_code=200)  # fmt: skip
    def begin(request: Request[Any, Any, Any]) -> Response[Options]:
        return offered(desk, add_passkey_begin(desk.identity, presence_of(request, desk)))

    @does("/me/passkeys", "Add a passkey", TAG, Action.PASSKEY_MANAGE_OWN, "self")
    def add(request: Request[Any, Any, Any], data: JSONBody[Labelled]) -> Response[PasskeyView]:
        handle, presence = handle_of(request, desk), presence_of(request, desk)
        made = add_passkey_complete(desk.identity, presence, handle, answer_of(data), data.label)
        return Response(seen(PasskeyView, made), cookies=[cookies.gone(desk, cookies.CEREMONY)])

    @removes("/me/passkeys/{key:str}", "Remove a passkey", TAG, Action.PASSKEY_MANAGE_OWN, "account")
    def remove(request: Request[Any, Any, Any], key: Key) -> None:
        remove_passkey(desk.identity, asker(request, desk).caller, key)

    return [index, begin, add, remove]


def _tokens(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/me/tokens", "One's tokens", TAG, Action.TOKEN_MANAGE_OWN, "self")
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[TokenView]]:
        found = own_tokens(desk.identity, asker(request, desk).caller)
        return listed_of(request, TokenView, [seen(TokenView, one) for one in found], after, limit)

    @does("/me/tokens", "Make a token for oneself", TAG, Action.TOKEN_MAKE_OWN, "self", opt=SECRET)
    def make(request: Request[Any, Any, Any], data: JSONBody[TokenRequest]) -> Response[NewToken]:
        caller = asker(request, desk).caller
        made = make_own_token(desk.identity, caller, data.name, data.scopes, data.lasting)
        return Response(new_token(made), headers=UNSEEN)

    @removes("/me/tokens/{key:str}", "Revoke a token of one's own", TAG, Action.TOKEN_MANAGE_OWN, "account")
    def revoke(request: Request[Any, Any, Any], key: Key) -> None:
        revoke_token(desk.identity, asker(request, desk).caller, key)

    return [index, make, revoke]


def _login(desk: Desk) -> list[HTTPRouteHandler]:
    @does("/me/login", "Also come in by the organisation's own login", TAG, Action.PASSKEY_MANAGE_OWN, "self", status_code=200)  # fmt: skip
    def link(request: Request[Any, Any, Any], data: JSONBody[Issuer]) -> Response[Address]:
        leaving = link_begin(desk.identity, presence_of(request, desk), data.issuer)
        waits = cookies.waiting(desk, desk.identity, f"link.{leaving.handle}")
        return Response(Address(address=leaving.address), cookies=[waits], headers=UNSEEN)

    @removes("/me/login", "Come in by it no more", TAG, Action.PASSKEY_MANAGE_OWN, "self")
    def unlinked(request: Request[Any, Any, Any]) -> None:
        unlink(desk.identity, presence_of(request, desk))

    return [link, unlinked]
