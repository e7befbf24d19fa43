"""A register for the coroutines of one event loop: what they append in one turn of it is handed in together, and answered together.

Loop and committing thread share one interpreter: so they work in turns, and wake each other once for a batch instead of for each entry.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

from assay.office.ports import Appended

Answer = Appended | Exception
T = TypeVar("T")
In_contra = TypeVar("In_contra", contravariant=True)


class Taking(Protocol[In_contra]):
    """What takes entries (or what holds one) in without waiting: a group commit, a front end of several, a line."""

    def put(self, wanted: Sequence[In_contra], deliver: Callable[[Sequence[Answer]], None]) -> None:
        """All are taken or none; *deliver* gets their answers, in order, perhaps in another thread."""


class Awaited(Generic[T]):
    """Made inside the running loop, which it belongs to."""

    def __init__(self, register: Taking[T]) -> None:
        self._register = register
        self._loop = asyncio.get_running_loop()
        self._wanted: list[T] = []
        self._futures: list[asyncio.Future[Appended]] = []

    async def append(self, wanted: T) -> Appended:
        if not self._wanted:
            self._loop.call_soon(self._hand_in)
        future: asyncio.Future[Appended] = self._loop.create_future()
        self._wanted.append(wanted)
        self._futures.append(future)
        return await future

    def _hand_in(self) -> None:
        wanted, futures = self._wanted, self._futures
        self._wanted, self._futures = [], []
        try:
            self._register.put(wanted, partial(self._deliver, futures))
        except Exception as error:  # noqa: BLE001 - each is told
            _settle(futures, [error] * len(futures))

    def _deliver(self, futures: "Sequence[asyncio.Future[Appended]]", answers: Sequence[Answer]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_settle, futures, answers)


def _settle(futures: "Sequence[asyncio.Future[Appended]]", answers: Sequence[Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue  # whoever asked has gone; the entry is recorded all the same
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
