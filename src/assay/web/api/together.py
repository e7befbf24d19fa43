"""Requests that are done together: what comes while a batch is being done is the next batch. Nothing waits for company."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from litestar.concurrency import sync_to_thread

from assay.errors import Unavailable

In = TypeVar("In")
Out = TypeVar("Out")

MOST = 32
"""Of one batch: the first of it waits for the last."""


class Door:
    """How many stand at it: requests that are being done together. For one event loop; any thread may look."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def busy(self) -> bool:
        return self._count > 0

    @contextmanager
    def within(self) -> Iterator[None]:
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


class Together(Generic[In, Out]):
    """For the coroutines of one event loop at a time. *do* is called in a thread, once at a time, with what one batch is."""

    def __init__(self, do: Callable[[Sequence[In]], Sequence[Out | Exception]], most: int = MOST) -> None:
        if most < 1:
            raise ValueError(f"most {most} of a batch, expected one at least")
        self._do, self._most = do, most
        self._waiting: deque[tuple[In, asyncio.Future[Out]]] = deque()
        self._at_work: asyncio.Task[None] | None = None

    async def ask(self, one: In) -> Out:
        """What *do* makes of it, or raises, or answers in its place."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Out] = loop.create_future()
        self._waiting.append((one, future))
        if self._at_work is None or self._at_work.done() or self._at_work.get_loop() is not loop:
            self._at_work = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            answers = await sync_to_thread(self._done, [one for one, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue  # whoever asked has gone; what was done is done
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _done(self, batch: Sequence[In]) -> Sequence[Out | Exception]:
        try:
            answers = self._do(batch)
        except Unavailable as error:
            return [error] * len(batch)  # an outage is everybody's
        except Exception as error:  # noqa: BLE001 - the edge: what one brings about is not the others'
            return [error] if len(batch) == 1 else [self._done((one,))[0] for one in batch]
        if len(answers) != len(batch):
            return [RuntimeError(f"{len(answers)} answers to {len(batch)} requests")] * len(batch)
        return answers
