"""Requests that are done together."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from assay.errors import Refused, Unavailable
from assay.web.api.together import Together


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


def test_a_batch_is_one_at_least() -> None:
    with pytest.raises(ValueError, match="most"):
        Together[int, int](lambda _: [], most=0)
