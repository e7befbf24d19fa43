"""Calls from many threads that are done together."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.adapters.grouped import Grouped
from assay.errors import Refused, Unavailable

WAIT_S = 10


def test_what_comes_meanwhile_is_the_next_batch_and_each_hears_its_own() -> None:
    batches: list[list[int]] = []
    begun, go = threading.Event(), threading.Event()

    def do(batch: Sequence[int]) -> list[int | Exception]:
        batches.append(list(batch))
        begun.set()
        go.wait(WAIT_S)
        return [Refused(f"odd: {one}") if one % 2 else one * 10 for one in batch]

    grouped = Grouped(do, most=4)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(grouped.ask, 0)
        assert begun.wait(WAIT_S)
        rest = {one: pool.submit(grouped.ask, one) for one in range(1, 8)}
        while len(grouped._waiting) < len(rest):
            threading.Event().wait(0.001)
        go.set()
        assert first.result(WAIT_S) == 0
        for one, future in rest.items():
            if one % 2:
                with pytest.raises(Refused, match=f"odd: {one}"):
                    future.result(WAIT_S)
            else:
                assert future.result(WAIT_S) == one * 10
    assert [len(one) for one in batches] == [1, 4, 3]
    assert sorted(one for batch in batches for one in batch) == list(range(8))


def test_under_load_each_is_done_once() -> None:
    done: list[int] = []

    def do(batch: Sequence[int]) -> list[int | Exception]:
        done.extend(batch)
        return [-one for one in batch]

    grouped = Grouped(do, most=3)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(grouped.ask, range(500))) == [-one for one in range(500)]
    assert sorted(done) == list(range(500))


def test_an_outage_is_everybodys_and_ends_with_it() -> None:
    calls = 0

    def do(batch: Sequence[int]) -> list[int | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unavailable("gone")
        return [*batch]

    grouped = Grouped(do)
    with pytest.raises(Unavailable, match="gone"):
        grouped.ask(1)
    assert grouped.ask(2) == 2


def together(
    do: Callable[[Sequence[int]], Sequence[int | Exception]], *asked: int
) -> list[int | BaseException | None]:
    """What is answered to *asked*, that come while 0 is being done."""
    begun, go = threading.Event(), threading.Event()

    def first(batch: Sequence[int]) -> Sequence[int | Exception]:
        if 0 in batch:
            begun.set()
            go.wait(WAIT_S)
            return [0] * len(batch)
        return do(batch)

    grouped = Grouped(first)
    with ThreadPoolExecutor(8) as pool:
        pool.submit(grouped.ask, 0)
        assert begun.wait(WAIT_S)
        told = [pool.submit(grouped.ask, one) for one in asked]
        while len(grouped._waiting) < len(asked):
            threading.Event().wait(0.001)
        go.set()
        return [one.exception(WAIT_S) or one.result(WAIT_S) for one in told]


def test_a_fault_that_one_brings_about_is_not_the_others() -> None:
    first, fault, last = together(lambda batch: [10 // (one - 7) for one in batch], 8, 7, 9)
    assert (first, last) == (10, 5)
    assert isinstance(fault, ZeroDivisionError)


def test_nobody_waits_for_ever_for_an_answer_that_is_missing() -> None:
    told = together(lambda batch: [1] * (len(batch) - 1), 1, 2, 3)
    assert [str(one) for one in told] == ["2 answers to 3 calls"] * 3


def test_a_batch_is_one_at_least() -> None:
    with pytest.raises(ValueError, match="most"):
        Grouped[int, int](lambda _: [], most=0)


def test_it_waits_for_those_who_may_come_and_for_nobody_else() -> None:
    batches: list[list[int]] = []
    expected = 3

    def do(batch: Sequence[int]) -> list[int]:
        batches.append(sorted(batch))
        return list(batch)

    grouped = Grouped(do, company=lambda: expected, wait_s=WAIT_S)
    with ThreadPoolExecutor(3) as pool:
        begun = time.monotonic()
        assert sorted(pool.map(grouped.ask, range(3))) == [0, 1, 2]
        assert batches == [[0, 1, 2]], "all that could come went together"
        expected = 1
        assert grouped.ask(7) == 7
        assert time.monotonic() - begun < WAIT_S, "and nobody waited on"


def test_whoever_does_not_come_is_waited_for_so_long_only() -> None:
    grouped = Grouped[int, int](lambda batch: [one * 2 for one in batch], company=lambda: 2, wait_s=0.05)
    begun = time.monotonic()
    assert grouped.ask(4) == 8
    assert 0.05 <= time.monotonic() - begun < WAIT_S


def test_no_batch_is_larger_for_the_waiting() -> None:
    batches: list[int] = []

    def do(batch: Sequence[int]) -> list[int]:
        batches.append(len(batch))
        return list(batch)

    grouped = Grouped(do, most=2, company=lambda: 6, wait_s=WAIT_S)
    with ThreadPoolExecutor(6) as pool:
        begun = time.monotonic()
        assert sorted(pool.map(grouped.ask, range(6))) == list(range(6))
    assert max(batches) <= 2
    assert time.monotonic() - begun < WAIT_S
