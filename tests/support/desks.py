"""An office behind HTTP, in memory, with people who are signed in and organisations that they belong to."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

import msgspec
from litestar.testing import TestClient
from tests.support import applications, authenticator, services
from tests.support.offices import PROVIDER, CountingEntropy
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG

from assay.adapters.memory_identity import MemoryIdentities, MemoryIssuers
from assay.adapters.memory_repeats import MemoryRepeats
from assay.adapters.memory_subscriptions import MemorySubscriptions
from assay.adapters.memory_uploads import MemoryUploads
from assay.adapters.observing.metrics import Meter, NoMeter
from assay.adapters.sql.accesses import SqlAccesses
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.federation import SqlFederation
from assay.adapters.sql.forgetting import SqlForgetting
from assay.adapters.sql.holdings import SqlHoldings
from assay.adapters.sql.inventories import SqlInventories
from assay.adapters.tiles.memory import MemoryTiles
from assay.office.beacon import Beacon
from assay.office.destination import Destinations
from assay.office.erase import erase
from assay.office.identity.account import Account
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Kind, Organisation
from assay.office.identity.ports import Passkeys
from assay.office.identity.session import open_session
from assay.office.office_policy import OfficePolicy
from assay.office.openings import Eraser
from assay.office.permission_table import Role
from assay.office.ready import looks
from assay.office.subscription import Subscribing
from assay.office.upload import Reception
from assay.web.api import cookies
from assay.web.api.desk import Desk
from assay.web.api.gate import Gate, Rates

URL = "http://office.localhost:8080"
AUTHORITY_ORG, ASSESSOR_ORG, OTHER_ORG = "org-office", "org-assessor", "org-other"
ORGANISATIONS = (
    Organisation(
        id=PROVIDER_ORG, name="Lighthouse Works (fictional)", kind=Kind.PROVIDER, speaks_for=(PROVIDER,)
    ),
    Organisation(
        id=OTHER_ORG,
        name="Other Works (fictional)",
        kind=Kind.PROVIDER,
        speaks_for=("Other Works (fictional)",),
    ),
    Organisation(id=CUSTOMER_ORG, name="Harbour (fictional)", kind=Kind.RELYING_PARTY),
    Organisation(id=ASSESSOR_ORG, name="Assessors (fictional)", kind=Kind.ASSESSOR),
    Organisation(id=AUTHORITY_ORG, name="Office (fictional)", kind=Kind.AUTHORITY),
)
HOMES: Mapping[Role, str] = {
    Role.PROVIDER_MEMBER: PROVIDER_ORG,
    Role.PROVIDER_ADMIN: PROVIDER_ORG,
    Role.OFFICER: AUTHORITY_ORG,
    Role.OFFICER_LEAD: AUTHORITY_ORG,
    Role.ADMINISTRATOR: AUTHORITY_ORG,
    Role.AUDITOR: AUTHORITY_ORG,
    Role.RELYING_PARTY_MEMBER: CUSTOMER_ORG,
    Role.ASSESSOR: ASSESSOR_ORG,
}


class World:
    """A desk, the client of a browser, and the headers of people in it."""

    def __init__(
        self,
        policy: OfficePolicy = OfficePolicy(),  # noqa: B008
        beacon: Beacon | None = None,
        url: str = URL,
        rates: Rates = Rates(),  # noqa: B008
        passkeys: Passkeys | None = None,
        meter: Meter = NoMeter(),  # noqa: B008
    ) -> None:
        tiles = MemoryTiles()
        self.service = services.service(policy, beacon, tiles=tiles)
        cases = self.service.cases
        assert isinstance(cases, SqlCases)
        self.identity = Identity(
            identities=MemoryIdentities(),
            passkeys=passkeys or authenticator.passkeys(),
            issuers=MemoryIssuers({"https://ci.example": ("https://office.example", "office", "x")}),
            clock=self.service.office.clock,
            entropy=CountingEntropy(),
        )
        clock, entropy = self.service.office.clock, CountingEntropy()
        holdings = SqlHoldings(cases.engine, 1 << 30)
        self.desk = Desk(
            live=lambda: self.service,
            identity=self.identity,
            holdings=holdings,
            subscribing=Subscribing(
                subscriptions=MemorySubscriptions(),
                destinations=Destinations(),
                clock=clock,
                entropy=entropy,
                master=b"m" * 32,
            ),
            reception=Reception(
                uploads=MemoryUploads(),
                blobs=self.service.sealed,
                holdings=holdings,
                clock=clock,
                entropy=entropy,
            ),
            accesses=SqlAccesses(cases.engine),
            url=url,
            tiles=tiles,
            repeats=MemoryRepeats(),
            gate=Gate(rates, meter),
            meter=meter,
            inventories=SqlInventories(cases.engine),
            federation=SqlFederation(cases.engine),
            erase=lambda case, reason, by: erase(
                self.service,
                cast("Eraser", self.service.office.register),
                SqlForgetting(cases.engine),
                case,
                reason,
                actor=by,
            ),
            looks=looks(lambda: self.service),
        )
        with self.identity.identities.change() as rows:
            for one in ORGANISATIONS:
                rows.add(one)

    @cached_property
    def client(self) -> TestClient[Any]:
        return applications.client(self.desk)

    def person(
        self, *roles: Role, name: str = "", organisation: str = "", confirmed: bool = True
    ) -> dict[str, str]:
        """Headers of somebody signed in now."""
        now = self.service.now()
        name = name or "-".join(roles)
        where = organisation or HOMES[roles[0]]
        account = Account(
            id=f"{name}-{where}",
            organisation=where,
            name=name,
            mail=f"{name}@people.test",
            roles=frozenset(roles),
            created=now,
        )
        with self.identity.identities.change() as rows:
            if rows.get(Account, account.id) is None:
                rows.add(account)
            signed = open_session(self.identity, rows, account)
            if not confirmed:
                rows.put(msgspec.structs.replace(signed.session, stepped_up=None))
        return {
            "cookie": f"{cookies.name(self.desk, cookies.SESSION)}={signed.cookie}",
            "x-assay-csrf": signed.session.csrf,
        }

    def tick(self, time: timedelta = timedelta()) -> int:
        return services.tick(self.service, time)


def body(bundle: Any) -> bytes:
    """A submission in JSON, without its artifacts."""
    return b'{"attestation":%s,"customers":%s}' % (bundle.envelope, bundle.customers)


def problem(answer: Any) -> tuple[int, str]:
    """Status and kind of a refusal; its form is checked."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    document = json.loads(answer.text)
    assert document["status"] == answer.status_code
    return answer.status_code, document["error"]
