"""Many threads append, one commits: whatever waits when a commit ends goes into the next one. Nothing waits for company."""

import threading
import time
from collections import deque
from collections.abc import Sequence

from assay.adapters import waiting
from assay.adapters.waiting import Answer, Deliver
from assay.errors import Unavailable
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer

MAX_BATCH = 2048
"""Entries of a commit; those that were handed in together go together, though."""
MAX_WAITING = 65_536
"""Entries that may wait for a commit before no more are taken."""
_Put = tuple[Sequence[Wanted], Deliver]


class GroupCommit:
    """A :class:`~assay.office.ports.Register` for many threads; it also publishes tiles, at most once in *every* seconds.

    :meth:`close` answers what waits, publishes once more and ends both threads.
    """

    def __init__(self, sequencer: Sequencer, *, every: float = 1.0) -> None:
        self._sequencer = sequencer
        self._every = every
        self._waiting: deque[_Put] = deque()
        self._count = 0
        """Of the entries that wait."""
        self._door = threading.Lock()
        self._some, self._moved, self._ended = threading.Event(), threading.Event(), threading.Event()
        self.trouble: str = ""
        """Why the newest attempt to publish failed; empty when it did not."""
        self._committer = threading.Thread(target=self._commit, name="register-commit", daemon=True)
        self._publisher = threading.Thread(target=self._publish, name="register-publish", daemon=True)
        self._committer.start()
        self._publisher.start()

    @property
    def leading(self) -> Sequencer:
        """The register itself: to have it cosigned, or to stop it."""
        return self._sequencer

    def size(self) -> int:
        return self._sequencer.size()

    def append(self, wanted: Wanted) -> Appended:
        return waiting.answer(self.put, wanted)

    def append_many(self, wanted: Sequence[Wanted]) -> list[Answer]:
        return waiting.answers(self.put, wanted)

    def put(self, wanted: Sequence[Wanted], deliver: Deliver) -> None:
        """Hand in entries, all or none; *deliver* gets their answers, in the committing thread, so it must be quick."""
        with self._door:
            if self._ended.is_set():
                raise Unavailable("the register is closed")
            if self._count + len(wanted) > MAX_WAITING:
                raise Unavailable(f"{self._count} entries wait for the register; no more are taken")
            self._count += len(wanted)
            self._waiting.append((wanted, deliver))
        self._some.set()

    def checkpoint(self) -> bytes:
        return self._sequencer.checkpoint()

    def leaf(self, index: int) -> bytes:
        return self._sequencer.leaf(index)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return self._sequencer.inclusion(index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return self._sequencer.consistency(old, new)

    def publish(self) -> None:
        self._sequencer.publish()

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*, wherever they are kept."""
        self._sequencer.erase(index)

    def close(self) -> None:
        with self._door:
            self._ended.set()
        self._some.set()
        self._moved.set()
        self._committer.join()
        self._publisher.join()
        self._sequencer.publish()

    def _commit(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            while batch := self._take():
                self._answer(batch)
            if self._ended.is_set() and not self._waiting:
                return

    def _take(self) -> list[_Put]:
        batch: list[_Put] = []
        count = 0
        with self._door:
            while self._waiting and (not batch or count + len(self._waiting[0][0]) <= MAX_BATCH):
                batch.append(self._waiting.popleft())
                count += len(batch[-1][0])
            self._count -= count
        return batch

    def _answer(self, batch: Sequence[_Put]) -> None:
        wanted = [one for put, _ in batch for one in put]
        answers: Sequence[Answer]
        try:
            answers = self._sequencer.commit(wanted)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it; the cause is told
            answers = [waiting.failure(error)] * len(wanted)
        self._moved.set()
        start = 0
        for put, deliver in batch:
            waiting.tell(deliver, answers[start : start + len(put)])
            start += len(put)

    def _publish(self) -> None:
        while not self._ended.is_set():
            self._moved.wait()
            self._moved.clear()
            if self._ended.is_set():
                return
            began = time.monotonic()
            try:
                self._sequencer.publish()
                self.trouble = ""
            except Exception as error:  # noqa: BLE001 - tried again in a second; the sequencer stops taking entries in time
                self.trouble = str(error) or type(error).__name__
                self._moved.set()
            self._ended.wait(max(0.0, self._every - (time.monotonic() - began)))
