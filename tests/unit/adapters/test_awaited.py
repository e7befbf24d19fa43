"""Coroutines get the answer for their own entry, and one that went away costs nobody else."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Sequence

import pytest

from assay.adapters.awaited import Answer, Awaited
from assay.errors import Duplicate, Unavailable
from assay.office.ports import Appended, Wanted
from assay.register.edge import Edge

Deliver = Callable[[Sequence[Answer]], None]
GROWTH = Edge().extend((bytes(32),))


class Held:
    """A register that answers when the test says so, from another thread."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Sequence[Wanted], Deliver]] = []

    def put(self, wanted: Sequence[Wanted], deliver: Deliver) -> None:
        if any(one.leaf == b"too many" for one in wanted):
            raise Unavailable("no more are taken")
        self.waiting.append((wanted, deliver))

    def answer(self) -> None:
        def run() -> None:
            index = itertools.count()
            for wanted, deliver in self.waiting:
                deliver([_answer(one, next(index)) for one in wanted])

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.waiting.clear()


def _answer(wanted: Wanted, index: int) -> Answer:
    again = wanted.leaf == b"again"
    return Duplicate("it was there before") if again else Appended(index, wanted, GROWTH, b"note")


async def turns() -> None:
    """The loop has run what was ready, and what that made ready."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_each_gets_its_own() -> None:
    async def run() -> list[Appended | BaseException]:
        held = Held()
        register = Awaited(held)
        asked = [
            asyncio.ensure_future(register.append(Wanted(leaf, b"[]"))) for leaf in (b"one", b"again", b"two")
        ]
        await turns()
        assert [len(wanted) for wanted, _ in held.waiting] == [
            3
        ]  # what one turn of the loop brings goes together
        held.answer()
        return await asyncio.gather(*asked, return_exceptions=True)

    one, again, two = asyncio.run(run())
    assert isinstance(one, Appended)
    assert isinstance(two, Appended)
    assert (one.index, one.wanted.leaf) == (0, b"one")
    assert (two.index, two.wanted.leaf) == (2, b"two")
    assert isinstance(again, Duplicate)


def test_who_went_away_keeps_nobody_waiting() -> None:
    async def run() -> Appended:
        held = Held()
        register = Awaited(held)
        gone = asyncio.ensure_future(register.append(Wanted(b"gone", b"[]")))
        stays = asyncio.ensure_future(register.append(Wanted(b"stays", b"[]")))
        await turns()
        gone.cancel()
        held.answer()
        found = await stays
        with pytest.raises(asyncio.CancelledError):
            await gone
        return found

    assert asyncio.run(run()).wanted.leaf == b"stays"


def test_an_answer_after_the_loop_has_ended_is_dropped() -> None:
    held = Held()

    async def run() -> None:
        register = Awaited(held)
        asked = asyncio.ensure_future(register.append(Wanted(b"late", b"[]")))
        await turns()
        asked.cancel()

    asyncio.run(run())
    assert len(held.waiting) == 1
    held.answer()


def test_what_is_not_taken_is_told_to_each() -> None:
    async def run() -> list[Appended | BaseException]:
        register = Awaited(Held())
        asked = [register.append(Wanted(leaf, b"[]")) for leaf in (b"one", b"too many")]
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [str(one) for one in asyncio.run(run())] == ["no more are taken"] * 2
