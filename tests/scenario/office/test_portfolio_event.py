"""Who runs something is told when what is posted about it changes; nobody else is, and nobody before it is posted."""

from datetime import timedelta

from tests.support import services
from tests.support.desks import World
from tests.support.offices import PROVIDER
from tests.support.services import CUSTOMER_ORG

from assay.adapters.mail.memory import MemoryMailer
from assay.bootstrap.working import handlers
from assay.formats import event as events
from assay.office.deliver import DELIVER
from assay.office.determine import Decision, decide_final
from assay.office.identity.organisation import Kind, Organisation
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.sending import Post
from assay.office.service import NOTIFY
from assay.office.subscription import Subscription, subscribe

API = "/api/v1/inventory"
OTHER = "org-other-harbour"


def listener(world: World, organisation: str) -> Subscription:
    now = world.service.now()
    who = Caller(
        at=now, id="account:x", account="x", organisation=organisation, roles=frozenset({Role.RELYING_PARTY_MEMBER})
    )  # fmt: skip
    return subscribe(
        world.desk.subscribing, who, "webhook", "https://hooks.example/in", ("portfolio.changed",)
    )


def bring(world: World, organisation: str, table: str) -> None:
    who = world.person(Role.RELYING_PARTY_MEMBER, organisation=organisation, name=organisation)
    answer = world.client.put(API, content=table.encode(), headers=who | {"content-type": "text/csv"})
    assert answer.status_code == 200, answer.text


def told(world: World) -> list[tuple[str, str, str]]:
    """(subscription, type, result link) of each delivery that is due."""
    post = Post(identity=world.identity, mailer=MemoryMailer(), url="https://office.test")
    table, work, now = handlers(world.desk, post), world.service.work, world.service.now()
    for one in work.claim((NOTIFY,), now, 100, 60, "test"):
        table[NOTIFY](one)
        table[NOTIFY](one)  # twice is once
        work.done(one)
    due = work.claim((DELIVER,), now, 100, 60, "test")
    found = [(one.due.subject, events.parse(one.due.payload)) for one in due]
    return [(subject, event.type, event.links["result"]) for subject, event in found]


def test_a_posted_result_is_told_to_who_runs_it() -> None:
    world = World()
    with world.identity.identities.change() as rows:
        rows.add(Organisation(id=OTHER, name="Other harbour (fictional)", kind=Kind.RELYING_PARTY))
    runs, _ = listener(world, CUSTOMER_ORG), listener(world, OTHER)
    bring(world, CUSTOMER_ORG, f"provider,product,version\n{PROVIDER},lantern,1.9\n")
    bring(world, OTHER, "provider,product,version\nSomebody,oar,1\n")
    service = world.service
    case = services.submitted(service, 1, services.contradicted)
    assert told(world) == []
    services.tick(service, timedelta(days=31))
    revision = service.case(case.payload).revision
    decide_final(service, services.officer(service), case.payload, Decision(revision=revision))
    services.tick(service)
    link = f"https://office.test/api/v1/results/{case.payload.value}"
    assert told(world) == [(runs.id, "portfolio.changed", link)]
    assert told(world) == []
