"""A worker step by step under a simulated clock, and running in threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.adapters.memory import FixedClock
from assay.adapters.memory_work import MemoryWork
from assay.adapters.system import SystemClock
from assay.errors import Malformed, Unavailable
from assay.office.retry import Retry
from assay.office.work import Again, Claimed, Due, Ended, Handler, Lapsed, Later, Outcome, Over, Schedule
from assay.worker.loop import Event, Settings, Worker

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
EXACT = Retry(spread=0)
UNRECORDED = Settings().unrecorded
UNTOLD = (
    f"given up after {UNRECORDED} attempts; how the last one ended is not known: it was not recorded, as when a worker is killed or hangs, "
    "or the store does not answer"
)


class Office:
    """A store of work, a clock that is moved by hand, and a worker."""

    def __init__(self, handler: Handler, *, schedules: tuple[Schedule, ...] = ()) -> None:
        self.work, self.clock = MemoryWork(), FixedClock(NOON)
        self.events: list[Event] = []
        self.worker = Worker(
            self.work,
            {"remind": handler},
            self.clock,
            name="a",
            retries={"remind": EXACT},
            schedules=schedules,
            watch=self.events.append,
        )

    def put(self, *keys: str, after_s: float = 0) -> None:
        at = NOON + timedelta(seconds=after_s)
        self.work.put([Due(key=key, kind="remind", subject="s", at=at) for key in keys])

    def pass_s(self, seconds: float) -> int:
        """Move the clock on, and work."""
        self.clock.moment += timedelta(seconds=seconds)
        return self.worker.step()

    @property
    def ended(self) -> list[tuple[str, str]]:
        return [(one.claimed.due.key, one.ended) for one in self.events]


def test_does_what_is_due_and_nothing_twice() -> None:
    seen: list[str] = []
    office = Office(lambda one: seen.append(one.due.key))
    office.put("now")
    office.put("later", after_s=10)
    assert [office.pass_s(0), office.pass_s(9), office.pass_s(1), office.pass_s(9000)] == [1, 0, 1, 0]
    assert seen == ["now", "later"]
    assert office.ended == [("now", "done"), ("later", "done")]


def test_what_fails_comes_again_after_longer_and_longer_pauses_and_is_given_up() -> None:
    def fails(_: Claimed) -> None:
        raise Unavailable("the disk is full") from OSError("no space")

    office = Office(fails)
    office.put("one")
    office.pass_s(0)
    for pause_s in (5, 10, 20):
        assert office.pass_s(pause_s - 1) == 0
        assert office.pass_s(1) == 1
    for _ in range(16):
        office.pass_s(3600)
    assert [how for _, how in office.ended] == ["again"] * 19 + ["dead"]
    (letter,) = office.work.dead_letters(["remind"], 9)
    assert letter.why == "after 20 attempts: the disk is full; because OSError: no space"
    assert office.pass_s(99_999) == 0
    assert office.work.again("one", office.clock.now())
    assert office.pass_s(0) == 1
    assert office.ended[-1] == ("one", "again")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Malformed("result is not JSON"), "result is not JSON"),
        (KeyError("name"), "KeyError: 'name'"),
        (ValueError("a\nb\x1b[31m" + "x" * 400), "ValueError: a b[31mxxx"),
        (RecursionError(), "RecursionError: "),
    ],
)
def test_any_exception_is_kept_as_the_reason(error: Exception, why: str) -> None:
    def fails(_: Claimed) -> None:
        raise error

    office = Office(fails)
    office.put("one", "two")
    assert office.pass_s(0) == 2
    assert [one.ended for one in office.events] == ["again", "again"]
    assert office.events[0].why.startswith(why)
    assert len(office.events[0].why) < 400


@pytest.mark.parametrize(
    ("outcome", "how"),
    [
        (None, "done"),
        (Again("busy"), "again"),
        (Again("busy", NOON + timedelta(seconds=77)), "again"),
        (Later(NOON + timedelta(seconds=77)), "later"),
        (Over("gone"), "dead"),
    ],
    ids=str,
)
def test_a_handler_says_how_it_ended(outcome: Outcome, how: str) -> None:
    office = Office(lambda _: outcome)
    office.put("one")
    office.pass_s(0)
    assert office.ended == [("one", how)]
    if isinstance(outcome, Again | Later) and outcome.at:
        assert (office.pass_s(76), office.pass_s(1)) == (0, 1)
        assert office.events[-1].claimed.attempts == (1 if isinstance(outcome, Later) else 2)
    if isinstance(outcome, Over):
        assert office.work.dead_letters(["remind"], 1)[0].why == "gone"


def test_a_handler_that_recorded_the_end_itself() -> None:
    def ends(one: Claimed) -> Outcome:
        office.work.done(one)
        return Ended()

    office = Office(ends)
    office.put("one")
    office.pass_s(0)
    assert office.ended == [("one", "done")]


def test_a_handler_that_takes_longer_than_its_lease_takes_no_effect() -> None:
    def slow(one: Claimed) -> Outcome:
        if one.attempts == 1:
            office.clock.moment += timedelta(seconds=61)
            other.step()
        return None

    office = Office(slow)
    other = Worker(office.work, {"remind": slow}, office.clock, name="b", watch=office.events.append)
    office.put("one")
    office.pass_s(0)
    assert [(one.claimed.worker, one.ended) for one in office.events] == [("b", "done"), ("a", "lapsed")]
    assert office.pass_s(9000) == 0


def test_a_handler_whose_own_transaction_was_refused() -> None:
    def late(_: Claimed) -> None:
        raise Lapsed("work one is no longer a's")

    office = Office(late)
    office.put("one")
    office.pass_s(0)
    assert office.ended == [("one", "lapsed")]


class Broken(MemoryWork):
    """A store that is gone when work is to be ended."""

    gone = False

    def done(self, claimed: Claimed) -> None:
        if self.gone:
            raise Unavailable("the office's database: gone")
        super().done(claimed)

    def claim(self, *args: object, **named: object) -> tuple[Claimed, ...]:
        if self.gone:
            raise Unavailable("the office's database: gone")
        return super().claim(*args, **named)  # type: ignore[arg-type]


def test_work_whose_end_could_not_be_recorded_is_done_again() -> None:
    seen: list[int] = []

    def handler(one: Claimed) -> None:
        seen.append(one.attempts)
        office.work.gone = one.attempts == 1  # type: ignore[attr-defined]

    office = Office(handler)
    office.work = Broken()
    office.worker._work = office.work
    office.put("one")
    office.pass_s(0)
    office.work.gone = False
    assert [office.pass_s(59), office.pass_s(1)] == [0, 1]
    assert (seen, office.ended) == ([1, 2], [("one", "unrecorded"), ("one", "done")])


def test_a_schedule_is_work_once_in_an_interval_whoever_puts_it() -> None:
    seen: list[datetime] = []
    every = (Schedule("remind", 3600),)
    office = Office(lambda one: seen.append(one.due.at), schedules=every)
    other = Worker(office.work, {}, office.clock, name="b", schedules=every)
    for seconds in (0, 10, 1800, 1790, 3600 * 5, 1):
        other.step()
        office.pass_s(seconds)
        other.step()
        office.worker.step()
    assert seen == [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=6)]


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(30)
    assert not thread.is_alive()


def until(check: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(3000):
        if check():
            return
        waited.wait(0.01)
    raise AssertionError("it did not happen within 30 s")


def put(work: MemoryWork, count: int) -> None:
    work.put([Due(key=f"k{n}", kind="remind", subject="s", at=NOON) for n in range(count)])


def test_in_threads_all_is_done_once() -> None:
    work, seen = MemoryWork(), list[str]()
    put(work, 500)
    handlers = {"remind": lambda one: seen.append(one.due.key)}
    worker = Worker(work, handlers, SystemClock(), name="a", settings=Settings(idle_s=3600))
    with running(worker):
        until(lambda: len(seen) == 500)
    assert len(set(seen)) == 500
    assert work.waiting(["remind"])[0].waiting == 0
    assert worker.busy() == 0


def test_a_ring_wakes_it() -> None:
    work, seen = MemoryWork(), list[str]()
    handlers = {"remind": lambda one: seen.append(one.due.key)}
    worker = Worker(work, handlers, SystemClock(), name="a", settings=Settings(idle_s=3600))

    def rung() -> bool:
        worker.ring()
        return bool(seen)

    with running(worker):
        put(work, 1)
        until(rung)
    assert seen == ["k0"]


def test_gives_way_to_what_is_more_urgent_for_a_while() -> None:
    work, seen, urgent = MemoryWork(), list[str](), threading.Event()
    urgent.set()
    worker = Worker(
        work, {"remind": lambda one: seen.append(one.due.key)}, SystemClock(), name="a",
        settings=Settings(threads=1, idle_s=0.01, yield_s=0.3), gives_way=urgent.is_set,
    )  # fmt: skip
    put(work, 4)
    with running(worker):
        until(lambda: worker.busy() == 4)
        assert not seen
        until(lambda: len(seen) == 1)
        assert worker.busy() >= 2, "the others wait again"
        urgent.clear()
        until(lambda: len(seen) == 4)


def test_what_was_not_begun_goes_back_when_it_stops() -> None:
    work = MemoryWork()
    put(work, 8)
    begun, go = threading.Event(), threading.Event()

    def handler(_: Claimed) -> None:
        begun.set()
        go.wait(30)

    worker = Worker(work, {"remind": handler}, SystemClock(), name="a", settings=Settings(threads=1, ahead=8))
    with running(worker):
        assert begun.wait(30)
        until(lambda: worker.busy() == 8)
        worker.stop()
        go.set()
    back = work.claim(["remind"], SystemClock().now(), 99, 60, "b")
    assert len(back) == 7
    assert {one.attempts for one in back} == {1}


def test_leases_of_what_is_being_done_are_renewed_but_not_for_ever() -> None:
    office = Office(lambda _: None)
    office.put("one")
    office.worker._claim(1)
    office.worker._settings = Settings(lease_s=1, hold_s=900)
    (held,) = office.worker._held.values()
    office.clock.moment += timedelta(seconds=59)
    office.worker._held["one"] = (held[0], held[1], held[2] - 1)
    office.worker.renew()
    assert office.work.waiting(["remind"])[0].soonest == NOON + timedelta(seconds=60)
    office.worker._held["one"] = (held[0], held[1] - 901, held[2] - 901)
    office.clock.moment += timedelta(seconds=0.5)
    office.worker.renew()
    assert office.work.waiting(["remind"])[0].soonest == NOON + timedelta(seconds=60)


def test_goes_on_when_the_store_is_back() -> None:
    work, seen = Broken(), list[str]()
    put(work, 1)
    work.gone = True
    worker = Worker(
        work, {"remind": lambda one: seen.append(one.due.key)}, SystemClock(), name="a", settings=Settings(idle_s=0.01)
    )  # fmt: skip
    with running(worker):
        until(lambda: worker.trouble != "")
        assert worker.trouble == "the office's database: gone"
        work.gone = False
        until(lambda: len(seen) == 1)
        until(lambda: worker.trouble == "")


class Odd(MemoryWork):
    """A store with a fault of ours, which is no error of ours."""

    fault = True

    def claim(self, *arguments: Any, **named: Any) -> tuple[Claimed, ...]:
        if self.fault:
            raise RuntimeError("a row that nobody can read")
        return super().claim(*arguments, **named)

    def renew(self, claimed: Claimed, now: datetime, lease_s: float) -> None:
        raise RuntimeError("no lease")

    def done(self, claimed: Claimed) -> None:
        if claimed.due.key.endswith("0"):
            raise RuntimeError("not this one")
        super().done(claimed)


def test_a_fault_of_the_store_ends_no_thread() -> None:
    work, seen, events = Odd(), list[str](), list[Event]()
    put(work, 3)
    worker = Worker(
        work,
        {"remind": lambda one: seen.append(one.due.key)},
        SystemClock(),
        name="a",
        settings=Settings(idle_s=0.01),
        watch=events.append,
    )
    with running(worker):
        until(lambda: worker.trouble != "")
        assert worker.trouble == "RuntimeError: a row that nobody can read"
        work.fault = False
        until(lambda: len(events) == 3)
        assert worker.runs
    ended = {one.claimed.due.key: (one.ended, one.why) for one in events}
    first = next(key for key in ended if key.endswith("0"))
    assert ended.pop(first) == ("unrecorded", "RuntimeError: not this one")
    assert set(ended.values()) == {("done", "")}


def test_a_lease_that_cannot_be_renewed_keeps_no_other_from_it() -> None:
    office = Office(lambda _: None)
    office.put("one")
    office.worker._claim(1)
    office.worker._work = Odd()
    held = office.worker._held["one"]
    office.worker._held["one"] = (held[0], held[1], held[2] - 300)
    office.worker.renew()
    assert office.worker.trouble == "RuntimeError: no lease"


def test_what_cannot_be_asked_before_work_leaves_no_claim_behind() -> None:
    work = MemoryWork()
    put(work, 2)

    def gives_way() -> bool:
        raise RuntimeError("nobody knows")

    worker = Worker(work, {"remind": lambda _: None}, SystemClock(), name="a", gives_way=gives_way)
    for claimed in worker._claim(2):
        worker._do_or_release(claimed)
    assert worker.busy() == 0
    assert worker.trouble == "RuntimeError: nobody knows"


def test_work_that_kills_its_worker_each_time_is_given_up() -> None:
    """Nothing is recorded of an attempt that ended with the process; only that it was made."""
    office = Office(lambda _: None)
    office.put("deadly")
    for _ in range(UNRECORDED):
        office.clock.moment += timedelta(seconds=100)
        assert len(office.worker._claim(1)) == 1
        office.worker._held.clear()
    office.pass_s(100)
    (dead,) = office.work.dead_letters(["remind"], 9)
    assert dead.why == UNTOLD


def test_a_machine_that_goes_off_again_and_again_costs_no_deadline() -> None:
    done: list[str] = []
    office = Office(lambda one: done.append(one.due.key))
    office.put("deadline")
    for _ in range(5 * EXACT.attempts):
        office.clock.moment += timedelta(seconds=100)
        assert len(office.worker._claim(1)) == 1
        office.worker._held.clear()
    office.pass_s(100)
    assert done == ["deadline"]
    assert office.work.dead_letters(["remind"], 9) == ()


def test_work_whose_end_is_never_recorded_is_given_up_for_that() -> None:
    """Its handler came to an end each time: nobody may read that the worker was killed."""

    def handler(_: Claimed) -> None:
        office.work.gone = True  # type: ignore[attr-defined]

    office = Office(handler)
    office.work = office.worker._work = Broken()
    office.put("one")
    for _ in range(UNRECORDED + 1):
        office.pass_s(100)
        office.work.gone = False
    assert [how for _, how in office.ended] == ["unrecorded"] * UNRECORDED + ["dead"]
    (dead,) = office.work.dead_letters(["remind"], 9)
    assert dead.why == UNTOLD


def test_odd_settings_are_refused() -> None:
    for odd in ({"threads": 0}, {"ahead": 0}, {"lease_s": 0.5}, {"lease_s": 3601}):
        with pytest.raises(ValueError, match="a worker of"):
            Settings(**odd)
