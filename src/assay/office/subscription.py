"""Who wants to hear of what: an organisation's webhooks and mail addresses, and what it may do with them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from assay.crypto.keys import PrivateKey
from assay.errors import Malformed, Refused
from assay.formats.event import TYPES
from assay.formats.mail_message import check_address
from assay.formats.text import shown
from assay.office.destination import Destinations
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.ports import Clock, Entropy
from assay.office.webhook import Secret

MAX_SUBSCRIPTIONS = 20
"""Of one organisation."""
OVERLAP = timedelta(hours=24)
"""For which a former secret signs as well."""

Channel = Literal["webhook", "mail"]


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    organisation: str
    channel: Channel
    target: str
    """URL or mail address. A URL may hold a secret of its owner: it is shown to them alone."""
    types: tuple[str, ...] = ()
    """Of events; empty for all."""
    secret: int = 1
    """Number of the secret that signs; the secret itself is derived from it and not stored."""
    replaced: datetime | None = None
    """When the former secret was replaced."""
    enabled: bool = True
    because: str = ""
    """Why it is not enabled."""
    made: datetime
    made_by: str
    """Account or token."""
    revision: int = 0
    """Each change counts one up, and a change of an older one is refused."""

    def __repr__(self) -> str:
        return f"<Subscription {self.id}>"

    @property
    def target_of(self) -> Target:
        return Target(owner=self.organisation, parties=frozenset((self.organisation,)))

    def wants(self, event_type: str) -> bool:
        return self.enabled and (not self.types or event_type in self.types)


class Subscriptions(Protocol):
    """Durable when a method returns."""

    def put(self, subscription: Subscription) -> None:
        """A new one with revision 0, or the one that follows what is stored; Refused when that has moved meanwhile."""

    def get(self, key: str) -> Subscription | None:
        """None when there is none."""

    def of(self, organisations: Collection[str] | None) -> tuple[Subscription, ...]:
        """Those of *organisations*, or of all, in the order of their ids."""

    def remove(self, key: str) -> None:
        """Absent already is fine."""


class Subscribing(msgspec.Struct, frozen=True, kw_only=True):
    """What the use cases need."""

    subscriptions: Subscriptions
    destinations: Destinations
    clock: Clock
    entropy: Entropy
    master: bytes
    """From which all secrets are derived: 32 random bytes of the office's own."""
    key: PrivateKey | None = None
    """That signs everything sent, beside the secrets."""

    def secrets(self, subscription: Subscription) -> tuple[Secret, ...]:
        """Those that sign now, the newest first."""
        newest = Secret.derived(self.master, subscription.id, subscription.secret)
        replaced = subscription.replaced
        if replaced is None or self.clock.now() - replaced > OVERLAP:
            return (newest,)
        return (newest, Secret.derived(self.master, subscription.id, subscription.secret - 1))

    def __repr__(self) -> str:
        return "<Subscribing>"


def subscribe(
    at: Subscribing, caller: Caller, channel: Channel, target: str, types: Sequence[str] = ()
) -> Subscription:
    """Malformed or Refused for a target that the office may not send to, or events that there are none of."""
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.SUBSCRIPTION_WRITE, own)
    if len(at.subscriptions.of((caller.organisation,))) >= MAX_SUBSCRIPTIONS:
        raise Refused(f"your organisation has {MAX_SUBSCRIPTIONS} subscriptions: remove one first")
    made = Subscription(
        id=f"sub_{identifier(at.entropy)}",
        organisation=caller.organisation,
        channel=channel,
        target=_target(at, channel, target),
        types=_types(types),
        made=at.clock.now(),
        made_by=caller.id,
    )
    at.subscriptions.put(made)
    return made


def subscriptions(at: Subscribing, caller: Caller) -> tuple[Subscription, ...]:
    """The caller's organisation's."""
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.SUBSCRIPTION_WRITE, own)
    return at.subscriptions.of((caller.organisation,))


def change(
    at: Subscribing,
    caller: Caller,
    key: str,
    *,
    target: str | None = None,
    types: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> Subscription:
    """What is None stays. Enabling it again forgets why it was switched off."""
    found = _own(at, caller, key)
    after = msgspec.structs.replace(
        found,
        target=found.target if target is None else _target(at, found.channel, target),
        types=found.types if types is None else _types(types),
        enabled=found.enabled if enabled is None else enabled,
        because=found.because if enabled is None else "",
        revision=found.revision + 1,
    )
    at.subscriptions.put(after)
    return after


def renew_secret(at: Subscribing, caller: Caller, key: str) -> Subscription:
    """Another secret signs from now on; the former one signs too for :data:`OVERLAP`."""
    found = _own(at, caller, key)
    after = msgspec.structs.replace(
        found, secret=found.secret + 1, replaced=at.clock.now(), revision=found.revision + 1
    )
    at.subscriptions.put(after)
    return after


def secret_of(at: Subscribing, caller: Caller, key: str) -> Secret:
    """For the receiver."""
    return at.secrets(_own(at, caller, key))[0]


def unsubscribe(at: Subscribing, caller: Caller, key: str) -> None:
    at.subscriptions.remove(_own(at, caller, key).id)


def _own(at: Subscribing, caller: Caller, key: str) -> Subscription:
    found = at.subscriptions.get(key)
    if found is None:
        raise hidden()
    require(caller, Action.SUBSCRIPTION_WRITE, found.target_of)
    return found


def _target(at: Subscribing, channel: Channel, target: str) -> str:
    if channel == "webhook":
        return at.destinations.parse(target).url
    return check_address(target)


def _types(types: Sequence[str]) -> tuple[str, ...]:
    for one in types:
        if one not in TYPES:
            raise Malformed(f"there is no event {shown(one, 40)!r}, expected some of {', '.join(TYPES)}")
    return tuple(sorted(set(types)))
