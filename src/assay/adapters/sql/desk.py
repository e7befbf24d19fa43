"""One front end's side of the queue: entries go to the database in parcels, answers come back with all their proofs need.

Nothing is passed on unverified: the checkpoint's signatures, the root over the batch's hashes on the edge before it, and
each leaf's own hash among them.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from assay.adapters.sql import queue
from assay.adapters.sql.postgresql import Bell, Session, end_sessions, heard, session
from assay.adapters.sql.queue import Answered, Batch
from assay.adapters.waiting import Answer, Deliver, tell
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.office.ports import Appended, Wanted
from assay.register import checkpoint as checkpoints
from assay.register.edge import Growth
from assay.register.identity import LogKeys
from assay.register.merkle import leaf_hash

MAX_WAITING = 65_536
"""Entries that may wait in this process before no more are taken."""
MAX_UNDER_WAY = 2
"""Parcels: one is sequenced while the next one fills."""
POLL_SECONDS = 0.5
"""How often answers are looked for when no notification tells of them."""
RETRY_SECONDS = 0.25
UNKNOWN_SECONDS = 3.0
"""How long what is under way waits for a server that is gone, before its front end says that it does not know."""


class _Together:
    """Answers that come one by one, and go out when all are there."""

    def __init__(self, count: int, deliver: Deliver) -> None:
        self._answers: list[Answer] = [Unavailable("nobody answered")] * count
        self._missing, self._deliver = count, deliver
        self._door = threading.Lock()

    def put(self, at: int, answer: Answer) -> None:
        with self._door:
            self._answers[at] = answer
            self._missing -= 1
            if self._missing:
                return
        tell(self._deliver, self._answers)


class _Ticket(msgspec.Struct, frozen=True, gc=False):
    wanted: Wanted
    item: msgspec.Raw
    deliver: Callable[[Answer], None]


class _UnderWay(msgspec.Struct):
    tickets: list[_Ticket]
    since: float


class Desk:
    """A thread that owns one session. *patience*: seconds that an entry may wait for its answer; *refused*: why nobody
    can sequence now, or an empty text."""

    def __init__(
        self, url: str, front: str, keys: LogKeys, *, patience: float, refused: Callable[[], str]
    ) -> None:
        self._url, self._front, self._keys = url, front, keys
        self._patience, self._refused = patience, refused
        self._door = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._under_way: dict[int, _UnderWay] = {}
        self._serial = 0
        self._offline, self._gone = "", 0.0
        self._closed = False
        self._bell = Bell()
        self._thread = threading.Thread(target=self._run, name="register-desk", daemon=True)
        self._thread.start()

    def put(self, wanted: Sequence[Wanted], deliver: Deliver) -> None:
        """All are taken or none. *deliver* gets the answers, in order, in another thread, so it must be quick and raise nothing."""
        together = _Together(len(wanted), deliver)
        tickets: list[_Ticket] = []
        wrong: list[tuple[int, Malformed]] = []
        for at, one in enumerate(wanted):
            try:
                tickets.append(_Ticket(one, queue.encode(one), partial(together.put, at)))
            except Malformed as error:
                wrong.append((at, error))
        with self._door:
            if self._closed:
                raise Unavailable("the register is closed")
            if trouble := self._offline or self._refused():
                raise Unavailable(trouble)
            if len(self._waiting) + len(tickets) > MAX_WAITING:
                raise Unavailable(f"{len(self._waiting)} entries wait for the register; no more are taken")
            self._waiting.extend(tickets)
        for at, refusal in wrong:
            together.put(at, refusal)
        self._bell.ring()

    def close(self) -> None:
        """Answer what waits, as far as somebody sequences it within *patience*, and end."""
        with self._door:
            self._closed = True
        self._bell.ring()
        self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        while True:
            try:
                name = f"assay front {self._front}"
                with session(self._url, name) as connection:
                    # What the former session has under way would otherwise come after we have told that it is lost.
                    end_sessions(connection, name)
                    # Nothing that is written here was told to anybody.
                    connection.execute("SET synchronous_commit = off")
                    connection.execute(f"LISTEN {queue.ANSWERED}".encode())
                    self._offline = ""
                    self._chase(connection)
                    self._serve(connection)
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it; the cause is told
                self._go_offline(str(error) or type(error).__name__)
            if self._closed and not self._under_way and not self._waiting:
                return
            time.sleep(RETRY_SECONDS)

    def _serve(self, connection: Session) -> None:
        looked = time.monotonic()
        while not (self._closed and not self._under_way and not self._waiting):
            worked = self._send(connection)
            told = any(self._front in one.payload or not one.payload for one in heard(connection))
            if self._under_way and (told or time.monotonic() - looked > POLL_SECONDS):
                looked = time.monotonic()
                self._collect(connection)
                self._expire(connection)
                worked = True
            if not worked:
                self._bell.wait(connection, POLL_SECONDS)

    def _send(self, connection: Session) -> bool:
        if not self._waiting or len(self._under_way) >= MAX_UNDER_WAY:
            return False
        tickets = self._take()
        self._serial += 1
        # A crash of the server here leaves the parcel or not; _chase tells which.
        self._under_way[self._serial] = _UnderWay(tickets, time.monotonic())
        queue.put(connection, self._front, self._serial, [one.item for one in tickets])
        return True

    def _take(self) -> list[_Ticket]:
        taken: list[_Ticket] = []
        held = 0
        while self._waiting and len(taken) < queue.MAX_ITEMS:
            held += len(self._waiting[0].item)
            if taken and held > queue.MAX_PARCEL_BYTES:
                break
            taken.append(self._waiting.popleft())
        return taken

    def _collect(self, connection: Session) -> None:
        verified: dict[int, Growth | AssayError] = {}
        for one in queue.collect(connection, self._front, list(self._under_way)):
            parcel = self._under_way.pop(one.serial)
            if one.batch.batch not in verified:
                verified[one.batch.batch] = _verified(one.batch, self._keys)
            growth = verified[one.batch.batch]
            for ticket, answer in zip(parcel.tickets, _answers(parcel.tickets, one, growth), strict=True):
                ticket.deliver(answer)

    def _expire(self, connection: Session) -> None:
        """Take back what waits for too long, or for nobody. What is gone already is being answered: it waits once more."""
        refused = self._refused()
        for serial, parcel in list(self._under_way.items()):
            waited = time.monotonic() - parcel.since
            if not refused and waited < self._patience:
                continue
            if queue.withdraw(connection, self._front, serial):
                why = refused or f"nobody sequenced the entry within {self._patience:g} s"
                self._fail(serial, f"{why}; it was not recorded")
            elif waited > 2 * self._patience:
                self._fail(
                    serial,
                    f"no signature within {2 * self._patience:g} s; the entry may be recorded all the same",
                )

    def _chase(self, connection: Session) -> None:
        """After a new start of the session: the server may have lost parcels (never recorded ones) when it crashed."""
        self._collect(connection)
        for serial in list(self._under_way):
            if queue.lost(connection, self._front, serial):
                self._fail(
                    serial,
                    "the database's server stopped before the entry was sequenced; it was not recorded",
                )

    def _go_offline(self, trouble: str) -> None:
        """What is here fails at once; what is under way may have been recorded, and waits for the server to tell."""
        with self._door:
            self._gone = self._gone if self._offline else time.monotonic()
            self._offline = trouble
            waiting = list(self._waiting)
            self._waiting.clear()
        for ticket in waiting:
            ticket.deliver(Unavailable(f"{trouble}; the entry was not recorded"))
        if time.monotonic() - self._gone > UNKNOWN_SECONDS:
            for serial in list(self._under_way):
                self._fail(serial, f"{trouble}; whether the entry was recorded is not known")

    def _fail(self, serial: int, why: str) -> None:
        for ticket in self._under_way.pop(serial).tickets:
            ticket.deliver(Unavailable(why))


def _verified(batch: Batch, keys: LogKeys) -> Growth | AssayError:
    """How the tree grew, when the checkpoint signs just that."""
    growth = batch.before.extend(batch.hashes)
    if not batch.hashes and not batch.checkpoint:
        return growth
    try:
        signed = checkpoints.open_(batch.checkpoint, keys).checkpoint
    except (Malformed, Untrusted) as error:
        return Unavailable(f"the sequencer's answer does not hold: {error}")
    if (signed.size, signed.root) != (growth.after.size, growth.after.root):
        return Unavailable(
            f"the sequencer's answer does not hold: its checkpoint signs {signed.size} entries with root {signed.root.hex()}, "
            f"its batch leads to {growth.after.size} with {growth.after.root.hex()}"
        )
    return growth


def _answers(tickets: list[_Ticket], answered: Answered, growth: Growth | AssayError) -> list[Answer]:
    if isinstance(growth, AssayError):
        return [growth] * len(tickets)
    if answered.answers.whole is not None:
        return [answered.answers.whole.error] * len(tickets)
    if len(answered.answers.each) != len(tickets):
        wrong = Unavailable(f"the sequencer answered {len(answered.answers.each)} of {len(tickets)} entries")
        return [wrong] * len(tickets)
    return [
        _answer(ticket, at, growth, answered.batch.checkpoint) if isinstance(at, int) else at.error
        for ticket, at in zip(tickets, answered.answers.each, strict=True)
    ]


def _answer(ticket: _Ticket, at: int, growth: Growth, checkpoint: bytes) -> Answer:
    if not growth.before.size <= at < growth.after.size or growth.nodes[0, at] != leaf_hash(
        ticket.wanted.leaf
    ):
        return Unavailable(f"the sequencer's answer does not hold: entry {at} is another one")
    return Appended(at, ticket.wanted, growth, checkpoint)
