"""Requests that are done together."""

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from assay.errors import Refused, Unavailable
from assay.web.api import together as module
from assay.web.api.together import MOST, Door, Together


def test_what_comes_meanwhile_is_the_next_batch() -> None:
    batches: list[list[int]] = []
    begun, go = threading.Event(), threading.Event()

    def do(batch: Sequence[int]) -> list[int | Exception]:
        batches.append(list(batch))
        begun.set()
        go.wait(10)
        return [Refused("odd") if one % 2 else one * 10 for one in batch]

    async def ask() -> list[int | BaseException]:
        together = Together(do, most=3)
        first = asyncio.ensure_future(together.ask(0))
        await asyncio.to_thread(begun.wait, 10)
        rest = [asyncio.ensure_future(together.ask(one)) for one in range(1, 6)]
        await asyncio.sleep(0)
        rest[3].cancel()
        go.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    found = asyncio.run(ask())
    assert batches == [[0], [1, 2, 3], [4, 5]]
    assert found[:1] + found[2:3] == [0, 20]
    assert [type(one) for one in (found[1], found[3], found[5])] == [Refused] * 3
    assert isinstance(found[4], asyncio.CancelledError)


def test_a_fault_that_one_brings_about_is_not_the_others() -> None:
    def do(batch: Sequence[int]) -> list[int | Exception]:
        return [10 // one for one in batch]

    async def ask(*all_of: int) -> list[int | BaseException]:
        together = Together(do)
        return await asyncio.gather(*map(together.ask, all_of), return_exceptions=True)

    first, fault, last = asyncio.run(ask(1, 0, 5))
    assert (first, last) == (10, 2)
    assert isinstance(fault, ZeroDivisionError)


def test_what_one_is_refused_for_is_not_the_others() -> None:
    def do(batch: Sequence[int]) -> list[int | Exception]:
        if 0 in batch:
            raise Refused("zero")
        return [-one for one in batch]

    async def ask(*all_of: int) -> list[int | BaseException]:
        together = Together(do)
        return await asyncio.gather(*map(together.ask, all_of), return_exceptions=True)

    first, refused, last = asyncio.run(ask(1, 0, 5))
    assert (first, last) == (-1, -5)
    assert isinstance(refused, Refused)


def test_nobody_waits_for_ever_for_an_answer_that_is_missing() -> None:
    async def ask() -> list[int | BaseException]:
        together = Together[int, int](lambda _: [1])
        asked = asyncio.gather(*map(together.ask, (1, 2)), return_exceptions=True)
        return await asyncio.wait_for(asked, 10)

    assert [str(one) for one in asyncio.run(ask())] == ["1 answers to 2 requests"] * 2


def test_an_outage_is_everybodys_and_the_next_loop_begins_anew() -> None:
    calls = 0

    def do(_: Sequence[int]) -> list[int | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unavailable("gone")
        return [1]

    together = Together(do)

    async def both() -> Sequence[int | BaseException]:
        return await asyncio.gather(*map(together.ask, (1, 2)), return_exceptions=True)

    assert [type(one) for one in asyncio.run(both())] == [Unavailable] * 2
    assert asyncio.run(together.ask(3)) == 1
    assert calls == 2


def test_while_one_batch_is_at_its_second_step_the_next_is_at_its_first() -> None:
    log: list[tuple[str, list[int]]] = []
    at_second, go = threading.Event(), threading.Event()

    def first(batch: Sequence[int]) -> list[int | Exception]:
        log.append(("first", list(batch)))
        if len(log) > 2:
            go.set()  # the second step of the batch before waits for it
        return [Refused("odd") if one % 2 else one * 10 for one in batch]

    def second(batch: Sequence[int]) -> list[int]:
        log.append(("second", list(batch)))
        at_second.set()
        assert go.wait(10)
        return [one + 1 for one in batch]

    async def ask() -> list[int | BaseException]:
        together = Together[int, int](first, second)
        before = asyncio.ensure_future(together.ask(0))
        await asyncio.to_thread(at_second.wait, 10)
        return await asyncio.gather(before, *map(together.ask, (2, 3, 4)), return_exceptions=True)

    zero, two, odd, four = asyncio.run(ask())
    assert (zero, two, four) == (1, 21, 41)
    assert isinstance(odd, Refused)
    assert log == [("first", [0]), ("second", [0]), ("first", [2, 3, 4]), ("second", [20, 40])]


def test_batches_come_to_the_second_step_in_order_and_one_at_a_time() -> None:
    inside, most = 0, 0
    order: list[int] = []

    def second(batch: Sequence[int]) -> list[int]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        order.extend(batch)
        inside -= 1
        return list(batch)

    async def ask() -> list[int]:
        together = Together[int, int](lambda batch: batch, second, most=3)
        return await asyncio.gather(*map(together.ask, range(20)))

    assert asyncio.run(ask()) == list(range(20)) == order
    assert most == 1


def test_what_fails_at_the_second_step_is_told_and_the_next_loop_begins_anew() -> None:
    def second(batch: Sequence[int]) -> list[int]:
        if 0 in batch:
            raise Unavailable("gone")
        return [10 // (one - 3) for one in batch]

    together = Together[int, int](lambda batch: batch, second)

    async def all_of(*them: int) -> list[int | BaseException]:
        return await asyncio.gather(*map(together.ask, them), return_exceptions=True)

    assert [type(one) for one in asyncio.run(all_of(0, 1))] == [Unavailable] * 2
    found = asyncio.run(all_of(2, 3, 4))
    assert [found[0], found[2]] == [-10, 10]
    assert isinstance(found[1], ZeroDivisionError)


def test_a_batch_is_one_at_least() -> None:
    with pytest.raises(ValueError, match="most"):
        Together[int, int](lambda _: [], most=0)


def test_while_others_are_within_all_who_come_go_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    beat_s = 0.6
    monkeypatch.setattr(module, "BEAT_S", beat_s)

    async def seconds(door: Door, many: int) -> list[float]:
        began = asyncio.get_running_loop().time()

        async def one() -> float:
            await door.beat()
            return asyncio.get_running_loop().time() - began

        return await asyncio.gather(*(one() for _ in range(many)))

    async def ask() -> None:
        door = Door()
        assert max(await seconds(door, 3)) < beat_s, "nobody is within"
        with door.within():
            waited = await seconds(door, 3)
            assert min(waited) >= beat_s * 0.9
            assert max(waited) - min(waited) < beat_s / 2
            assert max(await seconds(door, MOST)) < beat_s, "a whole batch need not wait"
        assert min(await seconds(door, 1)) > beat_s / 4, "many came just now"
        await asyncio.sleep(0.05)
        for _ in range(3):
            assert max(await seconds(door, 1)) < beat_s / 2, "one alone, again and again, waits for nobody"

    asyncio.run(ask())


def test_who_waits_goes_on_when_nobody_is_within_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_S", 60)
    order = []

    async def come(door: Door, name: str) -> None:
        await door.beat()
        order.append(name)

    async def ask() -> None:
        door = Door()
        with door.within():
            first = asyncio.create_task(come(door, "first"))
            await asyncio.sleep(0.01)
            second = asyncio.create_task(come(door, "second"))
            gone = asyncio.create_task(come(door, "gone"))
            await asyncio.sleep(0.01)
            gone.cancel()
            assert order == []
        assert door.busy, "who waits at the door is there too"
        await asyncio.wait_for(asyncio.gather(first, second), 5)
        assert order == ["first", "second"]
        await asyncio.gather(gone, return_exceptions=True)
        assert not door.busy

    asyncio.run(ask())


def test_a_beat_of_a_loop_that_ended_keeps_nobody() -> None:
    door = Door()

    async def leave() -> None:
        with door.within():
            await asyncio.wait_for(door.beat(), 0.001)

    async def come() -> None:
        with door.within():
            await asyncio.wait_for(door.beat(), 10)

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    asyncio.run(come())
