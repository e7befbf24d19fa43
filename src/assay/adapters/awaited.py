"""A register for the coroutines of one event loop: the answers of one commit wake the loop once."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Protocol

from assay.errors import AssayError
from assay.office.ports import Appended, Wanted

Answer = Appended | AssayError


class Taking(Protocol):
    """What takes entries in without waiting: a group commit, or a front end of several."""

    def put(self, wanted: Wanted, deliver: Callable[[Answer], None]) -> None:
        """*deliver* gets the answer, in another thread."""


class Awaited:
    """Made inside the running loop, which it belongs to."""

    def __init__(self, register: Taking) -> None:
        self._register = register
        self._loop = asyncio.get_running_loop()
        self._answers: deque[tuple[asyncio.Future[Appended], Answer]] = deque()
        self._called = False

    async def append(self, wanted: Wanted) -> Appended:
        future: asyncio.Future[Appended] = self._loop.create_future()
        self.put(wanted, future)
        return await future

    def put(self, wanted: Wanted, future: "asyncio.Future[Appended]") -> None:
        """Hand in an entry, from any thread; *future*, of this loop, gets the answer."""
        self._register.put(wanted, lambda answer: self._deliver(future, answer))

    def _deliver(self, future: "asyncio.Future[Appended]", answer: Answer) -> None:
        self._answers.append((future, answer))
        # Set after the append and cleared before the answers are taken: none is left lying.
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._called = False
        while self._answers:
            future, answer = self._answers.popleft()
            if future.done():
                continue  # whoever asked has gone; the entry is recorded all the same
            if isinstance(answer, AssayError):
                future.set_exception(answer)
            else:
                future.set_result(answer)
