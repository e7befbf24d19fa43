"""The loop of a worker: claim what is due, hand it to its handler, record how it ended.

What a crash leaves behind: leases, which lapse, so that another worker does the work again. A handler whose end cannot be
recorded (the database is gone) leaves the same.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from assay.errors import AssayError
from assay.formats.text import shown
from assay.office.ports import Clock
from assay.office.retry import Retry
from assay.office.work import (
    MAX_LEASE_S,
    Again,
    Claimed,
    Ended,
    Handler,
    Lapsed,
    Later,
    Outcome,
    Over,
    Schedule,
    Work,
)

MAX_WHY = 1000
_YIELD_S = 0.2


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    threads: int = 4
    ahead: int = 4
    """For each thread, what is claimed at most, so that none waits for the database."""
    lease_s: float = 60
    """Renewed while a handler works; after a crash its work waits so long."""
    hold_s: float = 900
    """After which a handler that has not returned loses its lease."""
    idle_s: float = 1.0
    """Between two looks while nothing is due."""
    unrecorded: int = 500
    """Attempts after which work is given up whose worker ended each time without a word. Many: a machine that is switched off again
    and again must cost nobody a deadline, and what was claimed then was mostly not begun."""
    yield_s: float = 1.0
    """How long work that was claimed waits at most while something more urgent goes on."""

    def __post_init__(self) -> None:
        if self.threads < 1 or self.ahead < 1 or not 1 <= self.lease_s <= MAX_LEASE_S:
            raise ValueError(f"a worker of {self}")


How = Literal["done", "again", "later", "dead", "lapsed", "unrecorded"]
"""*unrecorded*: it will be done again, because the store of the work failed."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt ended; for logs and metrics."""

    claimed: Claimed
    ended: How
    seconds: float
    why: str = ""


Watch = Callable[[Event], None]


class Worker:
    """Does the kinds of work that have a handler. :meth:`run` in a thread of its own, or :meth:`step` by step.

    *name*: of this worker among all, those of other machines included. *retries*: by kind, where the usual pauses do not fit.
    *gives_way*: whether something more urgent goes on just now, such as people who wait for an answer.
    Slow kinds and quick ones are better given to different workers: a thread that waits for somebody's server does nothing else.
    """

    def __init__(
        self,
        work: Work,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        name: str,
        settings: Settings = Settings(),  # noqa: B008 - frozen
        retries: Mapping[str, Retry] | None = None,
        schedules: tuple[Schedule, ...] = (),
        watch: Watch = lambda _: None,
        gives_way: Callable[[], bool] = lambda: False,
    ) -> None:
        self._work, self._handlers, self._clock = work, dict(handlers), clock
        self._name, self._settings = name, settings
        self._capacity = settings.threads * settings.ahead
        self._retries = dict(retries or {})
        self._schedules, self._watch = schedules, watch
        self._gives_way = gives_way
        self._scheduled: dict[str, str] = {}
        self._door = threading.Lock()
        self._held: dict[str, tuple[Claimed, float, float]] = {}
        self._bell, self._ended, self._runs = threading.Event(), threading.Event(), threading.Event()
        self.trouble = ""
        """Why the newest look for work failed; empty when it did not."""

    def step(self) -> int:
        """Claim once and do that in this thread; how much it was. For tests, and for a program that has no other work."""
        claimed = self._claim(self._capacity)
        for one in claimed:
            self._do(one)
        return len(claimed)

    def run(self) -> None:
        """Until :meth:`stop`; then what was begun is finished and what was not goes back."""
        keeper = threading.Thread(target=self._keep, name=f"{self._name}-leases", daemon=True)
        keeper.start()
        self._runs.set()
        try:
            self._claiming()
        finally:
            self._runs.clear()
        keeper.join()

    def _claiming(self) -> None:
        with ThreadPoolExecutor(self._settings.threads, thread_name_prefix=self._name) as pool:
            while not self._ended.is_set():
                self._bell.clear()
                # Not for each that ends, but when half of them have: one look at the store is for many.
                free = self._capacity - len(self._held)
                claimed = self._look(free) if free >= self._capacity / 2 else ()
                for one in claimed:
                    pool.submit(self._do_or_release, one)
                if not claimed or len(claimed) < free:
                    self._bell.wait(self._settings.idle_s)

    def ring(self) -> None:
        """Look for work now: some was put. Any thread."""
        self._bell.set()

    def stop(self) -> None:
        """Any thread, also a signal's handler."""
        self._ended.set()
        self._bell.set()

    @property
    def runs(self) -> bool:
        """Whether :meth:`run` looks for work at this moment."""
        return self._runs.is_set()

    def busy(self) -> int:
        """Claims that are held."""
        return len(self._held)

    def _look(self, free: int) -> tuple[Claimed, ...]:
        try:
            claimed = self._claim(free)
        except Exception as error:  # noqa: BLE001 - tried again; without this thread no work is done any more
            self.trouble = _told(error)
            return ()
        self.trouble = ""
        return claimed

    def _claim(self, limit: int) -> tuple[Claimed, ...]:
        now = self._clock.now()
        self._put_scheduled(now)
        claimed = self._work.claim(self._handlers, now, limit, self._settings.lease_s, self._name)
        with self._door:
            began = time.monotonic()
            for one in claimed:
                self._held[one.due.key] = (one, began, began)
        return claimed

    def _put_scheduled(self, now: datetime) -> None:
        dues = [one.due(now) for one in self._schedules]
        new = [one for one in dues if self._scheduled.get(one.kind) != one.key]
        if new:
            self._work.put(new)
            self._scheduled |= {one.kind: one.key for one in new}

    def _do_or_release(self, claimed: Claimed) -> None:
        """In a thread of the pool: nobody above hears of what fails here."""
        try:
            until = time.monotonic() + self._settings.yield_s
            while self._gives_way() and time.monotonic() < until and not self._ended.wait(_YIELD_S):
                pass
            if self._ended.is_set():
                self._work.release(claimed, self._clock.now())
            else:
                self._do(claimed)
        except Exception as error:  # noqa: BLE001 - its lease lapses, and it is done again
            self.trouble = _told(error)
        finally:
            self._forget(claimed)

    def _do(self, claimed: Claimed) -> None:
        began = time.monotonic()
        why = ""
        ended: How = "lapsed"
        try:
            outcome = self._handled(claimed)
            why = getattr(outcome, "why", "")
            ended = self._record(claimed, outcome)
        except Lapsed:
            pass  # somebody else does it, or has done it
        except Exception as error:  # noqa: BLE001 - its lease lapses, and it is done again
            ended, why = "unrecorded", _told(error)
        finally:
            self._forget(claimed)
        self._watch(Event(claimed=claimed, ended=ended, seconds=time.monotonic() - began, why=why))

    def _handled(self, claimed: Claimed) -> Outcome:
        before = claimed.attempts - 1
        if before >= self._settings.unrecorded:
            return Over(
                f"given up after {before} attempts; how the last one ended is not known: it was not recorded, as when a worker is killed or "
                "hangs, or the store does not answer"
            )
        try:
            return self._handlers[claimed.due.kind](claimed)
        except Lapsed:
            raise
        except Exception as error:  # noqa: BLE001 - kept as the reason, and tried again
            return Again(_told(error))

    def _record(self, claimed: Claimed, outcome: Outcome) -> How:
        match outcome:
            case None:
                self._work.done(claimed)
                return "done"
            case Ended():
                return "done"
            case Later(at):
                self._work.release(claimed, at)
                return "later"
            case Over(why):
                self._work.dead(claimed, why)
                return "dead"
            case Again(why, at):
                return self._put_back(claimed, why, at)

    def _put_back(self, claimed: Claimed, why: str, at: datetime | None) -> How:
        pause_s = self._retry(claimed).pause_s(claimed.due.key, claimed.attempts)
        if pause_s is None:
            self._work.dead(claimed, f"after {claimed.attempts} attempts: {why}")
            return "dead"
        self._work.failed(claimed, why, at or self._clock.now() + timedelta(seconds=pause_s))
        return "again"

    def _retry(self, claimed: Claimed) -> Retry:
        return self._retries.get(claimed.due.kind, Retry())

    def _forget(self, claimed: Claimed) -> None:
        with self._door:
            self._held.pop(claimed.due.key, None)
            if len(self._held) == self._capacity // 2:
                self._bell.set()

    def _keep(self) -> None:
        """Renew leases until all work has ended."""
        while not self._ended.wait(self._settings.lease_s / 6):
            self.renew()
        while self._held:
            self.renew()
            time.sleep(0.1)

    def renew(self) -> None:
        """The leases of which a third has passed, but for those of handlers that have been at it for too long."""
        now = time.monotonic()
        with self._door:
            held = list(self._held.values())
        for one, began, renewed in held:
            if now - renewed < self._settings.lease_s / 3 or now - began > self._settings.hold_s:
                continue
            try:
                self._work.renew(one, self._clock.now(), self._settings.lease_s)
            except Exception as error:  # noqa: BLE001 - without this thread the leases of all others lapse
                self.trouble = _told(error)
                continue
            with self._door:
                if one.due.key in self._held:
                    self._held[one.due.key] = (one, began, now)


def _told(error: Exception) -> str:
    """What failed, with its causes."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 5:
        text = shown(str(seen), 300)
        parts.append(text if isinstance(seen, AssayError) else f"{type(seen).__name__}: {text}")
        seen = seen.__cause__
    return "; because ".join(parts)[:MAX_WHY]
