"""What every store of due work keeps to."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select

from assay.adapters.memory_work import MemoryWork
from assay.adapters.sql.due import SqlWork, cancel_due, end_due, insert_due
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.errors import Unavailable
from assay.office.work import MAX_LEASE_S, MAX_PAYLOAD, Backlog, Claimed, Due, Lapsed, Work

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
Again = Callable[[], Work]


@pytest.fixture(params=["file", "postgres"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], SqlWork]]:
    """Opens one and the same database, as often as it is called."""
    engines = []

    def make() -> SqlWork:
        if request.param == "file":
            engines.append(SqlLedger.sqlite_engine(tmp_path / "office.sqlite"))
        else:
            engines.append(postgresql_engine(request.getfixturevalue("database"), "assay"))
        return SqlWork(engines[-1])

    yield make
    for one in engines:
        one.dispose()


@pytest.fixture(params=["memory", "file", "postgres"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    if request.param == "memory":
        yield MemoryWork()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlWork(engine)
    engine.dispose()


def due(key: str, *, kind: str = "remind", after_s: float = 0, payload: bytes = b"{}") -> Due:
    at = NOON + timedelta(seconds=after_s)
    return Due(key=key, kind=kind, subject=f"about-{key}", at=at, payload=payload)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def claim(
    work: Work, now: datetime = NOON, *, limit: int = 10, by: str = "a", kinds: tuple[str, ...] = ("remind",)
) -> list[Claimed]:
    return list(work.claim(kinds, now, limit, 30, by))


def keys(claims: list[Claimed]) -> list[str]:
    return [one.due.key for one in claims]


def test_gives_what_is_due_the_longest_due_first(work: Work) -> None:
    work.put([due("late", after_s=0.000_002), due("early", payload=b'{"n":1}'), due("not-yet", after_s=61)])
    found = claim(work, later(60))
    assert [one.due for one in found] == [due("early", payload=b'{"n":1}'), due("late", after_s=0.000_002)]
    assert {(one.worker, one.attempts, one.since, one.until) for one in found} == {
        ("a", 1, later(60), later(90))
    }
    assert claim(work, later(60), by="b") == []
    assert keys(claim(work, later(61), by="b")) == ["not-yet"]


def test_nothing_is_due_before_its_time(work: Work) -> None:
    work.put([due("one", after_s=1)])
    assert claim(work, later(0.999_999)) == []
    assert keys(claim(work, later(1))) == ["one"]


def test_claims_only_the_kinds_asked_for_and_at_most_the_limit(work: Work) -> None:
    work.put([due(f"{kind}-{n}", kind=kind, after_s=n) for n in range(5) for kind in ("remind", "deliver")])
    assert claim(work, later(9), kinds=()) == []
    assert keys(claim(work, later(9), kinds=("deliver",), limit=2)) == ["deliver-0", "deliver-1"]
    both = claim(work, later(9), kinds=("deliver", "remind", "deliver"), limit=3)
    assert keys(both)[:2] == ["remind-0", "remind-1"]
    assert both[2].due.at == later(2)
    rest = claim(work, later(9), kinds=("deliver", "remind", "unheard-of"), limit=100)
    assert len({*keys(both), *keys(rest)}) == 8


def test_the_same_key_is_the_same_work_also_when_it_is_done(work: Work) -> None:
    work.put([due("one"), due("one", kind="deliver")])
    work.put([due("one", after_s=-60)])
    (one,) = claim(work)
    assert one.due == due("one")
    work.done(one)
    work.put([due("one")])
    assert claim(work, later(10_000), kinds=("remind", "deliver")) == []


def test_the_lease_of_a_worker_that_died_lapses(work: Work) -> None:
    work.put([due("one")])
    (first,) = claim(work)
    assert claim(work, later(29), by="b") == []
    (second,) = claim(work, later(30), by="b")
    assert (second.due, second.attempts, second.worker) == (first.due, 2, "b")


def test_a_worker_that_is_late_may_still_end_what_nobody_took_over(work: Work) -> None:
    work.put([due("one")])
    (one,) = claim(work)
    work.done(one)
    assert claim(work, later(3000)) == []


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda work, one: work.done(one), id="done"),
        pytest.param(lambda work, one: work.failed(one, "why", later(1)), id="failed"),
        pytest.param(lambda work, one: work.release(one, later(1)), id="release"),
        pytest.param(lambda work, one: work.dead(one, "why"), id="dead"),
        pytest.param(lambda work, one: work.renew(one, later(1), 30), id="renew"),
    ],
)
@pytest.mark.parametrize("by", ["a", "b"], ids=["the same worker again", "another worker"])
def test_a_stale_worker_changes_nothing(work: Work, end: Callable[[Work, Claimed], None], by: str) -> None:
    work.put([due("one")])
    (stale,) = claim(work)
    (holder,) = claim(work, later(30), by=by)
    with pytest.raises(Lapsed, match="no longer a's"):
        end(work, stale)
    work.done(holder)
    with pytest.raises(Lapsed):
        end(work, holder)
    assert work.waiting(["remind"]) == (Backlog(kind="remind", waiting=0, dead=0, soonest=None),)


def test_a_renewed_lease_lasts_longer(work: Work) -> None:
    work.put([due("one")])
    (one,) = claim(work)
    work.renew(one, later(29), 30)
    assert claim(work, later(58), by="b") == []
    work.done(one)


def test_what_failed_comes_again_when_it_should(work: Work) -> None:
    work.put([due("one")])
    (first,) = claim(work)
    work.failed(first, "no answer", later(100))
    assert claim(work, later(99)) == []
    (second,) = claim(work, later(100))
    assert (second.attempts, second.claim > first.claim) == (2, True)
    work.release(second, later(100))
    (third,) = claim(work, later(100))
    assert third.attempts == 2


def test_whoever_put_it_back_holds_it_no_more(work: Work) -> None:
    work.put([due("one")])
    (one,) = claim(work)
    work.failed(one, "why", later(9))
    with pytest.raises(Lapsed):
        work.done(one)
    with pytest.raises(Lapsed):
        work.failed(one, "why", NOON)
    with pytest.raises(Lapsed):
        work.renew(one, later(9), 30)
    assert keys(claim(work, later(9))) == ["one"]


def test_what_is_dead_is_listed_and_can_be_put_back(work: Work) -> None:
    work.put([due("one"), due("two"), due("other", kind="deliver")])
    for n, one in enumerate(claim(work)):
        work.dead(one, f"because\0 {n}")
    (other,) = claim(work, later(50), kinds=("deliver",))
    work.dead(other, "x" * 5000)
    assert claim(work, later(9000), kinds=("remind", "deliver")) == []
    found = work.dead_letters(["remind", "deliver"], 10)
    assert [one.due.key for one in found] == ["other", "one", "two"]
    assert [(one.attempts, one.since) for one in found] == [(1, later(50)), (1, NOON), (1, NOON)]
    assert "because" in found[1].why
    assert [one.due.key for one in work.dead_letters(["remind"], 1)] == ["one"]
    assert [one.due.key for one in work.dead_letters(["remind"], 9, subject="about-two")] == ["two"]
    assert work.dead_letters(["deliver"], 9, subject="about-two") == ()
    assert work.again("one", later(60))
    assert not work.again("one", later(60))
    assert not work.again("unheard-of", later(60))
    assert claim(work, later(59)) == []
    (back,) = claim(work, later(60))
    assert (back.due, back.attempts) == (due("one"), 1)


def test_a_claim_of_before_it_was_put_back_is_stale(work: Work) -> None:
    work.put([due("one")])
    (old,) = claim(work)
    (holder,) = claim(work, later(30))
    work.dead(holder, "gone")
    work.again("one", later(31))
    (new,) = claim(work, later(31))
    assert (new.attempts, new.worker) == (1, old.worker)
    with pytest.raises(Lapsed):
        work.done(old)
    work.done(new)


def test_what_is_cancelled_is_never_done(work: Work) -> None:
    work.put([due("one"), due("two")])
    assert work.cancel("one")
    (two,) = claim(work)
    assert work.cancel("two")
    with pytest.raises(Lapsed):
        work.done(two)
    work.put([due("one")])
    assert claim(work, later(900)) == []
    assert [work.cancel(key) for key in ("one", "two", "unheard-of")] == [False, False, False]


def test_tells_how_much_waits(work: Work) -> None:
    work.put([due("a", after_s=5), due("b", after_s=3), due("c"), due("d"), due("e", kind="other")])
    first, second = claim(work)
    work.done(first)
    work.dead(second, "why")
    assert work.waiting(["remind", "deliver"]) == (
        Backlog(kind="deliver", waiting=0, dead=0, soonest=None),
        Backlog(kind="remind", waiting=2, dead=1, soonest=later(3)),
    )
    claim(work, later(3))
    assert work.waiting(["remind"])[0].soonest == later(5)


def test_forgets_what_ended_and_nothing_else(work: Work) -> None:
    work.put([due(key) for key in ("done", "dead", "waits", "cancelled")])
    found = {one.due.key: one for one in claim(work)}
    work.done(found["done"])
    work.dead(found["dead"], "why")
    work.failed(found["waits"], "why", later(50))
    work.cancel("cancelled")
    assert work.forget(NOON) == 0
    assert work.forget(later(1)) == 2
    work.put([due("done"), due("cancelled")])
    assert sorted(keys(claim(work, later(60)))) == ["cancelled", "done", "waits"]
    assert len(work.dead_letters(["remind"], 10)) == 1


def test_a_clock_that_goes_back_gives_nothing_twice(work: Work) -> None:
    work.put([due("one"), due("two", after_s=10)])
    (one,) = claim(work, later(5))
    assert claim(work, later(-100), by="b") == []
    assert claim(work, later(5), by="b") == []
    work.failed(one, "why", later(-50))
    assert keys(claim(work, later(-40), by="b")) == ["one"]


def test_a_clock_that_was_far_ahead_holds_nothing_up(work: Work) -> None:
    work.put([due("one"), due("deadline", after_s=200_000)])
    wrong = later(86_400)
    (stale,) = claim(work, wrong)
    assert claim(work, wrong + timedelta(seconds=-MAX_LEASE_S + 30), by="b") == []
    (one,) = claim(work, later(60), by="b")
    assert one.due.key == "one"
    with pytest.raises(Lapsed):
        work.done(stale)
    work.done(one)
    assert work.waiting(["remind"])[0].soonest == later(200_000)


def test_a_clock_that_was_far_ahead_brings_nothing_before_its_time(work: Work) -> None:
    """A deadline that a process with a wrong clock had claimed is due when it was, and not as soon as that is noticed."""
    day = 86_400.0
    work.put([due("deadline", after_s=day)])
    (early,) = claim(work, later(2 * day), by="ahead")
    assert early.due.at == later(day)
    assert claim(work, later(0), by="b") == []
    assert claim(work, later(day - 1), by="b") == []
    assert keys(claim(work, later(day), by="b")) == ["deadline"]


def test_ten_thousand_in_batches(work: Work) -> None:
    work.put([due(f"k{n}", after_s=n % 100) for n in range(10_000)])
    seen: list[str] = []
    while batch := claim(work, later(100), limit=1000):
        seen += keys(batch)
    assert len(seen) == 10_000
    assert set(seen) == {f"k{n}" for n in range(10_000)}
    assert work.waiting(["remind"])[0].waiting == 10_000


def test_no_two_claimers_get_the_same(work: Work) -> None:
    work.put([due(f"k{n}") for n in range(600)])
    seen: dict[str, list[str]] = {name: [] for name in "abcd"}
    failed: list[BaseException] = []

    def run(name: str) -> None:
        try:
            # Where rows are locked by others, a claim may come back short or empty: ask until all are taken.
            while sum(map(len, seen.values())) < 600:
                for one in claim(work, by=name, limit=7):
                    work.done(one)
                    seen[name].append(one.due.key)
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)
            seen[name] += [""] * 600

    threads = [threading.Thread(target=run, args=(name,)) for name in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed, failed
    everything = [key for found in seen.values() for key in found]
    assert sorted(everything) == sorted(f"k{n}" for n in range(600))


def test_odd_claims_are_refused(work: Work) -> None:
    for limit, lease_s in ((0, 30), (-1, 30), (1, 0), (1, MAX_LEASE_S + 1)):
        with pytest.raises(ValueError, match="a claim of"):
            work.claim(["remind"], NOON, limit, lease_s, "a")


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""}, {"key": "a b"}, {"key": "é"}, {"key": "k" * 301}, {"kind": "a\0"}, {"subject": "a\n"},
        {"at": NOON.replace(tzinfo=None)}, {"payload": b"x" * (MAX_PAYLOAD + 1)},
    ],
    ids=str,
)  # fmt: skip
def test_odd_work_is_refused(change: dict[str, object]) -> None:
    good = {"key": "k", "kind": "remind", "subject": "s", "at": NOON}
    Due(**good)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"work"):
        Due(**{**good, **change})  # type: ignore[arg-type]


def test_survives_being_opened_again(stored: Callable[[], SqlWork]) -> None:
    stored().put([due("one"), due("two")])
    claim(stored(), limit=1)
    assert keys(claim(stored())) == ["two"]
    assert sorted(keys(claim(stored(), later(30)))) == ["one", "two"]


effects = Table("effects", MetaData(), Column("n", Integer, primary_key=True))


def test_work_is_put_with_the_state_that_it_follows_from_or_not_at_all(stored: Callable[[], SqlWork]) -> None:
    work = stored()
    engine = work._engine
    effects.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(effects).values(n=1))
        insert_due(connection, [due("kept"), due("cancelled")])
        insert_due(connection, [])
        assert cancel_due(connection, ["cancelled", "unheard-of"]) == 1
    with engine.connect() as connection:
        connection.execute(insert(effects).values(n=2))
        insert_due(connection, [due("lost")])
        connection.rollback()
    assert keys(claim(work)) == ["kept"]


def test_an_effect_in_the_transaction_that_ends_the_work_takes_place_once(
    stored: Callable[[], SqlWork],
) -> None:
    work = stored()
    engine = work._engine
    effects.metadata.create_all(engine)
    work.put([due("deadline")])

    def take_effect(one: Claimed, n: int) -> None:
        with engine.begin() as connection:
            connection.execute(insert(effects).values(n=n))
            end_due(connection, one)

    (slow,) = claim(work)
    (quick,) = claim(work, later(30), by="b")
    take_effect(quick, 1)
    for one in (slow, quick):
        with pytest.raises(Lapsed):
            take_effect(one, 2)
    with engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(effects)).scalar_one() == 1
    assert claim(work, later(9000)) == []


def test_a_database_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    work = SqlWork(SqlLedger.sqlite_engine(tmp_path / "office.sqlite"))
    with work._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE due")
    for ask in (
        lambda: work.put([due("one")]),
        lambda: claim(work),
        lambda: work.waiting(["remind"]),
        lambda: work.cancel("one"),
    ):
        with pytest.raises(Unavailable, match="no such table"):
            ask()
    work._engine.dispose()
