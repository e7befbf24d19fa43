"""What every store of subscriptions keeps to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from assay.adapters.memory_subscriptions import MemorySubscriptions
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.adapters.sql.subscriptions import SqlSubscriptions
from assay.errors import Refused
from assay.office.subscription import Subscription, Subscriptions

NOON = datetime(2026, 11, 2, 12, 0, 0, 7, tzinfo=UTC)


@pytest.fixture(params=["memory", "file", "postgres"])
def subscriptions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subscriptions]:
    if request.param == "memory":
        yield MemorySubscriptions()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlSubscriptions(engine)
    engine.dispose()


def subscription(key: str, organisation: str = "org") -> Subscription:
    return Subscription(
        id=key,
        organisation=organisation,
        channel="webhook",
        target="https://hooks.example/x",
        types=("notice.sent", "result.published"),
        made=NOON,
        made_by="account:pia",
    )


def test_keeps_what_is_put(subscriptions: Subscriptions) -> None:
    assert subscriptions.get("a") is None
    for one in (subscription("b"), subscription("a", "other"), subscription("c")):
        subscriptions.put(one)
        assert subscriptions.get(one.id) == one
    assert subscriptions.of(["org"]) == (subscription("b"), subscription("c"))
    assert [one.id for one in subscriptions.of(["org", "other", "org"])] == ["a", "b", "c"]
    assert [one.id for one in subscriptions.of(None)] == ["a", "b", "c"]
    assert subscriptions.of([]) == ()
    subscriptions.remove("b")
    subscriptions.remove("b")
    assert [one.id for one in subscriptions.of(["org"])] == ["c"]


def test_a_change_follows_what_is_stored(subscriptions: Subscriptions) -> None:
    first = subscription("a")
    subscriptions.put(first)
    second = msgspec.structs.replace(
        first,
        enabled=False,
        because="gone",
        secret=2,
        replaced=NOON + timedelta(days=1),
        types=(),
        revision=1,
    )
    subscriptions.put(second)
    assert subscriptions.get("a") == second
    for late in (first, second, msgspec.structs.replace(first, revision=3)):
        with pytest.raises(Refused, match="changed meanwhile"):
            subscriptions.put(late)
    with pytest.raises(Refused, match="changed meanwhile"):
        subscriptions.put(msgspec.structs.replace(subscription("new"), revision=1))
    assert subscriptions.get("a") == second
