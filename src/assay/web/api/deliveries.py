"""Mails and webhooks that were given up: whoever minds deliveries sends them again, or lets them go."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from assay.office.permissions import Action, hidden
from assay.office.undelivered import given_up, let_go, send_again
from assay.office.work import Dead
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import Key, Limit
from assay.web.api.routes import does, lists, removes
from assay.web.api.views import Listed

TAG = "authority"
ONE = "/deliveries/{key:str}"
AnyRequest = Request[Any, Any, Any]


class DeadView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    """``mail``, ``deliver`` (a webhook), ``notify`` (a notice that was not spread)."""
    subject: str
    """Submission or subscription."""
    since: datetime
    attempts: int
    why: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists(
        "/deliveries",
        "What could not be told to somebody, the newest first",
        TAG,
        Action.DELIVERY_MANAGE,
        "office",
    )
    def index(request: AnyRequest, limit: Limit = 50) -> Response[Listed[DeadView]]:
        found = given_up(desk.service.work, asker(request, desk).caller, limit)
        return listed(request, DeadView, tuple(map(_view, found)))

    @does(ONE + "/again", "Send it again", TAG, Action.DELIVERY_MANAGE, "office", status_code=204)
    def again(request: AnyRequest, key: Key) -> None:
        caller = asker(request, desk).caller
        send_again(desk.service.work, caller, _name(key))
        desk.note(caller, Action.DELIVERY_MANAGE, key, "sent again")

    @removes(ONE, "Let it go: it is never sent", TAG, Action.DELIVERY_MANAGE, "office")
    def drop(request: AnyRequest, key: Key) -> None:
        caller = asker(request, desk).caller
        let_go(desk.service.work, caller, _name(key))
        desk.note(caller, Action.DELIVERY_MANAGE, key, "let go")

    return [index, again, drop]


def _view(one: Dead) -> DeadView:
    return DeadView(
        id=one.due.key.encode().hex(),
        kind=one.due.kind,
        subject=one.due.subject,
        since=one.since,
        attempts=one.attempts,
        why=one.why,
    )


def _name(key: str) -> str:
    try:
        return bytes.fromhex(key).decode("ascii")
    except ValueError as error:
        raise hidden() from error
