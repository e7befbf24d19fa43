"""Leading: one process at a time sequences for all front ends, in terms that begin with the lease and end with it.

A term ends when the lease is lost, when anything fails, or when the process closes. Whoever leads next signs what was
recorded and not signed, before it records anything else; so nothing depends on what a leader held in memory.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from sqlalchemy import Connection

from assay.adapters import waiting
from assay.adapters.refusal import Refusal
from assay.adapters.sql import queue
from assay.adapters.sql.leader_tiles import LeaderTiles
from assay.adapters.sql.lease import CHANNEL, Lease, name_of
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import Bell, Session, engine, failures, heard, session
from assay.adapters.sql.queue import Answers, Batch, Parcel
from assay.adapters.sql.shared import Ready, Shared
from assay.adapters.waiting import Deliver, Put, tell
from assay.errors import AssayError, Malformed, Unavailable
from assay.office.ports import Recorded, Wanted
from assay.register import checkpoint as checkpoints
from assay.register.checkpoint import Checkpoint

MAX_OWN = 4096
"""Calls of this process that may wait for a batch before no more are taken."""
MAX_TRIES = 3
"""Of a parcel that fails alone, before it is answered with its failure: it must not keep the others waiting."""
PRUNE_SECONDS = 60
STUCK_SECONDS = 60
"""How long one step of a leader may take before it gives up the lease."""
RETRY_SECONDS = 0.5


class Own(msgspec.Struct, frozen=True, gc=False):
    """Entries of the leading process itself: they need not go through the queue."""

    wanted: Sequence[Wanted]
    deliver: Deliver


class Deposed(Unavailable):
    """Somebody else leads by now: no failure."""

    def __init__(self) -> None:
        super().__init__("another process sequences for this office")


class Leader:
    """A thread that leads whenever nobody else does. *queued*: where entries go that it was handed and cannot sequence any more."""

    def __init__(self, shared: Shared, front: str, ready: Ready, queued: Put) -> None:
        self._shared, self._front, self._ready, self._queued = shared, front, ready, queued
        self._seconds = shared.lease_seconds
        self._terms = 0
        self._closed = threading.Event()
        self._bell = Bell()
        self._door = threading.Lock()
        self._own: deque[Own] = deque()
        self.trouble = ""
        """Why this process could not lead when nobody did; empty when it could, or when somebody does."""
        self.term: Term | None = None
        """Set while this process leads."""
        self._thread = threading.Thread(target=self._run, name="register-leader", daemon=True)
        self._thread.start()

    def put(self, wanted: Sequence[Wanted], deliver: Deliver) -> bool:
        """Sequence *wanted* here; False, and none are taken, while this process does not lead, or for what the queue refuses."""
        if self.term is None:
            return False  # seen early, so that the queue alone reads the entries
        try:
            for one in wanted:
                queue.encode(one)
        except Malformed:
            return False
        with self._door:
            if self.term is None or self._closed.is_set():
                return False
            if len(self._own) >= MAX_OWN:
                raise Unavailable(f"{len(self._own)} batches wait for the register; no more are taken")
            self._own.append(Own(wanted, deliver))
        self._bell.ring()
        return True

    def close(self) -> None:
        """Finish what is in hand, give up the lease, and end."""
        self._closed.set()
        self._bell.ring()
        self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        former = ""
        while not self._closed.is_set():
            self._terms += 1
            holder = f"{self._front}-{self._terms}"
            try:
                with session(self._shared.url, f"assay candidate {self._front}") as connection:
                    connection.execute(f"LISTEN {CHANNEL}".encode())
                    self._stand(connection, Lease(connection, holder, self._seconds, former))
            except Exception as error:  # noqa: BLE001 - a term may fail in any way; the cause is told, and another begins
                began = self._resign()
                self.trouble = (
                    "" if began or isinstance(error, Deposed) else str(error) or type(error).__name__
                )
            former = holder
            self._closed.wait(RETRY_SECONDS)

    def _stand(self, connection: Session, lease: Lease) -> None:
        """Until a term has ended."""
        while not self._closed.is_set():
            epoch = lease.take()
            if epoch is None:
                self.trouble = ""
                heard(connection)
                self._bell.wait(connection, self._seconds / 3)
                continue
            keeping = _Keeping(self._shared.url, lease)
            try:
                self._lead(connection, lease, epoch, keeping)
            finally:
                keeping.close()
                if not connection.closed:
                    lease.release()
            self._resign()
            return

    def _resign(self) -> bool:
        """Whether this process led. What it was handed and has not begun goes through the queue, to whoever leads next."""
        with self._door:
            led, self.term = self.term is not None, None
            left = list(self._own)
            self._own.clear()
        hand_over(left, self._queued)
        return led

    def _lead(self, connection: Session, lease: Lease, epoch: int, keeping: "_Keeping") -> None:
        connection.execute("SELECT set_config('application_name', %s, false)", (name_of(lease.holder),))
        # What the ledger commits is durable all the same; signatures and prunings can be repeated.
        connection.execute("SET synchronous_commit = off")
        connection.execute(f"LISTEN {queue.WANTED}".encode())
        term = Term(self._shared, connection, lease.holder, epoch, self._queued)
        try:
            self._ready(term.sequencer)
            term.begin()
            self.term, self.trouble = term, ""
            self._sequence(connection, keeping, term)
        finally:
            term.close()

    def _sequence(self, connection: Session, keeping: "_Keeping", term: "Term") -> None:
        pruned = looked = time.monotonic()
        more = True
        while self._own or not self._closed.is_set():
            keeping.alive()
            now = time.monotonic()
            if now - pruned > PRUNE_SECONDS:
                queue.prune(connection)
                pruned = now
            # A front end tells of each parcel that it puts; the time is for one who could not.
            look = bool(heard(connection)) or more or now - looked > self._seconds / 3
            looked = now if look else looked
            more = term.batch(self._take, look=look)
            if not more and not self._own:
                self._bell.wait(connection, self._seconds / 3)

    def _take(self) -> list[Own]:
        with self._door:
            taken: list[Own] = []
            count = 0
            while self._own and (not taken or count + len(self._own[0].wanted) <= queue.MAX_ITEMS):
                taken.append(self._own.popleft())
                count += len(taken[-1].wanted)
            return taken


def hand_over(own: Sequence[Own], queued: Put) -> None:
    """Nothing of *own* was recorded: it goes the way of those who do not lead."""
    for one in own:
        try:
            queued(one.wanted, one.deliver)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            tell(one.deliver, [waiting.failure(error)] * len(one.wanted))


class _Keeping:
    """Renews the lease in a thread of its own, so that neither a long start nor a long batch loses it."""

    def __init__(self, url: str, lease: Lease) -> None:
        self._url, self._lease = url, lease
        self._ended = threading.Event()
        self._lost = False
        self._seen = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="register-lease", daemon=True)
        self._thread.start()

    def alive(self) -> None:
        """Says that the leader is; Deposed when the lease is lost."""
        self._seen = time.monotonic()
        if self._lost:
            raise Deposed

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with suppress(AssayError), session(self._url, name_of(self._lease.holder)) as connection:
            lease = self._lease.on(connection)
            # A leader that hangs must lose it.
            while lease.renew() and time.monotonic() - self._seen < STUCK_SECONDS:
                if self._ended.wait(self._lease.seconds / 3):
                    return
        self._lost = True


class Term:
    """One leader's register, under one epoch."""

    def __init__(self, shared: Shared, connection: Session, holder: str, epoch: int, queued: Put) -> None:
        self._shared, self._connection, self._epoch, self._queued = shared, connection, epoch, queued
        self._ledger = SqlLedger(
            engine(shared.url, name_of(holder), lasting=False), epoch=epoch, also=self._answer
        )
        self._claimed: Sequence[Parcel] = ()
        self._before = 0
        """Entries of the commit under way that are in no parcel; they come first."""
        self._whole: Refusal | None = None
        self._batch: int | None = None
        """Of the commit under way, or of the newest one."""
        self._alone, self._tries = 0, 0
        try:
            tiles = LeaderTiles(shared.tiles, self._reigns)
            self.sequencer = shared.sequencer(self._ledger, tiles, shared.openings)
        except BaseException:
            self._ledger.close()
            raise

    def begin(self) -> None:
        """Sign what an earlier leader recorded and did not come to sign, and the register as it is now."""
        for batch in queue.unsigned(self._connection):
            self._hand_out(batch.batch, self._signed(batch), ())
        self._claim(())
        self._ledger.record((), self._now())
        self._hand_out(self._batch, self.sequencer.checkpoint(), ())

    def batch(self, take: Callable[[], Sequence[Own]] = tuple, *, look: bool = True) -> bool:
        """Sequence what *take* gives and, with *look*, what waits in the queue; whether the queue held anything.

        *take* is called when nothing but the commit is left to do. Raises when the term cannot go on.
        """
        careful = self._alone > 0  # parcels are tried one by one, because one of them may be faulty
        found = queue.peek(self._connection)[: 1 if careful else None] if look or careful else []
        self._alone = max(0, self._alone - 1)
        for parcel, wrong in found:
            if wrong is not None:
                self._refuse(parcel, wrong)
        parcels = [parcel for parcel, wrong in found if wrong is None]
        self._batch = None
        own = () if careful else take()
        try:
            self._sequence(parcels, own)
        except Deposed as error:
            self._unanswered(own, error)
            raise
        except Exception as error:  # noqa: BLE001 - one parcel may bring it about, and it is told to that one
            self._unanswered(own, error)
            self._failed(parcels, waiting.failure(error))
        else:
            self._tries = 0
        return bool(found)

    def close(self) -> None:
        self._ledger.close()

    def _sequence(self, parcels: Sequence[Parcel], own: Sequence[Own]) -> None:
        if not parcels and not own:
            return
        here = [one for some in own for one in some.wanted]
        self._claim(parcels, before=len(here))
        answers = self.sequencer.commit([*here, *(one for parcel in parcels for one in parcel.wanted)])
        # A crash here leaves a batch without signature: the next leader signs it, and its front ends get their answers.
        signed = next((one.checkpoint for one in answers if not isinstance(one, AssayError)), b"")
        self._hand_out(self._batch, signed, [one.front for one in parcels] if parcels else None)
        each = iter(answers)
        for some in own:
            tell(some.deliver, [next(each) for _ in some.wanted])

    def _unanswered(self, own: Sequence[Own], error: Exception) -> None:
        if self._batch is None:
            hand_over(own, self._queued)
            return
        why = Unavailable(f"{error}; whether the entry was recorded is not known")
        for one in own:
            tell(one.deliver, [why] * len(one.wanted))

    def _failed(self, parcels: Sequence[Parcel], error: AssayError) -> None:
        """Try one by one, so that a parcel that the database cannot take keeps no other waiting."""
        if not self._reigns():
            raise Deposed from error
        if self._batch is not None:
            raise error
        self._alone = len(parcels)
        if len(parcels) == 1:
            self._tries += 1
            if self._tries >= MAX_TRIES:
                self._tries = 0
                self._refuse(parcels[0], error)

    def _refuse(self, parcel: Parcel, error: AssayError) -> None:
        self._claim((parcel,), Refusal.of(error))
        self._ledger.record((), self._now())
        self._hand_out(self._batch, b"", (parcel.front,))

    def _claim(self, parcels: Sequence[Parcel], whole: Refusal | None = None, *, before: int = 0) -> None:
        self._claimed, self._before, self._whole, self._batch = parcels, before, whole, None

    def _answer(self, connection: Connection, recorded: Recorded) -> None:
        """In the transaction that records: so parcels go, and answers come, together with the entries or not at all."""
        results = (
            queue.results(self._claimed, recorded.indexes[self._before :])
            if self._whole is None
            else [Answers(whole=self._whole)] * len(self._claimed)
        )
        self._batch = queue.answer(
            connection, self._claimed, results, recorded.growth.before, queue.hashes(recorded)
        )

    def _hand_out(self, batch: int | None, checkpoint: bytes, fronts: Sequence[str] | None) -> None:
        if batch is None or not queue.sign(self._connection, batch, self._epoch, checkpoint, fronts):
            raise Deposed

    def _signed(self, batch: Batch) -> bytes:
        """A checkpoint at the batch's own size; nothing for a batch that added nothing."""
        if not batch.hashes:
            return b""
        after = batch.before.extend(batch.hashes).after
        known = Checkpoint(self._shared.origin, after.size, after.root)
        self.sequencer.require(known)
        if after.size == self.sequencer.size():
            return self.sequencer.checkpoint()  # it may be published already, with the time of that signature
        stamp = self._ledger.stamp(self._now())
        return checkpoints.sign(known, self._shared.secrets.signing, stamp)

    def _reigns(self) -> bool:
        with failures():
            return queue.reigns(self._connection, self._epoch)

    def _now(self) -> int:
        return int(self._shared.clock.now().timestamp())
