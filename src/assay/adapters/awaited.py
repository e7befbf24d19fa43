"""A register for the coroutines of one event loop: what they append in one turn of it is handed in together, and answered together.

Loop and committing thread share one interpreter: so they work in turns, and wake each other once for a batch instead of for each entry.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from assay.errors import AssayError
from assay.office.ports import Appended, Wanted

Answer = Appended | AssayError


class Taking(Protocol):
    """What takes entries in without waiting: a group commit, or a front end of several."""

    def put(self, wanted: Sequence[Wanted], deliver: Callable[[Sequence[Answer]], None]) -> None:
        """All are taken or none; *deliver* gets their answers, in order, in another thread."""


class Awaited:
    """Made inside the running loop, which it belongs to."""

    def __init__(self, register: Taking) -> None:
        self._register = register
        self._loop = asyncio.get_running_loop()
        self._wanted: list[Wanted] = []
        self._futures: list[asyncio.Future[Appended]] = []

    async def append(self, wanted: Wanted) -> Appended:
        if not self._wanted:
            self._loop.call_soon(self._hand_in)
        future: asyncio.Future[Appended] = self._loop.create_future()
        self._wanted.append(wanted)
        self._futures.append(future)
        return await future

    async def append_all(self, wanted: Sequence[Wanted]) -> Sequence[Answer]:
        """All are taken or none."""
        future: asyncio.Future[Sequence[Answer]] = self._loop.create_future()

        def deliver(answers: Sequence[Answer]) -> None:
            with contextlib.suppress(RuntimeError):  # as below
                self._loop.call_soon_threadsafe(_settle_all, future, answers)

        self._register.put(wanted, deliver)
        return await future

    def _hand_in(self) -> None:
        wanted, futures = self._wanted, self._futures
        self._wanted, self._futures = [], []
        try:
            self._register.put(wanted, partial(self._deliver, futures))
        except Exception as error:  # noqa: BLE001 - each is told
            for future in futures:
                if not future.done():
                    future.set_exception(error)

    def _deliver(self, futures: "Sequence[asyncio.Future[Appended]]", answers: Sequence[Answer]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_settle, futures, answers)


def _settle_all(future: "asyncio.Future[Sequence[Answer]]", answers: Sequence[Answer]) -> None:
    if not future.done():
        future.set_result(answers)


def _settle(futures: "Sequence[asyncio.Future[Appended]]", answers: Sequence[Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue  # whoever asked has gone; the entry is recorded all the same
        if isinstance(answer, AssayError):
            future.set_exception(answer)
        else:
            future.set_result(answer)
