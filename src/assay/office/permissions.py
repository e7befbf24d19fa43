"""Who asks, what for, and whether that is granted. The table itself is ``permission_table``."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

import msgspec

from assay.errors import Forbidden, Hidden, Unconfirmed
from assay.office.permission_table import RULES, Action, Role, Rule, Scope

__all__ = [
    "CONFIRMED_FOR", "RULES", "TOKEN_ACTIONS", "Action", "Caller", "Role", "Rule", "Scope", "Target", "Visible",
    "hidden", "may", "require", "require_role", "visible",
]  # fmt: skip

CONFIRMED_FOR = timedelta(minutes=10)
"""How long a confirmation with a passkey counts, unless the office's settings say otherwise."""

TOKEN_ACTIONS = frozenset(action for action, rule in RULES.items() if not rule.asks)
"""What a token can be made for."""

CONSOLE = "console"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as it was found out at *at*: one value for each request."""

    at: datetime
    id: str = ""
    """What the audit trail names: ``account:…``, ``token:…``, ``oidc:…``, ``console``; empty for the public."""
    account: str = ""
    """The person; empty when it is none."""
    organisation: str = ""
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Action] | None = None
    """What a token was made for; None for a person, whom the roles alone limit."""
    stepped_up: datetime | None = None
    """When the person last confirmed with a passkey."""
    confirmed_for: timedelta = CONFIRMED_FOR
    """How long that counts here."""

    @classmethod
    def public(cls, at: datetime) -> Self:
        """Somebody unknown."""
        return cls(at=at)

    @classmethod
    def console(cls, at: datetime) -> Self:
        """Who runs a command on the office's own machine, with its keys and files in hand."""
        roles = frozenset({Role.OFFICER, Role.OFFICER_LEAD, Role.ADMINISTRATOR, Role.AUDITOR})
        return cls(at=at, id=CONSOLE, account=CONSOLE, roles=roles, stepped_up=at)

    @property
    def known(self) -> bool:
        return self.id != ""

    @property
    def confirmed(self) -> bool:
        return self.stepped_up is not None and timedelta() <= self.at - self.stepped_up <= self.confirmed_for

    def scopes_of(self, action: Action) -> frozenset[Scope]:
        """How far this caller's permission extends; empty when there is none."""
        grants = RULES[action].grants
        public = grants.get(Role.PUBLIC, frozenset())
        if self.scopes is not None and (action not in self.scopes or action not in TOKEN_ACTIONS):
            return public
        return public.union(*(grants.get(role, frozenset()) for role in self.roles))


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What something is to those who ask about it."""

    owner: str = ""
    """Organisation that it belongs to; empty for the office's own things."""
    parties: frozenset[str] = frozenset()
    """Organisations that it names, or to which it is granted at this moment."""
    account: str = ""
    """Account that it belongs to, for personal things."""
    published: bool = False
    acted: frozenset[str] = frozenset()
    """Accounts that have had a hand in it, where another one is asked for."""

    @classmethod
    def office(cls) -> Self:
        """What concerns the office as a whole: its queue, policy, metrics."""
        return cls()


class Visible(msgspec.Struct, frozen=True):
    """Which rows a list may show: those for which any of these holds."""

    everything: bool = False
    owner: str = ""
    """Rows of this organisation; empty for none."""
    party: str = ""
    """Rows that name this organisation; empty for none."""
    account: str = ""
    """Rows of this account; empty for none."""
    published: bool = False

    @property
    def nothing(self) -> bool:
        return self == Visible()

    def shows(self, target: Target) -> bool:
        return (
            self.everything
            or (self.owner != "" and target.owner == self.owner)
            or (self.party != "" and self.party in target.parties)
            or (self.account != "" and target.account == self.account)
            or (self.published and target.published)
        )


def visible(caller: Caller, action: Action) -> Visible:
    """What of a list *caller* sees, where *action* is to read it."""
    scopes = caller.scopes_of(action)
    return Visible(
        everything=Scope.ALL in scopes,
        owner=caller.organisation if scopes & {Scope.OWN, Scope.PARTY} else "",
        party=caller.organisation if Scope.PARTY in scopes else "",
        account=caller.account if Scope.SELF in scopes else "",
        published=Scope.PUBLIC in scopes,
    )


def may(caller: Caller, action: Action, target: Target) -> bool:
    """Whether :func:`require` lets it pass, now or once the caller has confirmed with a passkey."""
    return visible(caller, action).shows(target) and not _objection(caller, action, target.acted)


def require(caller: Caller, action: Action, target: Target) -> None:
    """Return when *caller* may do *action* to *target*.

    Forbidden when it may do that to nothing, or had a hand in the matter; Hidden when it may, but not to this; Unconfirmed
    when it has to confirm first. Of what is not there, raise :func:`hidden` after :func:`require_role`.
    """
    require_role(caller, action)
    if not visible(caller, action).shows(target):
        raise hidden()
    if objection := _objection(caller, action, target.acted):
        raise Forbidden(f"{action}: {objection}")
    if RULES[action].asks in ("confirmed", "another") and not caller.confirmed:
        minutes = int(caller.confirmed_for.total_seconds()) // 60
        raise Unconfirmed(f"{action}: confirm with your passkey first; that counts for {minutes} minutes")


def require_role(caller: Caller, action: Action) -> None:
    """Return when *caller* may do *action* to something. Not enough before doing it: that is :func:`require`."""
    if caller.scopes_of(action):
        return
    if caller.scopes is not None and action in TOKEN_ACTIONS and action not in caller.scopes:
        raise Forbidden(f"{action}: this token was not made for it")
    if caller.scopes is not None and action not in TOKEN_ACTIONS:
        raise Forbidden(f"{action}: takes a person, not a token")
    raise Forbidden(f"{action}: not for {', '.join(sorted(caller.roles)) or Role.PUBLIC}")


def hidden() -> Hidden:
    return Hidden("there is no such thing here, or it is none of yours")


def _objection(caller: Caller, action: Action, acted: Collection[str]) -> str:
    if RULES[action].asks == "another" and (not caller.account or caller.account in acted):
        return "takes a person who has had no hand in it yet"
    return ""
