"""What every store of requests under keys keeps to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import msgspec
import pytest

from assay.adapters.memory_repeats import MemoryRepeats
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.adapters.sql.repeats import SqlRepeats
from assay.errors import Duplicate, Refused, TooOften
from assay.office.repeats import LASTS, MAX_BODY, UNDER_WAY, Begun, Given, Repeats, begin, finish

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ONE = Begun(caller="account:a", key="k", request=b"\0" * 32, until=NOON + UNDER_WAY)
GIVEN = Given(status=201, headers=(("location", "/x"),), body=b"{}\xff\0")


@pytest.fixture(params=["memory", "file", "postgres"])
def repeats(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repeats]:
    if request.param == "memory":
        yield MemoryRepeats()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlRepeats(engine)
    engine.dispose()


def test_a_request_is_done_once_and_answered_again(repeats: Repeats) -> None:
    assert repeats.begin(ONE, NOON, 9) is None
    assert repeats.begin(msgspec.structs.replace(ONE, request=b"other"), NOON, 9) == ONE
    done = msgspec.structs.replace(ONE, given=GIVEN, until=NOON + LASTS)
    repeats.finish(done)
    assert repeats.begin(ONE, NOON + LASTS - timedelta(microseconds=1), 9) == done
    assert repeats.begin(ONE, NOON + LASTS, 9) is None


def test_a_key_is_its_callers(repeats: Repeats) -> None:
    repeats.begin(ONE, NOON, 9)
    assert repeats.begin(msgspec.structs.replace(ONE, caller="account:b"), NOON, 9) is None
    assert repeats.begin(msgspec.structs.replace(ONE, key="l"), NOON, 9) is None


def test_what_failed_is_forgotten(repeats: Repeats) -> None:
    repeats.begin(ONE, NOON, 9)
    repeats.forget(ONE.caller, ONE.key)
    repeats.forget(ONE.caller, ONE.key)
    assert repeats.begin(ONE, NOON, 9) is None
    repeats.forget(ONE.caller, ONE.key)
    repeats.finish(msgspec.structs.replace(ONE, given=GIVEN))
    assert repeats.begin(ONE, NOON, 9) is None


def test_a_caller_has_so_many_keys(repeats: Repeats) -> None:
    for name in "ab":
        assert repeats.begin(msgspec.structs.replace(ONE, key=name), NOON, 2) is None
    with pytest.raises(TooOften):
        repeats.begin(ONE, NOON, 2)
    assert repeats.begin(msgspec.structs.replace(ONE, caller="account:b"), NOON, 2) is None
    assert repeats.begin(ONE, NOON + UNDER_WAY, 2) is None


def test_of_many_at_once_one_does_it(repeats: Repeats) -> None:
    barrier, found = Barrier(4), []

    def ask() -> None:
        barrier.wait()
        found.append(repeats.begin(ONE, NOON, 9))

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one is None for one in found) == [False, False, False, True]


def test_another_request_under_a_key_is_refused(repeats: Repeats) -> None:
    assert begin(repeats, "a", "k", b"1", NOON) is None
    with pytest.raises(Duplicate, match="under way"):
        begin(repeats, "a", "k", b"1", NOON)
    with pytest.raises(Refused, match="another request"):
        begin(repeats, "a", "k", b"2", NOON)
    finish(repeats, "a", "k", b"1", GIVEN, NOON)
    assert begin(repeats, "a", "k", b"1", NOON) == GIVEN


@pytest.mark.parametrize("body", [None, b"x" * (MAX_BODY + 1)])
def test_what_is_not_kept_is_not_shown_again(repeats: Repeats, body: bytes | None) -> None:
    begin(repeats, "a", "k", b"1", NOON)
    finish(repeats, "a", "k", b"1", msgspec.structs.replace(GIVEN, body=body), NOON)
    with pytest.raises(Duplicate, match="once only"):
        begin(repeats, "a", "k", b"1", NOON)
