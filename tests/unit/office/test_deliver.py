"""Deliveries to receivers that answer, refuse, fail, or are gone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.support.offices import CountingEntropy

from assay.adapters.mail.memory import MemoryMailer
from assay.adapters.memory import FixedClock
from assay.adapters.memory_subscriptions import MemorySubscriptions
from assay.adapters.memory_work import MemoryWork
from assay.crypto.keys import PrivateKey
from assay.errors import Forbidden, Hidden, Refused, Unavailable
from assay.formats import event as events
from assay.formats.event import Event
from assay.office import deliver
from assay.office.deliver import DELIVER, Deliverer, Said, announce, event_id, redeliver, try_out, undelivered
from assay.office.destination import Destinations
from assay.office.mail import Mail
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.subscription import Subscribing, Subscription, change, renew_secret, subscribe, unsubscribe
from assay.office.webhook import verify
from assay.worker.loop import Event as Ended
from assay.worker.loop import Worker

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
OFFICE = "https://office.example"
URL = "https://hooks.example/in?token=s3cret"
KEY = PrivateKey("ed25519", b"k" * 32)


class Receivers:
    """Answer as they are told to, by URL; ready to be asked what they were sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Sequence[int | Exception | Said]] = {}
        self.posts: list[tuple[str, bytes, dict[str, str]]] = []

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Said:
        count = sum(one == url for one, _, _ in self.posts)
        self.posts.append((url, body, headers))
        answers = self.answers.get(url, [200])
        answer = answers[min(count, len(answers) - 1)]
        if isinstance(answer, Exception):
            raise answer
        return Said(answer) if isinstance(answer, int) else answer


class FullMailbox(MemoryMailer):
    failure: Exception | None = None

    def send(self, mail: Mail) -> None:
        if self.failure:
            raise self.failure
        super().send(mail)


def caller(organisation: str = "org", role: Role = Role.PROVIDER_MEMBER) -> Caller:
    return Caller(
        at=NOON, id="account:pia", account="pia", organisation=organisation, roles=frozenset({role})
    )


PIA = caller()


class World:
    def __init__(self) -> None:
        self.clock, self.work, self.receivers, self.mailer = (
            FixedClock(NOON),
            MemoryWork(),
            Receivers(),
            FullMailbox(),
        )
        self.at = Subscribing(
            subscriptions=MemorySubscriptions(), destinations=Destinations(), clock=self.clock, entropy=CountingEntropy(), master=b"m" * 32, key=KEY,
        )  # fmt: skip
        self.ended: list[Ended] = []
        handler = Deliverer(self.at, self.receivers, self.mailer)
        self.worker = Worker(self.work, {DELIVER: handler}, self.clock, name="a", watch=self.ended.append)

    def webhook(self, url: str = URL, organisation: str = "org", types: Sequence[str] = ()) -> Subscription:
        return subscribe(self.at, caller(organisation), "webhook", url, types)

    def tell(
        self, kind: str = "result.published", audience: Sequence[str] | None = None, cause: str = "1"
    ) -> Event:
        event = Event(
            id=event_id(OFFICE, cause),
            type=kind,
            time=NOON,
            office=OFFICE,
            links={"result": f"{OFFICE}/results/{cause}"},
        )
        announce(self.at, self.work, event, audience)
        return event

    def pass_s(self, seconds: float) -> list[str]:
        """Move the clock on and work; how what was tried ended."""
        self.clock.moment += timedelta(seconds=seconds)
        self.ended.clear()
        while self.worker.step():
            pass
        return [one.ended for one in self.ended]

    def stored(self, one: Subscription) -> Subscription:
        found = self.at.subscriptions.get(one.id)
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    return World()


def test_a_subscriber_gets_an_event_once_signed_by_its_secret(world: World) -> None:
    one = world.webhook()
    event = world.tell()
    assert world.tell() == event
    assert world.pass_s(0) == ["done"]
    assert world.pass_s(9999) == []
    ((url, body, headers),) = world.receivers.posts
    assert url == URL
    assert events.parse(body) == event
    assert verify(headers, body, NOON, world.at.secrets(one)) == event.id
    assert verify(headers, body, NOON, keys=[KEY.public]) == event.id


def test_only_those_are_told_who_are_meant_and_listen(world: World) -> None:
    urls = {name: f"https://hooks.example/{name}" for name in ("org", "party", "other", "deaf", "off")}
    for name in ("org", "party", "other"):
        world.webhook(urls[name], name)
    world.webhook(urls["deaf"], "org", ["deadline.near"])
    change(world.at, PIA, world.webhook(urls["off"]).id, enabled=False)
    world.tell("notice.sent", ["org", "party"])
    world.pass_s(0)
    assert sorted(url for url, _, _ in world.receivers.posts) == [urls["org"], urls["party"]]
    world.receivers.posts.clear()
    world.tell("result.published", None, "2")
    world.pass_s(0)
    assert sorted(url for url, _, _ in world.receivers.posts) == [urls["org"], urls["other"], urls["party"]]


def test_a_receiver_that_is_away_gets_it_later_under_the_same_id_signed_anew(world: World) -> None:
    one = world.webhook()
    world.receivers.answers[URL] = [Unavailable("hooks.example: no answer"), 503, 200]
    world.tell()
    assert world.pass_s(0) == ["again"]
    assert world.pass_s(22) == []
    assert world.pass_s(8) == ["again"]
    renewed = renew_secret(world.at, PIA, one.id)
    assert world.pass_s(60) == ["done"]
    ids = {headers["webhook-id"] for _, _, headers in world.receivers.posts}
    times = [headers["webhook-timestamp"] for _, _, headers in world.receivers.posts]
    assert (len(ids), times) == (1, sorted(set(times)))
    _, body, headers = world.receivers.posts[-1]
    for secret in world.at.secrets(renewed):
        verify(headers, body, world.clock.moment, [secret])


def test_it_is_put_aside_after_twelve_attempts_and_sent_again_by_hand(world: World) -> None:
    one = world.webhook()
    world.receivers.answers[URL] = [500] * 12 + [200]
    event = world.tell()
    ends: list[str] = []
    while "dead" not in ends:
        ends += world.pass_s(8 * 3600)
    assert ends == ["again"] * 11 + ["dead"]
    (letter,) = undelivered(world.at, world.work, PIA, one.id)
    assert letter.why == "after 12 attempts: the receiver answers 500"
    assert world.stored(one).enabled
    key = f"{DELIVER}:{one.id}:{event.id}"
    assert redeliver(world.at, world.work, PIA, key)
    assert not redeliver(world.at, world.work, PIA, key)
    assert world.pass_s(600) == ["done"]
    assert undelivered(world.at, world.work, PIA, one.id) == ()


@pytest.mark.parametrize(
    "answer", [404, 301, Refused("an address of hooks.example is private; expected public ones only")]
)
def test_what_hardly_changes_is_tried_three_times(world: World, answer: int | Exception) -> None:
    world.webhook()
    world.receivers.answers[URL] = [answer]
    world.tell()
    ends = [how for _ in range(5) for how in world.pass_s(3600)]
    assert ends == ["again", "again", "dead"]


def test_a_receiver_that_is_gone_is_switched_off(world: World) -> None:
    one = world.webhook()
    world.receivers.answers[URL] = [410]
    world.tell()
    world.tell(cause="2")
    assert world.pass_s(0) == ["dead", "dead"]
    assert len(world.receivers.posts) == 1
    stored = world.stored(one)
    assert (stored.enabled, stored.because) == (False, "the receiver answers 410")
    assert [letter.why for letter in undelivered(world.at, world.work, PIA, one.id)][-1].startswith(
        ("the receiver", "the subscription")
    )
    change(world.at, PIA, one.id, enabled=True)
    world.receivers.answers[URL] = [200]
    for letter in undelivered(world.at, world.work, PIA, one.id):
        assert redeliver(world.at, world.work, PIA, letter.due.key)
    assert world.pass_s(0) == ["done", "done"]


def test_a_receiver_may_put_the_office_off(world: World) -> None:
    world.webhook()
    world.receivers.answers[URL] = [Said(429, "7200"), 200]
    world.tell()
    assert [world.pass_s(0), world.pass_s(7199), world.pass_s(1)] == [["again"], [], ["done"]]


def test_a_receiver_that_fails_is_left_alone_with_all_that_waits_for_it(world: World) -> None:
    world.webhook()
    world.webhook("https://quick.example/", "quick")
    world.receivers.answers[URL] = [Unavailable("hooks.example: no whole answer within 10 s")]
    for n in range(20):
        world.tell(cause=str(n))
    ends = world.pass_s(0)
    assert (ends.count("again"), ends.count("later"), ends.count("done")) == (1, 19, 20)
    assert sum(url == URL for url, _, _ in world.receivers.posts) == 1
    world.receivers.answers[URL] = [200]
    assert world.pass_s(15).count("done") == 19
    assert world.pass_s(3600) == ["done"]


def test_what_was_removed_or_switched_off_is_not_told(world: World) -> None:
    one, other = world.webhook(), world.webhook("https://other.example/")
    world.tell()
    unsubscribe(world.at, PIA, one.id)
    change(world.at, PIA, other.id, enabled=False)
    assert sorted(world.pass_s(0)) == ["dead", "done"]
    assert world.receivers.posts == []
    (letter,) = undelivered(world.at, world.work, PIA, other.id)
    assert letter.why == "the subscription is switched off: by its owner"


def test_mail_names_the_office_and_the_link(world: World) -> None:
    one = subscribe(world.at, PIA, "mail", "pia@lighthouse.example")
    event = world.tell()
    assert world.pass_s(0) == ["done"]
    (mail,) = world.mailer.sent
    assert (mail.to, mail.id) == ("pia@lighthouse.example", f"{event.id}-{one.id}")
    assert (
        mail.text
        == "a result was posted\n\nhttps://office.example/results/1\n\n-----\nhttps://office.example\n"
    )


@pytest.mark.parametrize(
    ("failure", "how"), [(Unavailable("no mail server"), "again"), (Refused("550 nobody"), "dead")]
)
def test_mail_that_cannot_be_sent(world: World, failure: Exception, how: str) -> None:
    subscribe(world.at, PIA, "mail", "pia@lighthouse.example")
    world.mailer.failure = failure
    world.tell()
    assert world.pass_s(0) == [how]
    if how == "again":
        for _ in range(11):
            ends = world.pass_s(8 * 3600)
        assert ends == ["dead"]


def test_it_can_be_tried_out_whatever_it_listens_to(world: World) -> None:
    one = world.webhook(types=["deadline.near"])
    change(world.at, PIA, one.id, enabled=False)
    first, second = (try_out(world.at, world.work, PIA, one.id, OFFICE) for _ in range(2))
    assert first.id != second.id
    assert world.pass_s(0) == ["done", "done"]
    assert {events.parse(body).type for _, body, _ in world.receivers.posts} == {"webhook.test"}


def test_deliveries_are_their_owners(world: World) -> None:
    one = world.webhook()
    world.receivers.answers[URL] = [410]
    event = world.tell()
    world.pass_s(0)
    key = f"{DELIVER}:{one.id}:{event.id}"
    with pytest.raises(Hidden):
        redeliver(world.at, world.work, caller("other"), key)
    with pytest.raises(Hidden):
        undelivered(world.at, world.work, caller("other"), one.id)
    with pytest.raises(Hidden):
        try_out(world.at, world.work, caller("other"), one.id, OFFICE)
    for odd in (
        "",
        "deliver",
        "deliver:",
        "deliver:sub_unheardof:x",
        "deadline:1",
        key.replace("deliver", "mail"),
    ):
        with pytest.raises(Hidden):
            redeliver(world.at, world.work, PIA, odd)
    with pytest.raises(Forbidden):
        redeliver(world.at, world.work, Caller.public(NOON), key)
    assert redeliver(world.at, world.work, caller("office", Role.ADMINISTRATOR), key)


def test_ids_follow_from_causes() -> None:
    assert event_id("a", "b") == event_id("a", "b")
    assert len({event_id(office, cause) for office in ("a", "b") for cause in ("a", "b")}) == 4
    assert (
        deliver.deliveries(
            Event(id=event_id("a", "b"), type="webhook.test", time=NOON, office="https://a.example"), [], NOON
        )
        == ()
    )
    assert msgspec.structs.fields(Said)[0].name == "status"
