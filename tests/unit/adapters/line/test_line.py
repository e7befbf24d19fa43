"""Both ends of lines: documents are durable before their entry, each gets its own answer, and an end that goes costs nobody else."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import pytest
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.awaited import Awaited
from assay.adapters.group_commit import GroupCommit
from assay.adapters.line import near, wire
from assay.adapters.line.far import Recorder
from assay.adapters.line.near import Line
from assay.adapters.line.wire import Answer, Deposit
from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer


class Place:
    """Blobs and a register that tell the order in which they were used."""

    def __init__(self) -> None:
        self.sequencer = Sequencer(SqlLedger.memory(), MemoryTiles(), LOG, ORIGIN, FixedClock(NOW))
        self.commits = GroupCommit(self.sequencer)
        self.used: list[tuple[str, int]] = []
        self.held, self.open = threading.Event(), threading.Event()
        self.open.set()
        self.wrong: Exception | None = None
        self.recorder = Recorder(self, self)

    def put_many(self, blobs: Sequence[bytes]) -> Sequence[Digest]:
        self.held.set()
        assert self.open.wait(20)
        if self.wrong is not None:
            raise self.wrong
        self.used.append(("documents", len(blobs)))
        return [Digest.sha256(one) for one in blobs]

    def put(self, wanted: Sequence[Wanted], deliver: Callable[[Sequence[Answer]], None]) -> None:
        self.used.append(("entries", len(wanted)))
        self.commits.put(wanted, deliver)

    def close(self) -> None:
        self.open.set()
        self.recorder.close()
        self.commits.close()


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.close()


def deposit(name: str) -> Deposit:
    return Deposit(Wanted(name.encode(), b"[]"), (f"document of {name}".encode(), b"another"))


def run(place: Place, work: Callable[[Line], Awaitable[None]]) -> None:
    async def inside() -> None:
        line = Line(place.recorder.line())
        try:
            await asyncio.wait_for(asyncio.ensure_future(work(line)), 20)
        finally:
            line.close()

    asyncio.run(inside())


def test_documents_first_and_each_its_own(place: Place) -> None:
    async def work(line: Line) -> None:
        register = Awaited[Deposit](line)
        found = await asyncio.gather(*(register.append(deposit(f"{at}")) for at in range(20)))
        assert [one.wanted.leaf for one in found] == [b"%d" % at for at in range(20)]
        assert [place.sequencer.leaf(one.index) for one in found] == [one.wanted.leaf for one in found]

    run(place, work)
    assert place.used == [("documents", 40), ("entries", 20)]


def test_what_comes_meanwhile_goes_together_from_all_lines(place: Place) -> None:
    place.open.clear()

    async def work(line: Line) -> None:
        other = Line(place.recorder.line())
        first = asyncio.ensure_future(Awaited[Deposit](line).append(deposit("first")))
        await asyncio.to_thread(place.held.wait, 20)
        one, two = Awaited[Deposit](line), Awaited[Deposit](other)
        rest = [asyncio.ensure_future(each.append(deposit("later"))) for each in (one, two, two)]
        await asyncio.sleep(0.05)
        place.open.set()
        found = await asyncio.gather(first, *rest)
        assert sorted(answer.index for answer in found) == [0, 1, 2, 3]
        other.close()

    run(place, work)
    assert place.used == [("documents", 2), ("entries", 1), ("documents", 6), ("entries", 3)]


@pytest.mark.parametrize(
    ("wrong", "kind"), [(Unavailable("the disk is full"), Unavailable), (KeyError("ours"), RuntimeError)]
)
def test_documents_that_cannot_be_kept_leave_no_entry(
    place: Place, wrong: Exception, kind: type[Exception]
) -> None:
    async def work(line: Line) -> None:
        place.wrong = wrong
        register = Awaited[Deposit](line)
        found = await asyncio.gather(*map(register.append, map(deposit, "ab")), return_exceptions=True)
        assert [type(one) for one in found] == [kind] * 2
        place.wrong = None
        assert (await register.append(deposit("c"))).index == 0

    run(place, work)


def test_one_who_went_away_is_recorded_and_costs_nobody(place: Place) -> None:
    place.open.clear()

    async def work(line: Line) -> None:
        gone = Line(place.recorder.line())
        lost = asyncio.ensure_future(Awaited[Deposit](gone).append(deposit("gone")))
        await asyncio.to_thread(place.held.wait, 20)
        gone.close()
        with pytest.raises(Unavailable, match="whether the entry was recorded is not known"):
            await lost
        stays = asyncio.ensure_future(Awaited[Deposit](line).append(deposit("stays")))
        await asyncio.sleep(0.05)
        place.open.set()
        assert (await stays).index == 1

    run(place, work)
    assert place.sequencer.leaf(0) == b"gone"


def test_one_who_does_not_read_keeps_nobody_waiting(place: Place) -> None:
    deaf = place.recorder.line()
    deposits = [Deposit(Wanted(b"%d" % at, b"[]")) for at in range(2000)]
    for serial in range(20):  # their answers are more than a socket holds
        deaf.sendall(wire.parcel(serial, deposits))

    async def work(line: Line) -> None:
        assert isinstance(await Awaited[Deposit](line).append(deposit("me")), Appended)

    run(place, work)
    deaf.close()


def test_what_is_more_than_a_socket_holds_comes_through(place: Place) -> None:
    async def work(line: Line) -> None:
        register = Awaited[Deposit](line)
        long = [Deposit(Wanted(b"%d" % at, b"[]"), (bytes(1 << 20),)) for at in range(8)]
        found = await asyncio.gather(*map(register.append, long))
        assert len({one.index for one in found}) == 8

    run(place, work)


def test_no_more_are_under_way_than_may(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MAX_WAITING", 2)
    place.open.clear()

    async def work(line: Line) -> None:
        register = Awaited[Deposit](line)
        first = [asyncio.ensure_future(register.append(deposit(name))) for name in "ab"]
        await asyncio.to_thread(place.held.wait, 20)
        with pytest.raises(Unavailable, match="2 entries wait for the register; no more are taken"):
            await register.append(deposit("c"))
        place.open.set()
        assert len(await asyncio.gather(*first)) == 2

    run(place, work)


def test_a_recorder_that_fails_ends_its_lines_and_says_why(place: Place) -> None:
    async def work(line: Line) -> None:
        wild = place.recorder.line()
        wild.sendall(b"\x00\x00\x00\x01\xc1")
        await line.lost()
        with pytest.raises(Unavailable, match="has ended; the entry was not recorded"):
            await Awaited[Deposit](line).append(deposit("late"))
        wild.close()

    run(place, work)
    with pytest.raises(Unavailable, match="entries are not recorded any more: "):
        place.recorder.line()


def test_closing_answers_what_is_under_way(place: Place) -> None:
    place.open.clear()
    line = place.recorder.line()
    line.sendall(wire.parcel(1, [deposit("last")]))
    assert place.held.wait(20)
    closing = threading.Thread(target=place.recorder.close)
    closing.start()
    time.sleep(0.05)
    place.open.set()
    closing.join(20)
    line.settimeout(10)
    (frame,) = wire.Frames().feed(_all(line))
    assert [
        one for one in wire.opened(wire.read_answers(frame), [deposit("last")]) if isinstance(one, Appended)
    ]


def _all(line: socket.socket) -> bytes:
    with line:
        return b"".join(iter(lambda: line.recv(65536), b""))
