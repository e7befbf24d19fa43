"""An office's identity side in memory, with people who hold devices."""

from datetime import UTC, datetime, timedelta

import msgspec
from tests.support.authenticator import Authenticator, passkeys

from assay.adapters.memory import FixedClock
from assay.adapters.memory_identity import MemoryIdentities, MemoryIssuers
from assay.adapters.system import SystemEntropy
from assay.office.identity import authenticate, login, members, organisations
from assay.office.identity.authenticate import Presence
from assay.office.identity.enrol import enrol_begin, enrol_complete
from assay.office.identity.identity import Identity
from assay.office.identity.invite import first_administrator, invite
from assay.office.identity.organisation import Kind, Organisation
from assay.office.identity.session import SignedIn
from assay.office.permissions import Caller, Role

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PROVIDERS = ("Lighthouse Works (fictional)", "Lantern Project (fictional)")


class Person(msgspec.Struct):
    """Somebody with a device, who came in some time."""

    world: "World"
    device: Authenticator
    cookie: str
    account: str

    @property
    def here(self) -> Presence:
        return authenticate.by_session(self.world.identity, self.cookie)

    @property
    def caller(self) -> Caller:
        return self.here.caller

    def comes_in(self) -> SignedIn:
        """With the device, anew."""
        asked = login.login_begin(self.world.identity)
        entered = login.login_complete(self.world.identity, asked.handle, self.device.get(asked.options))
        self.cookie = entered.cookie
        return entered


class World:
    """Stands still but for :meth:`passes`."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.store = MemoryIdentities()
        self.issuers = MemoryIssuers(
            {"https://ci.example": ("https://office.example", "https://other.example")}
        )
        self.identity = Identity(
            identities=self.store,
            passkeys=passkeys(),
            issuers=self.issuers,
            clock=self.clock,
            entropy=SystemEntropy(),
        )

    def passes(self, time: timedelta) -> None:
        self.clock.moment += time

    @property
    def console(self) -> Caller:
        return Caller.console(self.clock.now())

    def administrator(self) -> Person:
        """By the link that ``assay serve`` prints, once."""
        invited = first_administrator(self.identity)
        assert invited is not None
        return self.enrols(invited.link)

    def organisation(self, name: str, kind: Kind, *speaks_for: str) -> Organisation:
        return organisations.add_organisation(self.identity, self.console, name, kind, speaks_for)

    def person(self, organisation: str, *roles: Role) -> Person:
        """Invited by whoever runs the office."""
        invited = invite(
            self.identity,
            self.console,
            organisation,
            name="Ada",
            mail="ada@lighthouse.example",
            roles=frozenset(roles),
        )
        return self.enrols(invited.link)

    def enrols(self, link: str, device: Authenticator | None = None) -> Person:
        device = device or Authenticator()
        asked = enrol_begin(self.identity, link)
        entered = enrol_complete(self.identity, link, asked.handle, device.create(asked.options))
        return Person(self, device, entered.cookie, entered.account.id)

    def suspends(self, person: Person) -> None:
        members.suspend_member(self.identity, self.console, person.account)

    @property
    def events(self) -> list[str]:
        """Actions in the trail, oldest first."""
        with self.store.read() as rows:
            return [one.event.action for one in rows.trail(organisation=None)][::-1]

    def dump(self) -> str:
        """Everything that is stored, as text."""
        with self.store.read() as rows:
            return repr((rows.held, rows.events))
