"""A provider is reminded of the milestones of its plan of action: before they are due, once they are overdue, and of no others."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from tests.scenario.office.test_notices import DAY, Office, addresses
from tests.support import services
from tests.support.desks import OTHER_ORG
from tests.support.offices import NOW, PROVIDER
from tests.support.services import PROVIDER_ORG, REVIEW, person, planned, provider, service

from assay.bootstrap.working import handlers
from assay.errors import Unavailable
from assay.formats.attestation import Attestation, Milestone
from assay.office.case import Case
from assay.office.deliver import DELIVER
from assay.office.erase import nameless
from assay.office.mail import Mail
from assay.office.milestones import AHEAD, MAX_DAYS, reminders, report
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.receive import receive
from assay.office.respond import withdraw
from assay.office.service import MILESTONE
from assay.office.subscription import subscribe
from assay.worker.loop import Worker

DUE = date(2026, 12, 1)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def due(*days: date | None) -> Callable[[Attestation], Attestation]:
    steps = tuple(Milestone(REVIEW, "none yet", f"step {at}", "lead", day) for at, day in enumerate(days))
    return lambda one: msgspec.structs.replace(one, milestones=steps)


class Reminded(Office):
    """What is sent from day to day, notices aside."""

    def until(self, moment: datetime) -> list[Mail]:
        sent = self.run(moment - self.world.service.now())
        return [one for one in sent if one.subject.startswith("Milestone")]

    def report(self, case: Case, number: int) -> None:
        report(self.world.service, provider(self.world.service), case.payload, number, "Done.", met=True)


def test_before_it_is_due_and_once_it_is_overdue() -> None:
    office = Reminded(OfficePolicy(reminder_days=(7, 1)))
    case = office.submitted(planned)
    assert office.until(NOW) == []
    for day, subject in (
        (DUE - 7 * DAY, "Milestone due: lantern 2.1.0 (2026-12-01)"),
        (DUE - DAY, "Milestone due: lantern 2.1.0 (2026-12-01)"),
        (DUE + DAY, "Milestone overdue: lantern 2.1.0 (2026-12-01)"),
    ):
        assert office.until(midnight(day) - timedelta(seconds=1)) == []
        (sent,) = office.until(midnight(day))
        assert (sent.to, sent.subject) == ("pia@people.test", subject)
        assert f"* {REVIEW}: have it reviewed" in sent.text
        assert f"https://office.test/cases/{case.payload.value}#milestones" in sent.text
        office.world.service.work.put(reminders(office.world.service, case, (DUE,)))
    assert office.until(midnight(DUE) + 90 * DAY) == []


@pytest.mark.parametrize("over", ["met", "withdrawn", "revised", "erased"])
def test_nobody_is_reminded_of_what_is(over: str) -> None:
    office = Reminded(OfficePolicy(reminder_days=(7,)))
    case = office.submitted(planned)
    office.run()
    one, who = office.world.service, provider(office.world.service)
    assert one.case(case.payload).ahead == (DUE,)
    match over:
        case "met":
            office.report(case, 0)
        case "withdrawn":
            withdraw(one, who, case.payload, "We sell it no more.")
        case "revised":
            receive(one, who, services.bundle(2, services.revising(case.payload)), speaks_for=(PROVIDER,))
        case _:
            one.cases.keep(nameless(one.case(case.payload), one.now()))
    assert one.case(case.payload).ahead == ()
    assert office.until(midnight(DUE) + 9 * DAY) == []
    assert one.work.waiting((MILESTONE,))[0].dead == 0


def test_what_is_met_before_the_mail_leaves_is_not_sent() -> None:
    office = Reminded(OfficePolicy(reminder_days=(7,)))
    case = office.submitted(planned)
    office.run()
    away = [True]

    class Flaky:
        def send(self, mail: Mail) -> None:
            if away:
                raise Unavailable("the mail server does not answer")
            office.mailer.send(mail)

    late = msgspec.structs.replace(office.post, mailer=Flaky())
    clock = office.world.service.office.clock
    office.worker = Worker(office.world.service.work, handlers(office.world.desk, late), clock, name="late")
    assert office.until(midnight(DUE - 7 * DAY)) == []
    office.report(case, 0)
    away.clear()
    assert office.run(DAY) == []


def test_subscribers_of_the_provider_hear_of_it_once_each_time() -> None:
    office = Reminded(OfficePolicy(reminder_days=(7,)))
    one = office.world.service
    for organisation in (PROVIDER_ORG, OTHER_ORG):
        who = person(one, Role.PROVIDER_ADMIN, organisation=organisation)
        subscribe(
            office.world.desk.subscribing, who, "webhook", "https://hooks.example/in", ["milestone.due"]
        )
    office.submitted(planned)
    office.run()
    for day, count in ((DUE - 7 * DAY, 1), (DUE - 6 * DAY, 1), (DUE + DAY, 2), (DUE + 9 * DAY, 2)):
        office.until(midnight(day))
        assert one.work.waiting((DELIVER,))[0].waiting == count


def test_those_of_one_day_come_in_one_mail_until_all_are_met() -> None:
    office = Reminded(OfficePolicy(reminder_days=(7, 1)))
    other = DUE + 30 * DAY
    case = office.submitted(due(DUE, None, other, DUE))
    office.run()
    (sent,) = office.until(midnight(DUE - 7 * DAY))
    assert [step in sent.text for step in ("step 0", "step 1", "step 2", "step 3")] == [
        True,
        False,
        False,
        True,
    ]
    office.report(case, 0)
    (sent,) = office.until(midnight(DUE - DAY))
    assert ("step 0" in sent.text, "step 3" in sent.text) == (False, True)
    office.report(case, 3)
    assert addresses(office.until(midnight(other - 8 * DAY))) == []
    assert addresses(office.until(midnight(other - 7 * DAY))) == ["pia@people.test"]


def test_the_work_of_a_plan_is_bounded_and_lies_ahead() -> None:
    one = service(OfficePolicy(reminder_days=(7, 1)))
    case = services.submitted(one, 1)
    today = one.now().date()

    def moments(*days: date | None) -> list[datetime]:
        return [found.at for found in reminders(one, case, days)]

    assert moments(None, date.min, date.max, today - DAY, today + AHEAD) == []
    assert moments(today) == [midnight(today + DAY)]
    assert moments(today + DAY, today + DAY) == [midnight(today + 2 * DAY)]
    assert moments(today + 2 * DAY) == [midnight(today + DAY), midnight(today + 3 * DAY)]
    many = [today + number * DAY for number in range(10, 5_000)]
    found = reminders(one, case, many)
    assert len({due.key for due in found}) == len(found) == 3 * MAX_DAYS
