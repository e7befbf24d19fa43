"""Who hears of what, from a notice to a receiver on loopback that verifies what it got."""

import socket
from collections.abc import Callable
from datetime import timedelta
from email.parser import BytesHeaderParser

import msgspec
import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.support.offices import PROVIDER
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG, provider
from tests.support.talking import server

from assay.adapters.guarded_http import GuardedHttp
from assay.adapters.mail.memory import MemoryMailer
from assay.adapters.webhook_client import HttpPost
from assay.bootstrap.working import handlers
from assay.formats import event as events
from assay.office.deliver import DELIVER, Deliverer
from assay.office.destination import Destinations
from assay.office.drawing import schedule
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.receive import receive
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.sending import Post
from assay.office.subscription import Subscribing, subscribe
from assay.office.webhook import verify
from assay.worker.loop import Worker

OFFICE = "https://office.test"
ACCEPTED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
Request = tuple[dict[str, str], bytes]


def hears(into: list[Request]) -> Callable[[socket.socket], None]:
    def talk(one: socket.socket) -> None:
        data = one.recv(65536)
        while b"\r\n\r\n" not in data:
            data += one.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        headers = dict(BytesHeaderParser().parsebytes(head.partition(b"\r\n")[2]).items())
        while len(body) < int(headers["Content-Length"]):
            body += one.recv(65536)
        into.append((headers, body))
        one.sendall(ACCEPTED)

    return talk


class Office:
    def __init__(self, port: int) -> None:
        none = Stratum(name="all", take=0, of=1)
        self.world = World(OfficePolicy(sampling=Sampling(every_days=7, strata=(none,))))
        clock = self.world.service.office.clock
        self.subscribing: Subscribing = msgspec.structs.replace(
            self.world.desk.subscribing, destinations=Destinations(networks=("127.0.0.1/32",), ports=(port,), http=True)
        )  # fmt: skip
        self.desk = msgspec.structs.replace(self.world.desk, subscribing=self.subscribing)
        post = Post(identity=self.world.identity, mailer=MemoryMailer(), url=OFFICE)
        self.client = GuardedHttp(self.subscribing.destinations, timeout_s=5)
        deliver = Deliverer(self.subscribing, HttpPost(self.client), post.mailer)
        self.worker = Worker(self.world.service.work, handlers(self.desk, post, deliver), clock, name="test")

    def subscribe(self, organisation: str, role: Role, url: str) -> None:
        now = self.world.service.now()
        who = Caller(at=now, id="account:x", account="x", organisation=organisation, roles=frozenset({role}))
        subscribe(self.subscribing, who, "webhook", url)

    def run(self, time: timedelta = timedelta()) -> None:
        self.world.service.office.clock.moment += time  # type: ignore[attr-defined]
        while self.worker.step():
            pass


def test_the_provider_hears_of_its_case_and_everybody_of_the_result() -> None:
    heard: list[Request] = []
    with server(*[hears(heard)] * 2) as url:
        office = Office(int(url.rpartition(":")[2].partition("/")[0]))
        office.subscribe(PROVIDER_ORG, Role.PROVIDER_ADMIN, f"{url}/own")
        office.subscribe(OTHER_ORG, Role.PROVIDER_ADMIN, f"{url}/other")
        service = office.world.service
        case = receive(
            service, provider(service), services.bundle(1, services.contradicted), speaks_for=(PROVIDER,)
        )
        office.run()
        assert [events.parse(body).type for _, body in heard] == ["determination.made"]
        office.run(timedelta(days=23))
        assert [events.parse(body).type for _, body in heard] == ["determination.made", "deadline.near"]
        office.run()
        assert len(heard) == 2
        found = heard[0]
        mine = office.subscribing.subscriptions.of([PROVIDER_ORG])[0]
        now = service.now() - timedelta(days=23)
        told = events.parse(found[1])
        assert verify(found[0], found[1], now, office.subscribing.secrets(mine)) == told.id
        assert told.links == {"submission": f"{OFFICE}/api/v1/submissions/{case.payload.value}"}
        for secret in (b"lantern", PROVIDER.encode(), b"contradicted", b"disclosure"):
            assert all(secret not in body for _, body in heard)
        office.client.close()


@pytest.mark.parametrize(
    ("organisation", "role"), [(CUSTOMER_ORG, Role.RELYING_PARTY_MEMBER), (OTHER_ORG, Role.PROVIDER_ADMIN)]
)
def test_a_published_result_is_heard_by_all_who_listen(organisation: str, role: Role) -> None:
    heard: list[Request] = []
    with server(hears(heard)) as url:
        office = Office(int(url.rpartition(":")[2].partition("/")[0]))
        office.subscribe(organisation, role, url)
        service = office.world.service
        schedule(service)
        case = receive(service, provider(service), services.bundle(1), speaks_for=(PROVIDER,))
        office.run()
        assert heard == []
        office.run(timedelta(days=7))
        (event,) = (events.parse(body) for _, body in heard)
        assert event.type == "result.published"
        assert event.links == {"result": f"{OFFICE}/api/v1/results/{case.payload.value}"}
        office.client.close()


def test_deliveries_wait_where_nobody_delivers() -> None:
    office = Office(1)
    office.subscribe(PROVIDER_ORG, Role.PROVIDER_ADMIN, "http://127.0.0.1:1/")
    service = office.world.service
    receive(service, provider(service), services.bundle(1, services.contradicted), speaks_for=(PROVIDER,))
    post = Post(identity=office.world.identity, mailer=MemoryMailer(), url=OFFICE)
    worker = Worker(service.work, handlers(office.desk, post), service.office.clock, name="other")
    while worker.step():
        pass
    assert [one.waiting for one in service.work.waiting([DELIVER])] == [1]
