"""Who is told of what: an organisation's webhooks and mail addresses, on a page."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from litestar.response import Redirect

from assay.errors import Malformed
from assay.formats.event import TYPES
from assay.office.deliver import try_out, undelivered
from assay.office.permissions import Action, Caller
from assay.office.subscription import (
    Channel,
    Subscription,
    renew_secret,
    secret_of,
    subscribe,
    subscriptions,
    unsubscribe,
)
from assay.web.api.desk import Desk
from assay.web.api.params import Key
from assay.web.api.subscriptions import NEVER_KEPT
from assay.web.app.forms import Form, entered
from assay.web.app.shell import came, shown
from assay.web.app.ways import form, page

HERE = "/subscriptions"
ONE = HERE + "/{key:str}"
WRITE = Action.SUBSCRIPTION_WRITE
TEST = "webhook.test"
CHANNELS: tuple[Channel, ...] = ("webhook", "mail")


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.subscribing

    @page(HERE, WRITE, "any")
    def index(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        found = subscriptions(at, who.caller)
        failed = {one.id: undelivered(at, desk.service.work, who.caller, one.id, 5) for one in found}
        types = {name: says for name, says in TYPES.items() if name != TEST}
        return shown(
            desk, who, "app/subscriptions.html", here=HERE, subscriptions=found, failed=failed, types=types,
            channels=CHANNELS,
        )  # fmt: skip

    @form(HERE, WRITE, "any")
    def add(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        channel = next((one for one in CHANNELS if one == given.text("channel")), None)
        if channel is None:
            raise Malformed(f"channel is {given.text('channel')[:40]!r}, expected {' or '.join(CHANNELS)}")
        wanted = [name.removeprefix("type:") for name in given.values if name.startswith("type:")]
        made = subscribe(at, given.who.caller, channel, given.text("target"), wanted)
        return _secret(desk, given, made) if channel == "webhook" else Redirect(HERE, status_code=303)

    @form(ONE + "/secret", WRITE, "thing", status_code=200)
    def renew(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Response[bytes]:
        given = entered(request, desk, body)
        return _secret(desk, given, renew_secret(at, given.who.caller, key))

    return [
        index,
        add,
        renew,
        _does(desk, ONE + "/remove", WRITE, lambda caller, key: unsubscribe(at, caller, key)),
        _does(
            desk,
            ONE + "/test",
            WRITE,
            lambda caller, key: try_out(at, desk.service.work, caller, key, desk.url),
        ),
    ]


def _does(desk: Desk, path: str, action: Action, act: Callable[[Caller, str], object]) -> HTTPRouteHandler:
    def handle(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        act(entered(request, desk, body).who.caller, key)
        return Redirect(HERE, status_code=303)

    return form(path, action, "thing")(handle)


def _secret(desk: Desk, given: Form, made: Subscription) -> Response[bytes]:
    return shown(
        desk, given.who, "app/secret.html", headers=NEVER_KEPT, title="The secret of the webhook",
        value=secret_of(desk.subscribing, given.who.caller, made.id).unsafe_text(), back=HERE,
        text="Its receiver checks by it that an event comes from this office. You may renew it; you cannot see it again.",
    )  # fmt: skip
