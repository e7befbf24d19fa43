"""Calls from many threads, done together: whoever comes while one batch is being done is of the next. Nothing waits for company, if not told to."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from assay.errors import AssayError, Unavailable

In = TypeVar("In")
Out = TypeVar("Out")


class _Ticket(Generic[In, Out]):
    def __init__(self, one: In) -> None:
        self.one = one
        self.answer: Out | Exception = Unavailable("nobody answered")
        self.leads = False
        """Woken to do the next batch, and not because it was answered."""
        self.woken = threading.Lock()
        self.woken.acquire()


class Grouped(Generic[In, Out]):
    """*do* is called with what waits, in the thread of one of those who wait, once at a time.

    *company*: how many may come, those who wait included; the batch waits for them, up to *wait_s*.
    """

    def __init__(
        self,
        do: Callable[[Sequence[In]], Sequence[Out | Exception]],
        most: int = 64,
        *,
        company: Callable[[], int] = lambda: 1,
        wait_s: float = 0.0,
    ) -> None:
        if most < 1:
            raise ValueError(f"most {most} of a batch, expected one at least")
        self._do, self._most = do, most
        self._company, self._wait_s = company, wait_s
        self._came = threading.Event()
        self._door = threading.Lock()
        self._waiting: deque[_Ticket[In, Out]] = deque()
        self._led = False

    def ask(self, one: In) -> Out:
        """What *do* answers, or raises, or answers in its place."""
        ticket = _Ticket[In, Out](one)
        with self._door:
            self._waiting.append(ticket)
            ticket.leads, self._led = not self._led, True
        self._came.set()
        if not ticket.leads:
            ticket.woken.acquire()
        if ticket.leads:
            self._lead()
        if isinstance(ticket.answer, Exception):
            raise ticket.answer
        return ticket.answer

    def _lead(self) -> None:
        """Whoever leads is the first of those who wait."""
        self._gather()
        with self._door:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        # Told where whoever leads ends in here, as a thread of a process that is ending does.
        answers: Sequence[Out | Exception] = [Unavailable("nobody answered")] * len(batch)
        try:
            answers = self._done([ticket.one for ticket in batch])
        finally:
            self._hand_out(batch, answers)

    def _gather(self) -> None:
        until = time.monotonic() + self._wait_s
        while len(self._waiting) < min(self._most, self._company()):
            self._came.clear()
            if len(self._waiting) >= min(self._most, self._company()):
                return  # it came between
            if (left := until - time.monotonic()) <= 0:
                return
            self._came.wait(left)

    def _done(self, asked: Sequence[In]) -> Sequence[Out | Exception]:
        try:
            answers = self._do(asked)
        except AssayError as error:
            return [error] * len(asked)
        except Exception as error:  # noqa: BLE001 - a fault that one brings about is not the others'
            return [error] if len(asked) == 1 else [self._done((one,))[0] for one in asked]
        if len(answers) != len(asked):
            return [RuntimeError(f"{len(answers)} answers to {len(asked)} calls")] * len(asked)
        return answers

    def _hand_out(self, batch: Sequence[_Ticket[In, Out]], answers: Sequence[Out | Exception]) -> None:
        """And let the first of those who wait lead."""
        with self._door:
            following = self._waiting[0] if self._waiting else None
            if following is None:
                self._led = False
            else:
                following.leads = True
        if following is not None:
            following.woken.release()
        for ticket, answer in zip(batch, answers, strict=True):
            ticket.answer = answer
            if ticket is not batch[0]:
                ticket.woken.release()
