"""Who is told what, by mail: the provider, its customers, once each, and nobody of anybody else."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
from tests.support import services
from tests.support.desks import World
from tests.support.offices import PROVIDER, CountingEntropy
from tests.support.services import provider

from assay.adapters.mail.memory import MemoryMailer
from assay.bootstrap.working import handlers
from assay.errors import Unavailable
from assay.formats.attestation import Attestation
from assay.formats.bundle import Bundle
from assay.formats.customers import Customer, CustomerId
from assay.office.case import Case
from assay.office.drawing import schedule
from assay.office.mail import Mail
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.receive import receive
from assay.office.respond import respond
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.sending import Post
from assay.provider.bundle import committed, salted
from assay.web.app.cases import CASE as CASE_PAGE
from assay.worker.loop import Settings, Worker

DAY = timedelta(days=1)
CUSTOMERS = (
    ("Harbour Authority (fictional)", "it@harbour.test", ("lantern",)),
    ("Pilots (fictional)", "ops@pilots.test", ()),
    ("Other Buyer (fictional)", "desk@other.test", ("bell",)),
    ("No Address (fictional)", "call us", ()),
)


class Office:
    """A world with a worker that sends mail into a list."""

    def __init__(self, policy: OfficePolicy = OfficePolicy()) -> None:  # noqa: B008 - frozen
        self.world = World(policy)
        self.mailer = MemoryMailer()
        self.post = Post(identity=self.world.identity, mailer=self.mailer, url="https://office.test")
        self.world.person(Role.PROVIDER_ADMIN, name="pia")
        self.world.person(Role.OFFICER, name="olga")
        self.worker = Worker(
            self.world.service.work, handlers(self.world.desk, self.post), self.world.service.office.clock, name="test",
            settings=Settings(lease_s=60),
        )  # fmt: skip

    def run(self, time: timedelta = timedelta()) -> list[Mail]:
        """What was sent since the last call."""
        before = len(self.mailer.sent)
        self.world.service.office.clock.moment += time  # type: ignore[attr-defined]
        while self.worker.step():
            pass
        return self.mailer.sent[before:]

    def submitted(self, change: Callable[[Attestation], Attestation]) -> Case:
        service = self.world.service
        return receive(service, provider(service), bundle(change), speaks_for=(PROVIDER,))


def bundle(change: Callable[[Attestation], Attestation]) -> Bundle:
    """With the customers above."""
    rows = tuple(
        Customer(
            name=name,
            id=CustomerId(scheme="domain", value=name),
            contact=contact,
            products=products,
            salt="0" * 64,
        )
        for name, contact, products in CUSTOMERS
    )
    listed = salted(rows, CountingEntropy().bytes)
    promised = committed(listed)

    def promising(one: Attestation) -> Attestation:
        return msgspec.structs.replace(
            change(one), customers=promised.commitment, customer_rows=promised.rows
        )

    plain = services.bundle(1, promising)
    return Bundle(plain.envelope, listed, plain.artifacts)


def addresses(sent: list[Mail]) -> list[str]:
    return sorted(one.to for one in sent)


def test_the_provider_and_those_who_have_the_product() -> None:
    office = Office()
    office.submitted(services.contradicted)
    sent = office.run()
    assert addresses(sent) == ["it@harbour.test", "ops@pilots.test", "pia@people.test"]
    told = {one.to: one for one in sent}
    own = told["pia@people.test"]
    assert own.subject == "Evidence contradicts the attestation: lantern 2.1.0 (notice 1)"
    assert "unfilled template" in own.text
    assert "Until 2026-12-01 12:00 UTC you can answer" in own.text
    other = told["it@harbour.test"]
    assert "Nothing is decided" in other.text
    for secret in ("template", "Pilots", "pilots.test", "Other Buyer"):
        assert secret not in other.text + other.subject
    assert office.run() == []


def test_a_mail_leads_to_a_page_that_is_there() -> None:
    office = Office()
    case = office.submitted(services.contradicted)
    own = next(one for one in office.run() if one.to == "pia@people.test")
    assert f"https://office.test{CASE_PAGE.replace('{payload:str}', case.payload.value)}" in own.text


def test_incomplete_is_told_too() -> None:
    office = Office()
    office.submitted(services.incomplete)
    sent = office.run()
    assert addresses(sent) == ["it@harbour.test", "ops@pilots.test", "pia@people.test"]
    assert "C6" in next(one.text for one in sent if one.to == "pia@people.test")


def test_reminders_go_to_the_provider_alone_until_it_answers() -> None:
    office = Office(OfficePolicy(response_days=30, reminder_days=(7, 1)))
    case = office.submitted(services.contradicted)
    office.run()
    assert office.run(22 * DAY) == []
    sent = office.run(1 * DAY)
    assert addresses(sent) == ["pia@people.test"]
    assert sent[0].subject.startswith("Reminder: ")
    respond(office.world.service, provider(office.world.service), case.payload, "We looked.")
    assert office.run(6 * DAY) == []


def test_what_was_posted_is_told() -> None:
    office = Office(
        OfficePolicy(sampling=Sampling(every_days=7, strata=(Stratum(name="all", take=0, of=1),)))
    )
    schedule(office.world.service)
    office.submitted(lambda one: one)
    assert office.run() == []
    sent = office.run(7 * DAY)
    assert addresses(sent) == ["it@harbour.test", "ops@pilots.test", "pia@people.test"]
    assert all("ublished" in one.subject for one in sent)


def test_a_server_that_is_away_gets_each_mail_once_when_it_is_back() -> None:
    office = Office()
    away = [True, True, True, True]

    class Flaky:
        def send(self, mail: Mail) -> None:
            if away and away.pop():
                raise Unavailable("the mail server does not answer")
            office.mailer.send(mail)

    office.worker = Worker(
        office.world.service.work,
        handlers(office.world.desk, msgspec.structs.replace(office.post, mailer=Flaky())),
        office.world.service.office.clock,
        name="flaky",
    )
    office.submitted(services.contradicted)
    assert office.run() == []
    sent = office.run(DAY) + office.run(DAY)
    assert addresses(sent) == ["it@harbour.test", "ops@pilots.test", "pia@people.test"]
    assert len({one.id for one in sent}) == 3


def test_a_worker_that_dies_between_claim_and_send_loses_nothing() -> None:
    office = Office()
    service = office.world.service
    office.submitted(services.contradicted)
    while office.worker.step() and not service.work.waiting(("mail",))[0].waiting:
        pass
    claimed = service.work.claim(("mail",), service.now(), 100, 60, "dies")
    assert len(claimed) == 4
    assert office.run() == []
    assert addresses(office.run(timedelta(seconds=61))) == [
        "it@harbour.test",
        "ops@pilots.test",
        "pia@people.test",
    ]


def test_the_queue_holds_no_address() -> None:
    office = Office()
    service = office.world.service
    office.submitted(services.contradicted)
    while office.worker.step() and not service.work.waiting(("mail",))[0].waiting:
        pass
    for one in service.work.claim(("mail",), service.now(), 100, 60, "looks"):
        for secret in (b"@", b"Harbour", b"Pilots"):
            assert secret not in one.due.payload + one.due.key.encode() + one.due.subject.encode()
