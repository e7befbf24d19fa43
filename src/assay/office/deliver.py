"""Tell subscribers of an event: one piece of due work for each, put aside when it cannot be done.

At least once: the work ends after the receiver's answer, so a crash between brings the same event again, under the same id.
"""

import hashlib
import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from assay.errors import Malformed, Refused, TooLarge, Unavailable
from assay.formats import event as events
from assay.formats.event import Event
from assay.office.mail import Mail, Mailer
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.retry import Retry
from assay.office.subscription import Subscribing, Subscription
from assay.office.webhook import RETRY, Verdict, signed, verdict, wait_s
from assay.office.work import Again, Claimed, Dead, Due, Later, Outcome, Over, Work

DELIVER = "deliver"
"""Kind of due work; its subject is the subscription."""
FIRST_REST_S, MOST_REST_S = 15.0, 600.0
"""For which a receiver that did not answer is left alone with everything else that waits for it."""


class Said(msgspec.Struct, frozen=True):
    """A receiver's answer. Its body is of no interest."""

    status: int
    retry_after: str = ""


class Post(Protocol):
    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Said:
        """Malformed or Refused for a URL or address that is not allowed, Unavailable without an answer. Errors do not show the path."""


def event_id(office: str, cause: str) -> str:
    """The same for the same *cause*, so that an event that is announced twice is one."""
    return f"evt_{hashlib.sha256(f'{office} {cause}'.encode()).hexdigest()[:32]}"


def deliveries(event: Event, subscriptions: Sequence[Subscription], now: datetime) -> tuple[Due, ...]:
    """Work for each of *subscriptions* that wants *event*; put twice it is the same work."""
    payload = events.encode(event)
    return tuple(
        Due(key=f"{DELIVER}:{one.id}:{event.id}", kind=DELIVER, subject=one.id, at=now, payload=payload)
        for one in subscriptions
        if one.wants(event.type)
    )


def announce(at: Subscribing, work: Work, event: Event, audience: Collection[str] | None) -> None:
    """Put the deliveries of *event* to the subscriptions of the organisations in *audience*; None is everybody."""
    work.put(deliveries(event, at.subscriptions.of(audience), at.clock.now()))


def try_out(at: Subscribing, work: Work, caller: Caller, key: str, office: str) -> Event:
    """Send ``webhook.test`` to a subscription of the caller's, whatever it listens to."""
    found = _mine(at, caller, key)
    now = at.clock.now()
    event = Event(
        id=event_id(office, at.entropy.bytes(16).hex()), type="webhook.test", time=now, office=office
    )
    work.put(deliveries(event, [msgspec.structs.replace(found, types=(), enabled=True)], now))
    return event


def undelivered(at: Subscribing, work: Work, caller: Caller, key: str, limit: int = 100) -> tuple[Dead, ...]:
    """What was given up of a subscription, with the reasons; the newest first."""
    return work.dead_letters([DELIVER], limit, subject=_mine(at, caller, key).id)


def redeliver(at: Subscribing, work: Work, caller: Caller, name: str) -> bool:
    """Put a delivery that was given up back; whether it was. *name*: the work's key."""
    kind, _, rest = name.partition(":")
    if kind != DELIVER:
        raise hidden()
    _mine(at, caller, rest.partition(":")[0])
    return work.again(name, at.clock.now())


def _mine(at: Subscribing, caller: Caller, key: str) -> Subscription:
    """A subscription that is the caller's, or anybody's for whoever minds deliveries."""
    found = at.subscriptions.get(key)
    if found is None:
        raise hidden()
    if caller.scopes_of(Action.DELIVERY_MANAGE):
        require(caller, Action.DELIVERY_MANAGE, Target.office())
    else:
        require(caller, Action.SUBSCRIPTION_WRITE, found.target_of)
    return found


class Deliverer:
    """The handler of :data:`DELIVER`. May be shared by threads.

    A receiver that fails is left alone for a while, longer each time: what waits for it meanwhile costs nobody a thread.
    """

    def __init__(
        self,
        at: Subscribing,
        post: Post,
        mailer: Mailer,
        *,
        retry: Retry = RETRY,
    ) -> None:
        self._at, self._post, self._mailer, self._retry = at, post, mailer, retry
        self._door = threading.Lock()
        self._resting: dict[str, tuple[datetime, float]] = {}

    def __call__(self, claimed: Claimed) -> Outcome:
        now = self._at.clock.now()
        subscription = self._at.subscriptions.get(claimed.due.subject)
        if subscription is None:
            return None
        event = events.parse(claimed.due.payload)
        if not subscription.enabled and event.type != "webhook.test":
            return Over(f"the subscription is switched off: {subscription.because or 'by its owner'}")
        until = self._rests(subscription.id, now)
        if until is not None:
            return Later(until)
        if subscription.channel == "mail":
            return self._mail(claimed, subscription, event)
        how, why, asked = self._ask(subscription, event, claimed.due.payload, now)
        self._note(subscription.id, how, now)
        return self._outcome(claimed, subscription, how, why, asked)

    def _ask(
        self, subscription: Subscription, event: Event, body: bytes, now: datetime
    ) -> tuple[Verdict, str, str]:
        headers = signed(event.id, body, now, self._at.secrets(subscription), self._at.key)
        try:
            said = self._post.post(subscription.target, body, headers)
        except TooLarge as error:
            return "again", str(error), ""
        except (Malformed, Refused) as error:
            return "refused", str(error), ""
        except Unavailable as error:
            return "again", str(error), ""
        return verdict(said.status), f"the receiver answers {said.status}", said.retry_after

    def _outcome(
        self, claimed: Claimed, subscription: Subscription, how: Verdict, why: str, asked: str
    ) -> Outcome:
        if how == "delivered":
            return None
        if how == "gone":
            self._switch_off(subscription, why)
            return Over(why)
        now = self._at.clock.now()
        pause_s = wait_s(claimed.due.key, claimed.attempts, how, asked, now, self._retry)
        if pause_s is None:
            return Over(f"after {claimed.attempts} attempts: {why}")
        return Again(why, now + timedelta(seconds=pause_s))

    def _mail(self, claimed: Claimed, subscription: Subscription, event: Event) -> Outcome:
        lines = [
            events.TYPES.get(event.type, event.type),
            "",
            *event.links.values(),
            "",
            f"-----\n{event.office}",
        ]
        mail = Mail(
            id=f"{event.id}-{subscription.id}",
            to=subscription.target,
            subject=f"{event.office}: {event.type}",
            text="\n".join(lines) + "\n",
        )
        return send(self._mailer, mail, claimed, self._at.clock.now(), self._retry)

    def _switch_off(self, subscription: Subscription, why: str) -> None:
        self._at.subscriptions.put(
            msgspec.structs.replace(
                subscription, enabled=False, because=why, revision=subscription.revision + 1
            )
        )

    def _rests(self, key: str, now: datetime) -> datetime | None:
        with self._door:
            until, _ = self._resting.get(key, (now, 0.0))
        return until if until > now else None

    def _note(self, key: str, how: Verdict, now: datetime) -> None:
        with self._door:
            if how != "again":
                self._resting.pop(key, None)
                return
            _, before = self._resting.get(key, (now, 0.0))
            rest = min(max(before * 2, FIRST_REST_S), MOST_REST_S)
            self._resting[key] = (now + timedelta(seconds=rest), rest)


def send(mailer: Mailer, mail: Mail, claimed: Claimed, now: datetime, retry: Retry = RETRY) -> Outcome:
    """Hand a mail over, as a handler of due work does."""
    try:
        mailer.send(mail)
    except (Malformed, Refused) as error:
        return Over(str(error))
    except Unavailable as error:
        pause_s = retry.pause_s(claimed.due.key, claimed.attempts)
        if pause_s is None:
            return Over(f"after {claimed.attempts} attempts: {error}")
        return Again(str(error), now + timedelta(seconds=pause_s))
    return None
