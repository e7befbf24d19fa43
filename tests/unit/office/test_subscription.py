"""Who may hear of what, and by which secret."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.support.offices import CountingEntropy

from assay.adapters.memory import FixedClock
from assay.adapters.memory_subscriptions import MemorySubscriptions
from assay.errors import Forbidden, Hidden, Malformed, Refused
from assay.office import subscription as use
from assay.office.destination import Destinations
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller
from assay.office.subscription import MAX_SUBSCRIPTIONS, Subscribing, subscribe, subscriptions

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
URL = "https://hooks.example/in?token=s3cret"


def caller(organisation: str = "org", role: Role = Role.PROVIDER_MEMBER) -> Caller:
    return Caller(
        at=NOON, id="account:pia", account="pia", organisation=organisation, roles=frozenset({role})
    )


PIA = caller()


@pytest.fixture
def at() -> Subscribing:
    return Subscribing(
        subscriptions=MemorySubscriptions(), destinations=Destinations(), clock=FixedClock(NOON), entropy=CountingEntropy(),
        master=b"m" * 32,
    )  # fmt: skip


def test_subscribes_and_shows_an_organisation_its_own(at: Subscribing) -> None:
    first = subscribe(
        at, PIA, "webhook", "https://Hooks.Example:443/in?token=s3cret", ["result.published", "notice.sent"]
    )
    second = subscribe(at, PIA, "mail", "pia@lighthouse.example")
    subscribe(at, caller("other"), "webhook", URL)
    assert (first.target, first.types) == (URL, ("notice.sent", "result.published"))
    assert set(subscriptions(at, PIA)) == {first, second}
    assert [first.wants(one) for one in ("notice.sent", "deadline.near")] == [True, False]
    assert second.wants("deadline.near")
    assert "s3cret" not in repr(first)


@pytest.mark.parametrize(
    ("channel", "target", "kind"),
    [
        ("webhook", "http://hooks.example/", Refused), ("webhook", "https://127.0.0.1/", Refused), ("webhook", "https://hooks.example:22/", Refused),
        ("webhook", "pia@lighthouse.example", Malformed), ("mail", "https://hooks.example/", Malformed), ("mail", "a@b.example\nBcc: c@d.example", Malformed),
    ],
)  # fmt: skip
def test_odd_targets(at: Subscribing, channel: use.Channel, target: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        subscribe(at, PIA, channel, target)
    found = subscribe(at, PIA, channel, URL if channel == "webhook" else "pia@lighthouse.example")
    with pytest.raises(kind):
        use.change(at, PIA, found.id, target=target)
    assert subscriptions(at, PIA) == (found,)


def test_odd_events(at: Subscribing) -> None:
    with pytest.raises(Malformed, match=r"no event 'result\.lost', expected some of notice\.sent"):
        subscribe(at, PIA, "webhook", URL, ["result.lost"])


def test_there_may_not_be_too_many(at: Subscribing) -> None:
    for _ in range(MAX_SUBSCRIPTIONS):
        subscribe(at, PIA, "webhook", URL)
    with pytest.raises(Refused, match="20 subscriptions"):
        subscribe(at, PIA, "webhook", URL)
    subscribe(at, caller("other"), "webhook", URL)


def test_changes_and_removes(at: Subscribing) -> None:
    found = subscribe(at, PIA, "webhook", URL, ["notice.sent"])
    off = use.change(at, PIA, found.id, enabled=False)
    assert not off.wants("notice.sent")
    at.subscriptions.put(msgspec.structs.replace(off, because="gone", revision=2))
    on = use.change(at, PIA, found.id, enabled=True, types=[], target="https://other.example/")
    assert (on.enabled, on.because, on.types, on.target) == (True, "", (), "https://other.example/")
    use.unsubscribe(at, PIA, found.id)
    assert subscriptions(at, PIA) == ()


def test_a_former_secret_signs_for_a_day(at: Subscribing) -> None:
    found = subscribe(at, PIA, "webhook", URL)
    other = subscribe(at, PIA, "webhook", URL)
    before = use.secret_of(at, PIA, found.id)
    assert at.secrets(found) == (before,)
    assert use.secret_of(at, PIA, other.id) != before
    renewed = use.renew_secret(at, PIA, found.id)
    after = use.secret_of(at, PIA, found.id)
    assert at.secrets(renewed) == (after, before)
    clock = at.clock
    assert isinstance(clock, FixedClock)
    clock.moment += timedelta(hours=24)
    assert at.secrets(renewed) == (after, before)
    clock.moment += timedelta(microseconds=1)
    assert at.secrets(renewed) == (after,)
    assert use.secret_of(msgspec.structs.replace(at, master=b"M" * 32), PIA, found.id) != after


USES: list[Callable[[Subscribing, Caller, str], object]] = [
    lambda at, who, key: use.change(at, who, key, enabled=False),
    use.renew_secret,
    use.secret_of,
    use.unsubscribe,
]


@pytest.mark.parametrize("do", USES)
def test_another_organisation_finds_nothing(
    at: Subscribing, do: Callable[[Subscribing, Caller, str], object]
) -> None:
    found = subscribe(at, PIA, "webhook", URL)
    for who, key in ((caller("other"), found.id), (PIA, "sub_unheardof")):
        with pytest.raises(Hidden):
            do(at, who, key)
    for role in (Role.CI, Role.AUDITOR):
        with pytest.raises(Forbidden):
            do(at, caller("org", role), found.id)
    scoped = msgspec.structs.replace(PIA, scopes=frozenset({Action.SUBMISSION_READ}))
    with pytest.raises(Forbidden):
        do(at, scoped, found.id)
    assert subscriptions(at, PIA) == (found,)


def test_the_public_subscribes_to_nothing(at: Subscribing) -> None:
    for do in (
        lambda: subscribe(at, Caller.public(NOON), "webhook", URL),
        lambda: subscriptions(at, Caller.public(NOON)),
    ):
        with pytest.raises(Forbidden):
            do()
