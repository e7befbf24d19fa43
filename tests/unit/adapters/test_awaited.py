"""Coroutines get the answer for their own entry, and one that went away costs nobody else."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from assay.adapters.awaited import Answer, Awaited
from assay.errors import Duplicate
from assay.office.ports import Appended, Wanted
from assay.register.edge import Edge

GROWTH = Edge().extend((bytes(32),))


class Held:
    """A register that answers when the test says so, from another thread."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Wanted, Callable[[Answer], None]]] = []

    def put(self, wanted: Wanted, deliver: Callable[[Answer], None]) -> None:
        self.waiting.append((wanted, deliver))

    def answer(self) -> None:
        def run() -> None:
            for index, (wanted, deliver) in enumerate(self.waiting):
                refused = Duplicate("it was there before") if wanted.leaf == b"again" else None
                deliver(refused or Appended(index, wanted, GROWTH, b"note"))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.waiting.clear()


def test_each_gets_its_own() -> None:
    async def run() -> list[Appended | BaseException]:
        held = Held()
        register = Awaited(held)
        asked = [
            asyncio.ensure_future(register.append(Wanted(leaf, b"[]"))) for leaf in (b"one", b"again", b"two")
        ]
        await asyncio.sleep(0)
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
        await asyncio.sleep(0)
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
        held.put(Wanted(b"late", b"[]"), lambda _: None)
        asked = asyncio.ensure_future(register.append(Wanted(b"later", b"[]")))
        await asyncio.sleep(0)
        asked.cancel()

    asyncio.run(run())
    assert len(held.waiting) == 2
    held.answer()
