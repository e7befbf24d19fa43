"""An office's register with many front ends: each takes entries in, and one of them sequences for all.

Every process makes one :class:`FrontEnd` over the same database and the same tiles. Which one leads is nobody's business:
a front end whose leader died gets its answers from the next one.
"""

import secrets as random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from assay.adapters import waiting
from assay.adapters.sql import queue
from assay.adapters.sql.desk import Desk
from assay.adapters.sql.leader import Leader
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import driver, engine, failures, session
from assay.adapters.sql.prepare import prepare
from assay.adapters.sql.shared import Ready, Shared
from assay.adapters.sql.transaction import transaction
from assay.adapters.waiting import Answer, Deliver
from assay.errors import Unavailable
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer
from assay.tlog.ports import TileStore

T = TypeVar("T")

_FOUNDING = 0x61737361
"""Key of the advisory lock under which an office is founded."""
_VIEWS = 5
"""How often a reader tries again while the leader moves leaves from the database into tiles."""


class _ReadOnly:
    """The tiles for those who do not lead: opening a register may put a torn checkpoint back, which is the leader's to do."""

    def __init__(self, tiles: TileStore) -> None:
        self.read = tiles.read

    def write(self, path: str, data: bytes) -> None:
        raise Unavailable(f"only the leader writes {path}, of {len(data)} bytes")

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        raise Unavailable(f"only the leader writes {', '.join(path for path, _ in files)}")

    def remove(self, path: str) -> None:
        raise Unavailable(f"only the leader removes {path}")


class FrontEnd:
    """A :class:`~assay.office.ports.Register` for many threads, which also leads, and publishes tiles, when it is its turn.

    *ready* is called before this process begins to sign. Only the leader publishes and erases.
    """

    def __init__(self, shared: Shared, *, ready: Ready = lambda _: None) -> None:
        self._shared = shared
        self.front = random.token_hex(6)
        """This process's name among the front ends."""
        self._engine = engine(shared.url, "assay")
        self._ledger = SqlLedger(self._engine)
        prepare(shared.url)
        self._reading = threading.Lock()
        self._view: Sequencer | None = None
        self._ended = threading.Event()
        self._publishing = ""
        self._leader = Leader(shared, self.front, ready, self._through_the_queue)
        self._desk = Desk(
            shared.url,
            self.front,
            shared.secrets.public(shared.origin),
            patience=shared.patience_seconds,
            refused=lambda: self._leader.trouble,
        )
        self._publisher = threading.Thread(target=self._publish, name="register-publish", daemon=True)
        self._publisher.start()

    @property
    def trouble(self) -> str:
        """Why this process could not lead or publish when it was its turn; empty when it could."""
        return self._leader.trouble or self._publishing

    @property
    def leading(self) -> Sequencer | None:
        """The register itself, while this process leads: to have it cosigned, or to stop it."""
        term = self._leader.term
        return None if term is None else term.sequencer

    def size(self) -> int:
        return self._ledger.head().edge.size

    def append(self, wanted: Wanted) -> Appended:
        return waiting.answer(self.put, wanted)

    def append_many(self, wanted: Sequence[Wanted]) -> list[Answer]:
        return waiting.answers(self.put, wanted)

    def put(self, wanted: Sequence[Wanted], deliver: Deliver) -> None:
        """Hand in entries, all or none; *deliver* gets their answers, in another thread, so it must be quick and raise nothing."""
        if not self._leader.put(wanted, deliver):
            self._desk.put(wanted, deliver)

    def _through_the_queue(self, wanted: Sequence[Wanted], deliver: Deliver) -> None:
        self._desk.put(wanted, deliver)

    def checkpoint(self) -> bytes:
        """At the present size. Waits for the leader's signature, if it must; Unavailable when none comes."""
        end = time.monotonic() + self._shared.patience_seconds
        while (found := self._newest_checkpoint()) is None:
            if self._leader.trouble or time.monotonic() > end:
                raise Unavailable(self._leader.trouble or "nobody signs the register's newest entries")
            time.sleep(0.005)
        return found

    def leaf(self, index: int) -> bytes:
        return self._read(index + 1, lambda view: view.leaf(index))

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]:
        """Those from *start* up to *end*."""
        return self._read(end, lambda view: view.leaves(start, end))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return self._read(size, lambda view: view.inclusion(index, size))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return self._read(new, lambda view: view.consistency(old, new))

    def publish(self) -> None:
        """When this process leads; who leads publishes by itself, too."""
        leading = self.leading
        if leading is not None:
            leading.publish()

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*. Any process can, but where they have a second home (only who leads writes
        there): Unavailable when another process leads then."""
        leading = self.leading
        if leading is not None:
            leading.erase(index)
        elif self._shared.openings is None:
            self._ledger.erase(index)
        else:
            raise Unavailable(
                f"the openings of entry {index} are also outside the database: the process that leads erases them"
            )

    @contextmanager
    def founding(self) -> Iterator[None]:
        """One process at a time: of several that start together on an empty register, one writes entry 0."""
        with session(self._shared.url, f"assay founder {self.front}") as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_FOUNDING,))
            yield

    def close(self) -> None:
        """Answer what waits, publish once more when leading, and give up the lease."""
        self._desk.close()
        self._ended.set()
        self._publisher.join()
        try:
            self.publish()
        finally:
            self._leader.close()
            self._ledger.close()

    def _newest_checkpoint(self) -> bytes | None:
        """Gives its connection back: whoever waits for a signature keeps none from those who append."""
        with failures(), transaction(self._engine, reads=True) as connection:
            return queue.newest_checkpoint(driver(connection))

    def _read(self, size: int, read: Callable[[Sequencer], T]) -> T:
        """What *read* finds in a tree of at least *size*."""
        leading = self.leading
        if leading is not None and leading.size() >= size:
            return read(leading)
        if size > (there := self.size()):
            raise Unavailable(f"the register has {there} entries, not {size}")
        for last in (*[False] * _VIEWS, True):
            try:
                return read(self._view_of(size))
            except Unavailable:
                # Between looking at the database and at the tiles, the leader may have moved what was looked for.
                self._view = None
                if last:
                    raise
                time.sleep(0.02)
        raise AssertionError

    def _view_of(self, size: int) -> Sequencer:
        """A view of the register as it was when somebody last asked for more; it reads only."""
        with self._reading:
            if self._view is None or self._view.size() < size:
                self._view = self._shared.sequencer(self._ledger, _ReadOnly(self._shared.tiles))
            return self._view

    def _publish(self) -> None:
        while not self._ended.wait(self._shared.publish_seconds):
            try:
                self.publish()
                self._publishing = ""
            except Exception as error:  # noqa: BLE001 - tried again; the sequencer stops taking entries in time
                self._publishing = str(error) or type(error).__name__
