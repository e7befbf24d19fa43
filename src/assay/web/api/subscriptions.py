"""Who is told of what: an organisation's webhooks and mail addresses. See docs/formats/webhook.md."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from assay.office.deliver import DELIVER, redeliver, try_out, undelivered
from assay.office.permissions import Action, hidden
from assay.office.subscription import (
    Channel,
    Subscription,
    renew_secret,
    secret_of,
    subscribe,
    subscriptions,
    unsubscribe,
)
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.params import Key
from assay.web.api.routes import does, reads, removes

TAG = "subscriptions"
EventId = Annotated[str, PathParameter(pattern="^evt_[0-9a-f]{32}$", description="As the list says it")]
ONE = "/subscriptions/{key:str}"
WRITE = Action.SUBSCRIPTION_WRITE
NEVER_KEPT = {"Cache-Control": "no-store"}


class SubscriptionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Channel = "webhook"
    target: str
    """URL or mail address."""
    types: tuple[str, ...] = ()
    """Of events; empty for all."""


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    channel: Channel
    target: str
    types: tuple[str, ...]
    enabled: bool
    because: str
    made: datetime
    secret: str = ""
    """Of a webhook; only in the answer to whoever makes or renews it."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    event: str
    """Id of the event that is under way."""


class UndeliveredView(msgspec.Struct, frozen=True, kw_only=True):
    event: str
    since: datetime
    attempts: int
    why: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.subscribing

    @reads("/subscriptions", "Subscriptions of one's organisation", TAG, WRITE, "any")
    def index(request: Request[Any, Any, Any]) -> tuple[SubscriptionView, ...]:
        return tuple(map(_view, subscriptions(at, asker(request, desk).caller)))

    @does("/subscriptions", "Subscribe", TAG, WRITE, "any")
    def add(
        request: Request[Any, Any, Any], data: JSONBody[SubscriptionRequest]
    ) -> Response[SubscriptionView]:
        caller = asker(request, desk).caller
        made = subscribe(at, caller, data.channel, data.target, data.types)
        secret = secret_of(at, caller, made.id).unsafe_text() if made.channel == "webhook" else ""
        return Response(_view(made, secret), status_code=201, headers=NEVER_KEPT)

    @removes(ONE, "Unsubscribe", TAG, WRITE, "thing")
    def remove(request: Request[Any, Any, Any], key: Key) -> None:
        unsubscribe(at, asker(request, desk).caller, key)

    @does(ONE + "/secret", "Another secret; the one before signs too for a day", TAG, WRITE, "thing")
    def renew(request: Request[Any, Any, Any], key: Key) -> Response[SubscriptionView]:
        caller = asker(request, desk).caller
        made = renew_secret(at, caller, key)
        secret = secret_of(at, caller, key).unsafe_text()
        return Response(_view(made, secret), status_code=201, headers=NEVER_KEPT)

    @does(ONE + "/test", "Send an event that says nothing", TAG, WRITE, "thing")
    def test(request: Request[Any, Any, Any], key: Key) -> Tried:
        service = desk.service
        return Tried(event=try_out(at, service.work, asker(request, desk).caller, key, desk.url).id)

    @reads(ONE + "/undelivered", "What was given up, the newest first", TAG, WRITE, "thing")
    def given_up(request: Request[Any, Any, Any], key: Key) -> tuple[UndeliveredView, ...]:
        found = undelivered(at, desk.service.work, asker(request, desk).caller, key)
        return tuple(
            UndeliveredView(
                event=one.due.key.rpartition(":")[2], since=one.since, attempts=one.attempts, why=one.why
            )
            for one in found
        )

    @does(ONE + "/undelivered/{event:str}/again", "Send it again", TAG, WRITE, "thing", status_code=204)
    def again(request: Request[Any, Any, Any], key: Key, event: EventId) -> None:
        if not redeliver(at, desk.service.work, asker(request, desk).caller, f"{DELIVER}:{key}:{event}"):
            raise hidden()

    return [index, add, remove, renew, test, given_up, again]


def _view(one: Subscription, secret: str = "") -> SubscriptionView:
    return SubscriptionView(
        id=one.id,
        channel=one.channel,
        target=one.target,
        types=one.types,
        enabled=one.enabled,
        because=one.because,
        made=one.made,
        secret=secret,
    )
