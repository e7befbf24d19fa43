"""Many threads, one commit: everybody gets the answer for their own entry."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.group_commit import GroupCommit
from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Appended, Held, Recorded, Wanted
from assay.office.sequencer import Sequencer
from assay.tlog.publish import published

KEYS = LOG.public(ORIGIN)


class Gate(SqlLedger):
    """A ledger that waits for the test before each commit, and tells how wide it was."""

    def __init__(self, path: Path) -> None:
        super().__init__(SqlLedger.sqlite_engine(path))
        self.open, self.widths, self.waiting = threading.Semaphore(0), list[int](), False

    def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
        self.waiting = True
        assert self.open.acquire(timeout=20)
        self.waiting = False
        self.widths.append(len(wanted))
        if any(one.leaf == b"poison" for one in wanted):
            raise ZeroDivisionError("a fault of ours")
        return super().record(wanted, seconds)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "office.sqlite")


@pytest.fixture
def tiles() -> MemoryTiles:
    return MemoryTiles()


@pytest.fixture
def register(gate: Gate, tiles: MemoryTiles) -> Iterator[GroupCommit]:
    made = GroupCommit(Sequencer(gate, tiles, LOG, ORIGIN, FixedClock(NOW)), every=0.01)
    yield made
    for _ in range(100):
        gate.open.release()
    made.close()


def waits(condition: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if condition():
            return
        threading.Event().wait(0.001)
    pytest.fail("it did not happen in 20 seconds")


def started(
    register: GroupCommit, leaves: Sequence[bytes], answers: dict[bytes, object]
) -> list[threading.Thread]:
    def run(leaf: bytes) -> None:
        try:
            answers[leaf] = register.append(Wanted(leaf, b"[]"))
        except Unavailable as error:
            answers[leaf] = error

    threads = [threading.Thread(target=run, args=(leaf,)) for leaf in leaves]
    for thread in threads:
        thread.start()
    return threads


def test_what_waits_goes_together_and_each_gets_its_own(register: GroupCommit, gate: Gate) -> None:
    answers: dict[bytes, object] = {}
    leaves = [b"leaf %d" % at for at in range(40)]
    threads = started(register, leaves[:1], answers)
    waits(lambda: gate.waiting)
    threads += started(register, leaves[1:], answers)
    waits(lambda: len(register._waiting) == 39)
    for _ in threads:
        gate.open.release()
    for thread in threads:
        thread.join(20)
    assert gate.widths == [1, 39]
    for leaf, answer in answers.items():
        assert isinstance(answer, Appended)
        assert answer.wanted.leaf == leaf
        assert register.leaf(answer.index) == leaf
    assert sorted(one.index for one in answers.values() if isinstance(one, Appended)) == list(range(40))


def test_a_single_entry_waits_for_nobody(register: GroupCommit, gate: Gate) -> None:
    gate.open.release()
    assert register.append(Wanted(b"alone", b"[]")).index == 0
    assert gate.widths == [1]


def test_our_own_fault_is_told_and_the_next_one_is_taken(register: GroupCommit, gate: Gate) -> None:
    gate.open.release()
    with pytest.raises(Unavailable, match="the register failed: a fault of ours"):
        register.append(Wanted(b"poison", b"[]"))
    gate.open.release()
    assert register.append(Wanted(b"good", b"[]")).index == 0


def test_an_entry_that_cannot_be_stored_keeps_no_other_out(register: GroupCommit, gate: Gate) -> None:
    told = queue.SimpleQueue[Sequence[object]]()
    spoilt = Wanted(b"spoilt", b"[]", held=(Held("org", Digest.sha256(b"too much"), 2**70),))
    for one in (Wanted(b"first", b"[]"), spoilt, Wanted(b"last", b"[]")):
        register.put((one,), told.put)
    gate.open.release(3)
    (first,), (bad,), (last,) = (told.get(timeout=20) for _ in range(3))
    assert isinstance(first, Appended)
    assert isinstance(last, Appended)
    assert (first.index, last.index) == (0, 1)
    assert type(bad) is Unavailable


def test_one_who_has_gone_takes_no_answers_along(register: GroupCommit, gate: Gate) -> None:
    def gone(answers: object) -> None:
        raise RuntimeError("the loop is closed")

    told = queue.SimpleQueue[Sequence[object]]()
    register.put((Wanted(b"of one who has gone", b"[]"),), gone)
    register.put((Wanted(b"of one who waits", b"[]"),), told.put)
    gate.open.release(2)
    (answer,) = told.get(timeout=20)
    assert isinstance(answer, Appended)
    assert answer.index == 1


def test_what_is_handed_in_together_goes_together(
    register: GroupCommit, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.adapters.group_commit.MAX_BATCH", 4)
    told = queue.SimpleQueue[Sequence[object]]()
    register.put((Wanted(b"first", b"[]"),), told.put)
    waits(lambda: gate.waiting)
    for size in (3, 2, 5):
        register.put([Wanted(b"%d of %d" % (at, size), b"[]") for at in range(size)], told.put)
    gate.open.release(4)
    answers = [told.get(timeout=20) for _ in range(4)]
    assert gate.widths == [1, 3, 2, 5]  # no put is split, though the last one is wider than a commit
    assert [one.index for each in answers for one in each if isinstance(one, Appended)] == list(range(11))


def test_tiles_follow_and_closing_publishes_the_rest(gate: Gate, tiles: MemoryTiles) -> None:
    register = GroupCommit(Sequencer(gate, tiles, LOG, ORIGIN, FixedClock(NOW)), every=30)
    for at in range(5):
        gate.open.release()
        register.append(Wanted(b"%d" % at, b"[]"))
    register.close()
    signed = published(tiles, KEYS)
    assert signed is not None
    assert signed.checkpoint.size == 5
    with pytest.raises(Unavailable, match="is closed"):
        register.append(Wanted(b"late", b"[]"))


def test_no_more_wait_than_may(register: GroupCommit, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.adapters.group_commit.MAX_WAITING", 2)
    answers: dict[bytes, object] = {}
    threads = started(register, [b"one"], answers)
    waits(lambda: gate.waiting)
    threads += started(register, [b"two", b"three"], answers)
    waits(lambda: len(register._waiting) == 2)
    with pytest.raises(Unavailable, match="2 entries wait"):
        register.append(Wanted(b"four", b"[]"))
    for _ in range(4):
        gate.open.release()
    for thread in threads:
        thread.join(20)
    assert all(isinstance(one, Appended) for one in answers.values())
