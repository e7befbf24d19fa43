"""Many front ends, one sequencer: leaders that are paused, killed or overtaken, databases that go, come back or are old.

After each fault one oracle re-verifies the whole register and finds every acknowledged entry exactly once.
"""

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import msgspec
import psycopg
import pytest
from tests.support.front_ends import (
    LEASE,
    NOW,
    SECONDS,
    Acknowledged,
    Worker,
    acknowledged,
    eventually,
    front_end,
    leading,
    oracle,
    shared,
    wait_until,
    wanted,
)
from tests.support.offices import LOG, ORIGIN
from tests.support.postgres import Cluster

from assay.adapters.refusal import Refusal
from assay.adapters.sql import queue
from assay.adapters.sql.front_end import FrontEnd
from assay.adapters.sql.leader import Own, Term
from assay.adapters.sql.lease import Lease, name_of
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import MOST, Session, session
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.waiting import Deliver, Put
from assay.errors import AssayError, Duplicate, Malformed, Refused, Unavailable
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint
from assay.tlog.ports import CHECKPOINT
from assay.tlog.publish import published

Open = Callable[..., FrontEnd]


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    return FolderTiles.make(tmp_path / "tiles").folder


@pytest.fixture
def open_front(database: str, tiles: Path) -> Iterator[Open]:
    """``open_front(ready=...)``: a front end, closed at the end."""
    opened: list[FrontEnd] = []

    def make(
        url: str = database, ready: Callable[[Sequencer], None] = lambda _: None, lease: float = LEASE
    ) -> FrontEnd:
        opened.append(front_end(url, tiles, ready, lease))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def workers(database: str, tiles: Path) -> Iterator[Callable[[str], Worker]]:
    begun: list[Worker] = []

    def begin(name: str) -> Worker:
        begun.append(Worker(database, tiles, name))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def ends(begun: list[Worker]) -> list[Acknowledged]:
    for one in begun:
        one.end()
    return [line for one in begun for line in one.acknowledged]


# The lease.


@pytest.fixture
def ready(database: str, tiles: Path) -> str:
    """URL of a database with an office's tables and three entries."""
    one = front_end(database, tiles)
    for name in ("first", "second", "third"):
        one.append(wanted(name))
    one.close()
    return database


def taken_by(lease: Lease) -> int:
    """The epoch, once the lease has lapsed."""
    taken: list[int] = []

    def take() -> bool:
        epoch = lease.take()
        taken.extend([] if epoch is None else [epoch])
        return bool(taken)

    wait_until(take, "the lease lapses")
    return taken[0]


def test_one_holds_the_lease_until_it_lapses(ready: str) -> None:
    with session(ready, "a") as first, session(ready, "b") as second:
        old, new = Lease(first, "old", 0.5), Lease(second, "new", 0.5)
        epoch = old.take()
        assert epoch is not None
        assert new.take() is None
        assert old.renew()
        assert taken_by(new) == epoch + 1
        assert not old.renew()
        old.release()
        assert new.renew(), "the old holder's release took the lease from the new one"


def test_a_lease_that_is_released_is_free_at_once(ready: str) -> None:
    with session(ready, "a") as first, session(ready, "b") as second:
        old, new = Lease(first, "old", 3600), Lease(second, "new", 3600)
        epoch = old.take()
        assert epoch is not None
        old.release()
        assert new.take() == epoch + 1


def test_of_many_that_grasp_for_a_lapsed_lease_one_gets_it(ready: str) -> None:
    for _ in range(5):
        taken: list[int] = []

        def grasp(name: str, into: list[int] = taken) -> None:
            with session(ready, name) as connection:
                epoch = Lease(connection, name, 0.2).take()
                if epoch is not None:
                    into.append(epoch)

        threads = [Thread(target=grasp, args=(f"candidate {at}",)) for at in range(6)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) <= 1 or time.monotonic() - began > 0.2, "it lapsed among them"
        wait_until(lambda: not leading(ready), "the lease lapses")


def test_a_leader_asleep_in_its_transaction_keeps_nobody_waiting(ready: str) -> None:
    """It would hold the head row's lock for as long as it sleeps: its successor ends the session."""
    with session(ready, "a") as first, session(ready, "b") as second:
        epoch = Lease(first, "asleep", 0.2).take()
        assert epoch is not None
        with psycopg.connect(ready, application_name=name_of("asleep")) as sleeping:
            sleeping.execute("SELECT * FROM head FOR UPDATE")
            wait_until(lambda: not leading(ready), "the lease lapses")
            assert Lease(second, "awake", 5).take() == epoch + 1
            with pytest.raises(psycopg.OperationalError):
                sleeping.execute("UPDATE head SET size = 1")


# One term after another, at every point between recording and answering.


def unqueued(handed: Sequence[Wanted], _: Deliver) -> None:
    raise AssertionError(f"{len(handed)} entries go through the queue")


def term(
    url: str, connection: Session, name: str, tiles: Path, now_days: int = 0, queued: Put = unqueued
) -> Term:
    epoch = taken_by(Lease(connection, name, 0.2))
    return Term(shared(url, tiles, NOW + timedelta(days=now_days)), connection, name, epoch, queued)


def test_a_batch_that_its_leader_did_not_sign_is_signed_by_the_next(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "b") as second, session(ready, "front") as front:
        old = term(ready, first, "old", tiles)
        old.begin()
        queue.put(front, "front", 1, [queue.encode(wanted("fourth")), queue.encode(wanted("first"))])
        hand_out = old._hand_out
        old._hand_out = lambda *_: None  # type: ignore[method-assign]  # it is paused here
        assert old.batch()
        old._hand_out = hand_out  # type: ignore[method-assign]
        assert queue.collect(front, "front", [1]) == [], "an answer without a signature"

        new = term(ready, second, "new", tiles)
        with pytest.raises(Unavailable, match="another process sequences"):
            hand_out(old._batch, b"a checkpoint", ())
        assert queue.collect(front, "front", [1]) == []
        new.begin()
        (answered,) = queue.collect(front, "front", [1])
        index, refusal = answered.answers.each
        assert index == 3
        assert isinstance(refusal, Refusal)
        assert isinstance(refusal.error, Duplicate)
        signed = checkpoint.open_(answered.batch.checkpoint, LOG.public(ORIGIN)).checkpoint
        assert signed.size == 4

        queue.put(front, "front", 2, [queue.encode(wanted("fifth"))])
        with pytest.raises(Unavailable):
            old.batch()
        assert new.batch()
        assert [one.answers.each for one in queue.collect(front, "front", [1, 2])][1] == (4,)
        old.close()
        new.close()
    assert oracle(ready, tiles, []) == 5


class Sleeping:
    """Tiles whose next write of *path* waits for *meanwhile*: the epoch was looked at before."""

    def __init__(self, inner: FolderTiles) -> None:
        self.inner = inner
        self.path = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def read(self, path: str, *, limit: int) -> bytes | None:
        return self.inner.read(path, limit=limit)

    def write(self, path: str, data: bytes) -> None:
        self._sleep(path)
        self.inner.write(path, data)

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._sleep("tiles")
        self.inner.write_many(files)

    def remove(self, path: str) -> None:
        self.inner.remove(path)

    def _sleep(self, path: str) -> None:
        if path == self.path:
            self.path = ""
            self.meanwhile()


@pytest.mark.parametrize("path", ["tiles", CHECKPOINT])
def test_a_leader_that_slept_while_it_published_takes_nothing_back(
    path: str, ready: str, tiles: Path
) -> None:
    """Asleep over its tiles it finds another epoch; asleep over the checkpoint it puts back an older one, for a moment."""
    sleeping = Sleeping(FolderTiles(tiles))
    with session(ready, "a") as first, session(ready, "b") as second, session(ready, "front") as front:
        epoch = taken_by(Lease(first, "old", 0.2))
        old = Term(
            msgspec.structs.replace(shared(ready, tiles), tiles=sleeping), first, "old", epoch, unqueued
        )
        old.begin()
        old.sequencer.publish()
        terms: list[Term] = []

        def succeed() -> None:
            terms.append(term(ready, second, "new", tiles))
            terms[0].begin()
            for serial in (2, 3):
                queue.put(front, "front", serial, [queue.encode(wanted(f"entry {serial}"))])
                assert terms[0].batch()
                terms[0].sequencer.publish()

        queue.put(front, "front", 1, [queue.encode(wanted("entry 1"))])
        assert old.batch()
        sleeping.path, sleeping.meanwhile = path, succeed
        with pytest.raises(Unavailable):
            old.sequencer.publish()
        (new,) = terms
        assert published_size(tiles) == (4 if path == CHECKPOINT else 6)
        new.sequencer.publish()
        assert published_size(tiles) == 6
        queue.put(front, "front", 4, [queue.encode(wanted("entry 4"))])
        assert new.batch()
        new.sequencer.publish()
        assert published_size(tiles) == 7
        old.close()
        new.close()
    assert oracle(ready, tiles, []) == 7


def published_size(tiles: Path) -> int:
    found = published(FolderTiles(tiles), LOG.public(ORIGIN))
    assert found is not None
    return found.checkpoint.size


class Crash(BaseException):
    """The leader is gone; nothing above may catch it."""


@pytest.mark.parametrize("write", ["answer", "sign"])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "lost"])
def test_a_leader_that_dies_at_a_write_records_once_or_leaves_it_to_the_next(
    write: str, kept: bool, ready: str, tiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """*answer* is the last write of the transaction that records; with it all is lost, for nothing was committed."""
    real = getattr(queue, write)

    def crash(*arguments: object) -> None:
        if kept:
            real(*arguments)
        raise Crash

    with session(ready, "a") as first, session(ready, "b") as second, session(ready, "fronts") as fronts:
        old = term(ready, first, "old", tiles)
        old.begin()
        for front in ("one", "other"):
            queue.put(fronts, front, 1, [queue.encode(wanted(f"{front} {at}")) for at in range(3)])
        with monkeypatch.context() as patched:
            patched.setattr(queue, write, crash)
            with pytest.raises(Crash):
                old.batch()
        old.close()
        new = term(ready, second, "new", tiles)
        new.begin()
        assert new.batch() == (write == "answer")
        assert not new.batch()
        (one,), (other,) = (queue.collect(fronts, front, [1]) for front in ("one", "other"))
        assert (one.answers.each, other.answers.each) == ((3, 4, 5), (6, 7, 8))
        assert one.batch == other.batch
        new.close()
    assert oracle(ready, tiles, []) == 9


# What the leading process hands in itself does not go through the queue.


class Handed:
    """Entries of the leading process, and what they were answered."""

    def __init__(self, *names: str) -> None:
        self.answers: list[Appended | AssayError] = []
        self.own = Own([wanted(name) for name in names], self.answers.extend)


def test_entries_of_the_leader_and_of_others_are_one_batch(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "front") as front:
        one = term(ready, first, "one", tiles)
        one.begin()
        queue.put(front, "front", 1, [queue.encode(wanted("of another")), queue.encode(wanted("first"))])
        handed = Handed("own", "second"), Handed("own 2")
        assert one.batch(lambda: [each.own for each in handed])
        own, refused, last = handed[0].answers + handed[1].answers
        assert isinstance(own, Appended)
        assert isinstance(last, Appended)
        assert isinstance(refused, Duplicate)
        assert (own.index, last.index) == (3, 4)
        (answered,) = queue.collect(front, "front", [1])
        assert answered.answers.each[0] == 5
        assert own.checkpoint == last.checkpoint == answered.batch.checkpoint
        assert queue.newest_checkpoint(front) == own.checkpoint
        assert not one.batch(lambda: [Handed("own 3").own])
        assert queue.newest_checkpoint(front) != own.checkpoint, "whoever does not lead sees it, too"
        one.close()
    assert oracle(ready, tiles, [acknowledged(own), acknowledged(last)]) == 7


def test_what_a_leader_could_not_begin_goes_through_the_queue(ready: str, tiles: Path) -> None:
    queued: list[Sequence[Wanted]] = []
    with session(ready, "a") as first, session(ready, "b") as second:
        old = term(ready, first, "old", tiles, queued=lambda handed, _: queued.append(handed))
        old.begin()
        new = term(ready, second, "new", tiles)
        handed = Handed("fourth")
        with pytest.raises(Unavailable):
            old.batch(lambda: [handed.own])
        assert queued == [handed.own.wanted]
        assert handed.answers == [], "it is answered by the queue"
        old.close()
        new.close()
    assert oracle(ready, tiles, []) == 3


def test_nobody_waits_for_a_leader_whose_database_went(
    ready: str, tiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it looks for parcels nothing is taken up; what was taken up and not recorded goes through the queue."""
    handed, taken = Handed("fourth"), []
    queued: list[Sequence[Wanted]] = []

    def gone(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    def take() -> list[Own]:
        taken.append(handed.own)
        return [handed.own]

    with session(ready, "a") as first:
        one = term(ready, first, "one", tiles, queued=lambda entries, _: queued.append(entries))
        one.begin()
        with monkeypatch.context() as patched:
            patched.setattr(queue, "peek", gone)
            with pytest.raises(psycopg.OperationalError):
                one.batch(take)
        assert (taken, queued) == ([], [])
        monkeypatch.setattr(queue, "answer", gone)
        one.batch(take)
        assert queued == [handed.own.wanted]
        assert handed.answers == []
        one.close()
    assert oracle(ready, tiles, []) == 3


def test_one_who_has_gone_takes_no_answers_of_the_leaders_along(ready: str, tiles: Path) -> None:
    def gone(_: object) -> None:
        raise RuntimeError("the loop is closed")

    with session(ready, "a") as first:
        one = term(ready, first, "one", tiles)
        one.begin()
        handed = Handed("fifth")
        one.batch(lambda: [Own([wanted("fourth")], gone), handed.own])
        assert [answer.index for answer in handed.answers if isinstance(answer, Appended)] == [4]
        one.close()
    assert oracle(ready, tiles, []) == 5


def test_of_what_a_leader_recorded_and_did_not_sign_nobody_says_how_it_went(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "b") as second:
        old = term(ready, first, "old", tiles)
        old.begin()
        handed = Handed("fourth")
        new: list[Term] = []
        hand_out = old._hand_out

        def late(batch: int | None, signed: bytes, fronts: Sequence[str] | None) -> None:
            new.append(term(ready, second, "new", tiles))
            hand_out(batch, signed, fronts)

        old._hand_out = late  # type: ignore[method-assign,assignment]
        with pytest.raises(Unavailable, match="another process sequences"):
            old.batch(lambda: [handed.own])
        (told,) = handed.answers
        assert isinstance(told, Unavailable)
        assert "whether the entry was recorded is not known" in str(told)
        new[0].begin()
        again = Handed("fourth")
        new[0].batch(lambda: [again.own])
        assert isinstance(again.answers[0], Duplicate), "it was"
        old.close()
        new[0].close()
    assert oracle(ready, tiles, []) == 4


def test_a_leader_that_closes_answers_all_that_it_was_handed(
    open_front: Open, database: str, tiles: Path
) -> None:
    one = open_front()
    eventually(lambda: one.append(wanted("first")))
    wait_until(lambda: one.leading is not None, "it leads")
    answers: SimpleQueue[Sequence[Appended | AssayError]] = SimpleQueue()
    for number in range(200):
        one.put([wanted(f"{number}")], answers.put)
    one.close()
    found = [answer for _ in range(200) for answer in answers.get(timeout=SECONDS)]
    assert all(isinstance(answer, Appended) for answer in found)
    with pytest.raises(Unavailable):
        one.put([wanted("late")], answers.put)
    assert oracle(database, tiles, [acknowledged(one) for one in found if isinstance(one, Appended)]) == 201


def test_text_that_the_database_cannot_hold_is_refused_whoever_leads(open_front: Open) -> None:
    one, other = open_front(), open_front()
    eventually(lambda: one.append(wanted("first")))
    wait_until(lambda: one.leading is not None or other.leading is not None, "one leads")
    for name in ("NUL \0", "\ud800"):
        entry = wanted("bad")
        assert entry.submission is not None
        bad = msgspec.structs.replace(
            entry, submission=msgspec.structs.replace(entry.submission, product=name)
        )
        for front in (one, other):
            with pytest.raises(Malformed, match="the name of a provider, a product or a version"):
                front.append(bad)
            good, refused = front.append_many([wanted(f"beside {name!r} in {front.front}"), bad])
            assert isinstance(good, Appended)
            assert isinstance(refused, Malformed)


def test_an_older_clock_of_the_next_leader_takes_no_time_back(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "b") as second, session(ready, "front") as front:
        for serial, (name, connection, days) in enumerate((("ahead", first, 30), ("behind", second, -30))):
            one = term(ready, connection, name, tiles, days)
            one.begin()
            queue.put(front, "front", serial, [queue.encode(wanted(name))])
            assert one.batch()
            one.close()
        stamps = [
            checkpoint.open_(one.batch.checkpoint, LOG.public(ORIGIN)).timestamp
            for one in queue.collect(front, "front", [0, 1])
        ]
    assert stamps == [int((NOW + timedelta(days=30)).timestamp())] * 2
    oracle(ready, tiles, [])


def test_a_parcel_that_nobody_can_read_keeps_no_other_waiting(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "front") as front:
        one = term(ready, first, "leader", tiles)
        one.begin()
        front.execute("INSERT INTO wanted (front, serial, items) VALUES ('front', 1, 'no parcel')")
        queue.put(front, "front", 2, [queue.encode(wanted("good"))])
        assert one.batch()
        bad, good = queue.collect(front, "front", [1, 2])
        assert bad.answers.whole is not None
        assert isinstance(bad.answers.whole.error, Malformed)
        assert "another version of Assay" in bad.answers.whole.text
        assert good.answers.each == (3,)
        one.close()
    assert oracle(ready, tiles, []) == 4


def test_a_parcel_that_the_database_cannot_take_keeps_no_other_waiting(ready: str, tiles: Path) -> None:
    """Text with a NUL, which PostgreSQL refuses; a front end would not send it."""
    spoilt = wanted("spoilt")
    assert spoilt.submission is not None
    spoilt = msgspec.structs.replace(
        spoilt, submission=msgspec.structs.replace(spoilt.submission, product="lan\0tern")
    )
    with pytest.raises(Malformed, match="NUL"):
        queue.encode(spoilt)
    with session(ready, "a") as first, session(ready, "front") as front:
        one = term(ready, first, "leader", tiles)
        one.begin()
        queue.put(front, "front", 1, [queue.encode(wanted("good"))])
        beside = [queue.encode(wanted("before")), queue.encode(wanted("after"))]
        queue.put(front, "front", 2, [beside[0], msgspec.Raw(msgspec.msgpack.encode(spoilt)), beside[1]])
        queue.put(front, "front", 3, [queue.encode(wanted("better"))])
        assert one.batch()
        assert not one.batch()
        good, mixed, better = queue.collect(front, "front", [1, 2, 3])
        assert (good.answers.each, better.answers.each) == ((3,), (6,))
        before, bad, after = mixed.answers.each
        assert (before, after) == (4, 5)
        assert isinstance(bad, Refusal)
        assert isinstance(bad.error, Unavailable)
        assert "the entry could not be recorded" in bad.text
        one.close()
    assert oracle(ready, tiles, []) == 7


def test_a_parcel_that_brings_about_a_fault_of_ours_ends_no_term(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "front") as front:
        one = term(ready, first, "leader", tiles)
        one.begin()
        commit = one.sequencer.commit

        def faulty(wanted: Sequence[Wanted]) -> Sequence[Appended | AssayError]:
            if any(entry.leaf == b"faulty" for entry in wanted):
                raise ZeroDivisionError("a fault of ours")
            return commit(wanted)

        one.sequencer.commit = faulty  # type: ignore[method-assign, assignment]
        for serial, name in enumerate(("good", "faulty", "better"), 1):
            queue.put(front, "front", serial, [queue.encode(wanted(name))])
        rounds = 0
        while one.batch():
            rounds += 1
            assert rounds < 12
        good, bad, better = queue.collect(front, "front", [1, 2, 3])
        assert (good.answers.each, better.answers.each) == ((3,), (4,))
        assert bad.answers.whole is not None
        assert bad.answers.whole.text == "the register failed: a fault of ours"
        one.close()
    assert oracle(ready, tiles, []) == 5


def test_one_who_has_gone_takes_no_answers_of_a_front_end_along(open_front: Open) -> None:
    front, told = open_front(), SimpleQueue[Sequence[object]]()

    def gone(_: object) -> None:
        raise RuntimeError("the loop is closed")

    front.put((wanted("of one who has gone"),), gone)
    front.put((wanted("of one who waits"),), told.put)
    (answer,) = told.get(timeout=SECONDS)
    assert isinstance(answer, Appended)


def test_a_withdrawn_parcel_is_not_recorded(ready: str, tiles: Path) -> None:
    with session(ready, "a") as first, session(ready, "front") as front:
        queue.put(front, "front", 1, [queue.encode(wanted("late"))])
        assert not queue.lost(front, "front", 1)
        assert queue.withdraw(front, "front", 1)
        assert queue.lost(front, "front", 1)
        one = term(ready, first, "leader", tiles)
        one.begin()
        assert not one.batch()
        queue.put(front, "front", 2, [queue.encode(wanted("in time"))])
        assert one.batch()
        assert not queue.withdraw(front, "front", 2)
        assert not queue.lost(front, "front", 2)
        one.close()
    assert oracle(ready, tiles, []) == 4


# Whole front ends.


def leads(front: FrontEnd) -> bool:
    return front.leading is not None


def test_two_front_ends_write_one_register(open_front: Open, database: str, tiles: Path) -> None:
    one, other = open_front(), open_front()
    told = [acknowledged(front.append(wanted(f"{at}"))) for at, front in enumerate([one, other] * 5)]
    assert [entry.index for entry in told] == list(range(10))
    assert [leads(one), leads(other)].count(True) == 1
    for front in (one, other):
        with pytest.raises(Duplicate, match="submitted before"):
            front.append(wanted("0"))
        with pytest.raises(Refused, match="starts as 'submitted'"):
            front.append(wanted("nothing", state="determined"))
        assert front.size() == 10
        assert front.leaf(7) == b"7"
        signed = checkpoint.open_(front.checkpoint(), LOG.public(ORIGIN)).checkpoint
        assert (signed.size, signed.root.hex()) == (10, told[-1].root)
        for index in (0, 9):
            assert front.inclusion(index, 10) == other.inclusion(index, 10)
        with pytest.raises(Unavailable, match="has 10 entries, not 11"):
            front.leaf(10)
    oracle(database, tiles, told)


def test_who_does_not_lead_erases_too(open_front: Open, database: str, tiles: Path) -> None:
    one, other = open_front(), open_front()
    told = [acknowledged(one.append(wanted(name))) for name in ("kept", "erased")]
    (follower,) = [front for front in (one, other) if not leads(front)]
    follower.erase(1)
    ledger = SqlLedger.postgres(database)
    assert set(ledger.opened([0, 1])) == {0}
    with pytest.raises(Unavailable, match="no entry 2"):
        follower.erase(2)
    told.append(acknowledged(follower.append(wanted("goes on"))))
    ledger.close()
    oracle(database, tiles, told)


def test_an_office_is_founded_once(open_front: Open, database: str, tiles: Path) -> None:
    fronts = [open_front(), open_front()]

    def found(front: FrontEnd) -> None:
        with front.founding():
            if front.size() == 0:
                front.append(wanted(f"genesis by {front.front}"))

    threads = [Thread(target=found, args=(front,)) for front in fronts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert oracle(database, tiles, []) == 1


@pytest.fixture
def nobody(ready: str) -> Callable[[], None]:
    """Holds the lease for an hour and sequences nothing; called, gives it up."""
    with session(ready, "nobody") as connection:
        taken_by(Lease(connection, "nobody", 3600))

    def release() -> None:
        with session(ready, "nobody") as connection:
            connection.execute("UPDATE lease SET expires = '-infinity'")

    return release


def patient(url: str, tiles: Path, seconds: float) -> FrontEnd:
    return FrontEnd(msgspec.structs.replace(shared(url, tiles), patience_seconds=seconds))


def test_an_entry_that_nobody_sequences_is_taken_back(
    nobody: Callable[[], None], ready: str, tiles: Path
) -> None:
    one = patient(ready, tiles, 0.3)
    try:
        for _ in range(2):
            with pytest.raises(
                Unavailable, match=r"nobody sequenced the entry within 0\.3 s; it was not recorded"
            ):
                one.append(wanted("fourth"))
        nobody()
        assert eventually(lambda: one.append(wanted("fourth"))).index == 3
    finally:
        one.close()
    assert oracle(ready, tiles, []) == 4


def test_what_a_crash_of_the_server_takes_away_was_not_recorded(
    nobody: Callable[[], None], ready: str, tiles: Path, postgres: Cluster
) -> None:
    one = patient(ready, tiles, 60)
    answers: list[Appended | AssayError] = []
    try:
        one.put((wanted("fourth"),), answers.extend)

        def there() -> bool:
            with psycopg.connect(ready) as connection:
                return connection.execute("SELECT count(*) FROM wanted").fetchone() == (1,)

        wait_until(there, "the parcel")
        postgres.stop(by=signal.SIGKILL)
        postgres.start()
        wait_until(lambda: bool(answers), "an answer")
        assert isinstance(answers[0], Unavailable)
        # The first when the server was back within three seconds.
        assert re.search(r"it was not recorded|whether the entry was recorded is not known", str(answers[0]))
        assert not there()
        nobody()
        assert eventually(lambda: one.append(wanted("fourth"))).index == 3
    finally:
        one.close()
    assert oracle(ready, tiles, []) == 4


def test_before_anybody_led_there_is_no_checkpoint(open_front: Open) -> None:
    def refuse(_: Sequencer) -> None:
        raise Unavailable("not today")

    one = open_front(ready=refuse)
    wait_until(lambda: bool(one.trouble), "the refusal")
    with pytest.raises(Unavailable, match="not today"):
        one.checkpoint()


def test_those_who_wait_for_a_signature_keep_no_connection_from_others(
    open_front: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_front()
    one.append(wanted("first"))
    signed, asked, newest = Event(), SimpleQueue[None](), queue.newest_checkpoint

    def unsigned(connection: Session) -> bytes | None:
        asked.put(None)
        return newest(connection) if signed.is_set() else None

    monkeypatch.setattr(queue, "newest_checkpoint", unsigned)
    with ThreadPoolExecutor(MOST + 1) as pool:
        waiting = [pool.submit(one.checkpoint) for _ in range(MOST + 1)]
        for _ in range(MOST):
            asked.get(timeout=10)
        begun = time.monotonic()
        try:
            assert one.size() == 1
            assert time.monotonic() - begun < 5
        finally:
            signed.set()
        assert len({found.result() for found in waiting}) == 1


def test_the_next_one_leads_when_the_leader_closes(open_front: Open, database: str, tiles: Path) -> None:
    first = open_front()
    told = [acknowledged(first.append(wanted("first")))]
    second = open_front()
    told.append(acknowledged(second.append(wanted("second"))))
    assert (leads(first), leads(second)) == (True, False)
    first.close()
    told.append(acknowledged(second.append(wanted("third"))))
    assert leads(second)
    with pytest.raises(Unavailable, match="is closed"):
        first.append(wanted("fourth"))
    assert oracle(database, tiles, told) == 3


def test_who_may_not_go_on_signs_nothing(open_front: Open, ready: str, tiles: Path) -> None:
    """As when a witness has seen more of the register than the database holds."""

    def refuse(register: Sequencer) -> None:
        assert register.size() == 3
        raise Unavailable("a witness has seen 4 entries")

    with psycopg.connect(ready) as connection:
        before = connection.execute("SELECT count(*) FROM batches").fetchone()
    one = open_front(ready=refuse)
    wait_until(lambda: bool(one.trouble), "the refusal")
    with pytest.raises(Unavailable, match="a witness has seen 4 entries"):
        one.append(wanted("fourth"))
    with psycopg.connect(ready) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == before
    other = open_front()
    assert eventually(lambda: other.append(wanted("fifth"))).index == 3
    wait_until(lambda: not one.trouble, "the refusal is forgotten when another leads")
    assert one.append(wanted("sixth")).index == 4


def test_a_long_start_does_not_lose_the_lease(open_front: Open, database: str, tiles: Path) -> None:
    """As when witnesses take their time."""
    began, wake = Event(), Event()

    def slow(_: Sequencer) -> None:
        began.set()
        assert wake.wait(SECONDS)

    first = open_front(ready=slow, lease=1.0)
    wait_until(began.is_set, "the first to lead")
    second = open_front()
    time.sleep(2.5)
    assert not leads(second)
    wake.set()
    assert second.append(wanted("first")).index == 0
    assert leads(first)
    assert oracle(database, tiles, []) == 1


def test_yesterdays_backup_refuses_to_sign(
    open_front: Open,
    ready: str,
    tiles: Path,
    postgres: Cluster,
    tmp_path: Path,
) -> None:
    schema = postgres.schema_of(ready)
    file = postgres.folder / "backup"
    file.write_bytes(postgres.run("pg_dump", "-Fc", "--schema", schema, postgres.dsn("assay")))
    today = open_front()
    told = [acknowledged(today.append(wanted("today")))]
    today.close()
    restored = postgres.database()
    postgres.run("pg_restore", "--dbname", postgres.dsn(restored), str(file))
    yesterday = open_front(postgres.url(restored, schema))
    wait_until(lambda: bool(yesterday.trouble), "the refusal")
    for _ in range(3):
        with pytest.raises(
            Unavailable, match="it is an older copy; nothing is signed until the newer one is back"
        ):
            yesterday.append(wanted("fork"))
    with psycopg.connect(postgres.url(restored, schema)) as connection:
        assert connection.execute("SELECT size FROM head").fetchone() == (3,)
    again = open_front()
    told.append(acknowledged(eventually(lambda: again.append(wanted("tomorrow")))))
    assert oracle(ready, tiles, told) == 5


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_server_goes_and_comes_back(
    by: signal.Signals,
    open_front: Open,
    database: str,
    tiles: Path,
    postgres: Cluster,
) -> None:
    fronts = [open_front(), open_front()]
    told = [acknowledged(front.append(wanted(f"before {at}"))) for at, front in enumerate(fronts)]
    postgres.stop(by=by)
    try:
        for front in fronts:
            with pytest.raises(Unavailable):
                front.append(wanted(f"meanwhile {front.front}"))
    finally:
        postgres.start()
    for at, front in enumerate(fronts):
        told.append(acknowledged(eventually(lambda at=at, front=front: front.append(wanted(f"after {at}")))))  # type: ignore[misc]
    assert oracle(database, tiles, told) == 4


def test_a_role_that_may_only_use_the_tables_is_enough(ready: str, tiles: Path, postgres: Cluster) -> None:
    with psycopg.connect(ready, autocommit=True) as owner:
        owner.execute("CREATE ROLE front LOGIN")
        schema = postgres.schema_of(ready)
        owner.execute(f"GRANT USAGE ON SCHEMA {schema} TO front".encode())
        owner.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO front".encode()
        )
    try:
        one = front_end(ready.replace("assay@", "front@", 1), tiles)
        try:
            assert one.append(wanted("fourth")).index == 3
        finally:
            one.close()
    finally:
        with psycopg.connect(ready, autocommit=True) as owner:
            owner.execute("DROP OWNED BY front")
            owner.execute("DROP ROLE front")


def test_a_server_that_forgets_is_not_used(database: str, tiles: Path, postgres: Cluster) -> None:
    def configure(*statements: str) -> None:
        with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
            for statement in (*statements, "SELECT pg_reload_conf()"):
                connection.execute(statement.encode())

    def durable() -> bool:
        with psycopg.connect(database) as connection:
            return connection.execute("SHOW fsync").fetchone() == ("on",)

    configure("ALTER SYSTEM SET fsync = off")
    try:
        wait_until(lambda: not durable(), "the new setting")
        with pytest.raises(Unavailable, match=r"fsync 'off'.*does not survive a power failure"):
            front_end(database, tiles)
    finally:
        configure("ALTER SYSTEM RESET fsync")
        wait_until(durable, "the old setting")


# Processes of their own.


def test_a_paused_leader_signs_nothing_and_forks_nothing(
    database: str,
    tiles: Path,
    workers: Callable[[str], Worker],
) -> None:
    begun = [workers("one"), workers("two")]
    for one in begun:
        one.progresses()
    front = leading(database)
    (asleep,) = [one for one in begun if one.front == front]
    (awake,) = [one for one in begun if one.front != front]
    asleep.signal(signal.SIGSTOP)
    awake.progresses()
    wait_until(lambda: leading(database) == awake.front, "the other one leads")
    asleep.signal(signal.SIGCONT)
    asleep.progresses()
    awake.progresses()
    told = ends(begun)
    assert oracle(database, tiles, told) >= len(told)


def test_killed_leaders_lose_nothing(database: str, tiles: Path, workers: Callable[[str], Worker]) -> None:
    begun = [workers(f"front {at}") for at in range(3)]
    for one in begun:
        one.progresses()
    alive = list(begun)
    while len(alive) > 1:
        wait_until(lambda: any(one.front == leading(database) for one in alive), "somebody leads")
        front = leading(database)
        for one in [one for one in alive if one.front == front]:
            one.signal(signal.SIGKILL)
            alive.remove(one)
        for one in alive:
            one.progresses()
    told = ends(begun)
    assert oracle(database, tiles, told) >= len(told)
