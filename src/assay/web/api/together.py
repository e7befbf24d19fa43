"""Requests that are done together: what comes while a batch is being done is the next batch. One alone waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, overload

from litestar.concurrency import sync_to_thread

from assay.errors import Unavailable

In = TypeVar("In")
Mid = TypeVar("Mid")
Out = TypeVar("Out")

MOST = 32
"""Of one batch: the first of it waits for the last."""
BEAT_S = 0.05
"""Longer costs more in waiting than it spares (ADR 0023)."""
BEAT = "beat"
"""In a route's ``opt``: its requests pass :meth:`Door.beat`."""
Do = Callable[[Sequence[Any]], Sequence[Any]]


class Door:
    """Who stands at it, or is within: requests that are being done together. For one event loop at a time; any thread may look."""

    def __init__(self) -> None:
        self._within = self._before = 0
        self._beat: _Beat | None = None
        self._struck = -BEAT_S
        """When several went on together last."""

    async def beat(self) -> None:
        """While others are within, or many come, wait for at most BEAT_S and go on with all who came meanwhile; else go on at once.

        Who waits goes on when nobody is within any more. One by one, each would wake every thread on its way for itself alone, which costs twice as much as the work.
        """
        loop = asyncio.get_running_loop()
        beat = self._beat
        if beat is None or beat.loop is not loop:
            if not self._within and loop.time() - self._struck >= BEAT_S:
                return
            beat = self._beat = _Beat(loop)
            loop.call_later(BEAT_S, self._strike, beat)
        beat.waiting += 1
        if beat.waiting == MOST:
            self._strike(beat)
        self._before += 1
        try:
            await beat.struck.wait()
        finally:
            self._before -= 1

    def _strike(self, beat: "_Beat") -> None:
        if beat.struck.is_set():
            return
        if self._beat is beat:
            self._beat = None
        if beat.waiting > 1:
            self._struck = beat.loop.time()
        beat.struck.set()

    @property
    def busy(self) -> bool:
        """Whether there is anybody, so that what can wait had better."""
        return self._within + self._before > 0

    @contextmanager
    def within(self) -> Iterator[None]:
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1
            if not self._within and self._beat is not None:
                self._strike(self._beat)


class _Beat:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.struck, self.waiting = loop, asyncio.Event(), 0


class Together(Generic[In, Out]):
    """For the coroutines of one event loop at a time. *do* is called in a thread, once at a time, with what one batch is.

    With *then*, *do* is the first of two steps: *then* gets what it answered, also once at a time. While one batch is at the second
    step, the next one is at the first, and waits there.
    """

    @overload
    def __init__(
        self, do: Callable[[Sequence[In]], Sequence[Out | Exception]], *, most: int = MOST
    ) -> None: ...

    @overload
    def __init__(
        self,
        do: Callable[[Sequence[In]], Sequence[Mid | Exception]],
        then: Callable[[Sequence[Mid]], Sequence[Out | Exception]],
        *,
        most: int = MOST,
    ) -> None: ...

    def __init__(self, do: Do, then: Do | None = None, *, most: int = MOST) -> None:
        if most < 1:
            raise ValueError(f"most {most} of a batch, expected one at least")
        self._do, self._then, self._most = do, then, most
        self._waiting: deque[tuple[In, asyncio.Future[Out]]] = deque()
        self._at_work: asyncio.Task[None] | None = None
        self._at_second: asyncio.Task[None] | None = None

    async def ask(self, one: In) -> Out:
        """What *do* makes of it, and *then* of that; or what either raises, or answers in its place."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Out] = loop.create_future()
        self._waiting.append((one, future))
        if not _runs(self._at_work):
            self._at_work = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            futures = [future for _, future in batch]
            answers = await sync_to_thread(_done, self._do, [one for one, _ in batch])
            if self._then is None:
                _tell(futures, answers)
                continue
            if self._at_second is not None and _runs(self._at_second):
                await self._at_second
            self._at_second = asyncio.create_task(self._finish(self._then, futures, answers))

    async def _finish(self, then: Do, futures: Sequence[asyncio.Future[Out]], answers: Sequence[Any]) -> None:
        good = [at for at, one in enumerate(answers) if not isinstance(one, Exception)]
        found = await sync_to_thread(_done, then, [answers[at] for at in good]) if good else ()
        ends = {at: one for at, one in enumerate(answers) if isinstance(one, Exception)}
        ends |= zip(good, found, strict=True)
        _tell(futures, [ends[at] for at in range(len(futures))])


def _runs(task: asyncio.Task[None] | None) -> bool:
    """Here: a task of another loop is nothing to wait for."""
    return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()


def _done(do: Do, batch: Sequence[Any]) -> Sequence[Any]:
    try:
        answers = do(batch)
    except Unavailable as error:
        return [error] * len(batch)  # an outage is everybody's
    except Exception as error:  # noqa: BLE001 - the edge: what one brings about is not the others'
        return [error] if len(batch) == 1 else [_done(do, (one,))[0] for one in batch]
    if len(answers) != len(batch):
        return [RuntimeError(f"{len(answers)} answers to {len(batch)} requests")] * len(batch)
    return answers


def _tell(futures: Sequence[asyncio.Future[Any]], answers: Sequence[Any]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue  # whoever asked has gone; what was done is done
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
