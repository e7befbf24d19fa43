"""The one writer of a register: it appends in batches, signs each, proves, and publishes tiles. See docs/adr/0008-register.md."""

from collections.abc import Callable, Sequence
from threading import Lock, RLock
from typing import TypeVar

from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.office.openings import Keeper
from assay.office.ports import Appended, Clock, Head, Ledger, Openings, Wanted
from assay.register import checkpoint as checkpoints
from assay.register import merkle, proof, rotation
from assay.register.checkpoint import Checkpoint, SignedCheckpoint
from assay.register.edge import Edge
from assay.register.identity import LogSecrets
from assay.register.merkle import Position, leaf_hash
from assay.tlog import publish as tiles_of
from assay.tlog.keyring import handover_path
from assay.tlog.ports import CHECKPOINT, TileStore
from assay.tlog.read import TileReader

T = TypeVar("T")

MAX_UNPUBLISHED = 200_000
"""Entries that may wait for their tiles before no more are taken."""
CHUNK = 4096
"""Leaves that are held at once while the tree grows from the database."""


class Sequencer:
    """A :class:`~assay.office.ports.Register` over a ledger and a store of tiles. Safe to call from many threads.

    Opening it checks the right edge: Unavailable, and nothing is signed, when database and tiles are not of one history.
    """

    def __init__(
        self,
        ledger: Ledger,
        tiles: TileStore,
        secrets: LogSecrets,
        origin: str,
        clock: Clock,
        openings: Openings | None = None,
    ) -> None:
        self.origin = origin
        self._ledger, self._tiles, self._secrets, self._clock = ledger, tiles, secrets, clock
        self._keys = secrets.public(origin)
        self._keeper = None if openings is None else Keeper(ledger, openings)
        self._commit, self._publish = RLock(), Lock()
        self._files, self._state = Lock(), Lock()
        """Taken in the order of these two lines. Files are slow, so no commit waits for :attr:`_files`."""
        head = ledger.head()
        self._stamp = 0
        """The newest time of a signature that is known here."""
        self._reader = self._open_tiles(head)
        frontier = merkle.frontier(self._reader.size)
        nodes = _read(lambda: self._reader.nodes(frontier))
        self._edge = Edge(self._reader.size, tuple(nodes[at] for at in frontier))
        self._publishing: dict[Position, bytes] = {}
        self._tail: dict[Position, bytes] = {}
        """Subtrees that the published tiles do not hold: those before the newest publication began, and those since."""
        self._signed: bytes | None = None
        self._behind, self._stopped = False, ""
        self._grow_to(head.edge)
        self._take_up(head.note)

    def size(self) -> int:
        return self._edge.size

    def append(self, wanted: Wanted) -> Appended:
        (answer,) = self.commit((wanted,))
        if isinstance(answer, AssayError):
            raise answer
        return answer

    def append_many(self, wanted: Sequence[Wanted]) -> tuple[Appended | AssayError, ...]:
        return self.commit(wanted)

    def commit(self, wanted: Sequence[Wanted]) -> tuple[Appended | AssayError, ...]:
        """Record a batch durably, then sign once; an answer for each, in order. Raises when nothing was recorded."""
        with self._commit:
            self._may_sign()
            if self._edge.size - self._reader.size > MAX_UNPUBLISHED:
                raise Unavailable(
                    f"{self._edge.size - self._reader.size} entries of {self.origin} wait for their tiles; no more are taken"
                )
            self._behind = True
            recorded = self._ledger.record(wanted, int(self._clock.now().timestamp()))
            # A crash here leaves entries without a signature: nobody was told of them, the next one covers them.
            growth = recorded.growth
            self._grow_to(growth.before)
            if growth.after == growth.before:
                signed = b""
            else:
                signed = self._sign(growth.after, recorded.stamp)
                with self._state:
                    self._tail |= growth.nodes
                    self._edge, self._signed = growth.after, signed
            self._behind = False
        return tuple(
            Appended(at, one, growth, signed) if isinstance(at, int) else at
            for at, one in zip(recorded.indexes, wanted, strict=True)
        )

    def checkpoint(self) -> bytes:
        """The newest one, signed for it if need be; covers also what a commit recorded and failed to answer."""
        with self._commit:
            if not self._stopped:
                self._catch_up()
            if self._signed is None:
                self._may_sign()
                # The stamp is stored before it is used: a crash here only skips a second.
                stamp = self._ledger.stamp(int(self._clock.now().timestamp()))
                self._signed = self._sign(self._edge, stamp)
            return self._signed

    def leaf(self, index: int) -> bytes:
        if index >= self._edge.size:
            raise Unavailable(f"the register has no entry {index}")
        with self._files:
            if index < self._reader.size:
                return _read(lambda: self._reader.entry(index))
        return self._ledger.leaves(index, index + 1)[0]

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]:
        """Those of the entries from *start* up to *end*. Unavailable when there are not so many, or one is damaged."""
        if end > self._edge.size:
            raise Unavailable(f"the register has {self._edge.size} entries, not {end}")
        with self._files:
            published = self._reader.size
            here = min(end, published)
            found = _read(lambda: tuple(self._reader.entries(start, here))) if start < here else ()
        # Between these two a publication may move on; what it settles was published before this one began.
        return (*found, *(self._ledger.leaves(max(start, published), end) if end > published else ()))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return proof.inclusion_proof(index, size, self._nodes(proof.inclusion_positions(index, size), size))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return proof.consistency_proof(old, new, self._nodes(proof.consistency_positions(old, new), new))

    def publish(self) -> None:
        """Write what tiles lack, move ``/checkpoint``, and let the database forget what was published before that."""
        with self._publish:
            self._flush(self.checkpoint())

    def hand_over(self, new: LogSecrets, change: Wanted | None) -> None:
        """Append the *change* of keys, publish a checkpoint signed by the old and the *new* ones, and go on with the new.

        After a crash in here the change may be the newest entry: hand over again, with None.
        """
        with self._publish, self._commit:
            self._may_sign()
            self._catch_up()
            self._stopped = f"a change of the keys of {self.origin} was begun and not finished; start again"
            if change is not None:
                # A crash before its commit leaves nothing; whoever opens the register goes on with the old keys.
                recorded = self._ledger.record((change,), int(self._clock.now().timestamp()))
                self._grow_to(recorded.growth.after)
            # A crash here leaves the change without the checkpoint that both sign: hand over again. So do those that follow.
            edge, stamp = self._edge, self._ledger.stamp(int(self._clock.now().timestamp()))
            self._stamped(stamp)
            signed = rotation.cross_sign(
                Checkpoint(self.origin, edge.size, edge.root), self._secrets.signing, new.signing, stamp
            )
            # A crash here leaves a note that no checkpoint leads to yet.
            self._tiles.write(handover_path(edge.size), signed)
            self._flush(signed)
            with self._state:
                self._secrets, self._keys, self._signed = new, new.public(self.origin), signed
            self._stopped = ""

    def published(self) -> bytes:
        """The newest checkpoint that was published, with what witnesses added to it."""
        return self._ledger.head().note

    def cosigned(self, note: bytes) -> bool:
        """Publish the newest published checkpoint again, with the signatures that *note* adds to it.

        False, and nothing changes, when the register has published another one meanwhile.
        """
        with self._publish, self._commit:
            head = checkpoints.open_(note, self._keys).checkpoint
            newest = checkpoints.open_(self.published(), self._keys).checkpoint
            if head != newest or head.size != self._reader.size:
                return False
            # A crash here leaves /checkpoint without the new signatures, or, where it is lost, it is put back with them.
            self._ledger.publishing(note)
            tiles_of.flush(self._tiles, head.size, (), note, self._keys)
            if head.size == self._edge.size:
                self._signed = note
            return True

    def stop(self, reason: str) -> None:
        """Take no more entries and sign nothing, for *reason*."""
        with self._commit:
            self._stopped = reason

    def _flush(self, signed: bytes) -> None:
        edge = checkpoints.open_(signed, self._keys).checkpoint
        before = self._reader.size
        there = self._published(self._ledger.head())
        if edge.size == before and there is not None and there.note.encode() == signed:
            return
        with self._state:
            self._publishing |= self._tail
            self._tail = {}
        # A crash from here on leaves this note: a torn or lost /checkpoint can be put back, once its tiles are there.
        self._ledger.publishing(signed)
        if self._keeper is not None:
            # A crash here leaves openings of entries that are not published yet: they are kept again.
            self._keeper.keep(edge.size)
        tiles_of.flush(self._tiles, before, self._ledger.leaves(before, edge.size), signed, self._keys)
        with self._files:
            self._reader.advance(edge.size, edge.root)
        left = {at: one for at, one in self._publishing.items() if _end(at) > edge.size}
        with self._state:
            self._publishing = left
        # A crash here leaves leaves in the database that tiles hold as well: they go next time. They always stay
        # for one more publication, so that a reader who was sent to the database still finds them there.
        self._ledger.settle(before)

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*, wherever this register keeps them. The entry stays."""
        if self._keeper is None:
            self._ledger.erase(index)
            return
        with self._publish:
            self._keeper.erase(index)

    def require(self, known: Checkpoint) -> None:
        """Refuse to go on when the tree does not begin with *known*, which this register signed once.

        That is what a database becomes that was put back from an older copy, or lost and begun again.
        """
        size = self._edge.size
        if known.size > size:
            raise Unavailable(
                f"the database of {self.origin} has {size} entries, receipts were given for {known.size}: "
                "it is an older copy; nothing is signed until the newer one is back"
            )
        nodes = self._nodes(merkle.frontier(known.size), size)
        if merkle.root([nodes[at] for at in merkle.frontier(known.size)]) != known.root:
            raise Unavailable(
                f"the first {known.size} entries of {self.origin} are not those that receipts were given for; "
                "nothing is signed until they are back"
            )

    def _open_tiles(self, head: Head) -> TileReader:
        signed = self._published(head)
        size, root = (
            (0, merkle.EMPTY_ROOT) if signed is None else (signed.checkpoint.size, signed.checkpoint.root)
        )
        if size > head.edge.size:
            raise Unavailable(
                f"the database of {self.origin} has {head.edge.size} entries, receipts were given for {size}: "
                "it is an older copy; nothing is signed until the newer one is back"
            )
        if signed is not None:
            self._stamp = signed.timestamp
        if size < head.settled:
            raise Unavailable(
                f"the tiles of {self.origin} have {size} entries, the database was told that they have {head.settled}: "
                "they are an older copy; nothing is signed until the newer one is back"
            )
        reader = TileReader(self._tiles, size, root)
        _read(reader.check_edge)
        return reader

    def _published(self, head: Head) -> SignedCheckpoint | None:
        """The store's ``checkpoint``; one that is torn or lost is put back, if the tiles that it is about are there."""
        reason = f"{CHECKPOINT} is missing"
        try:
            signed = tiles_of.published(self._tiles, self._keys)
            # Without one and with all leaves in the database, the first publication has not come so far.
            if signed is not None or not head.settled:
                return signed
        except (Malformed, Untrusted) as error:
            reason = str(error)
        try:
            kept = checkpoints.open_(head.note, self._keys)
            TileReader(self._tiles, kept.checkpoint.size, kept.checkpoint.root).check_edge()
        except (Malformed, Untrusted, Unavailable) as error:
            raise Unavailable(
                f"the register of {self.origin} is damaged: {reason}; nor can it be put back: {error}"
            ) from error
        # A crash here leaves it as it was, or put back.
        self._tiles.write(CHECKPOINT, head.note)
        return kept

    def _catch_up(self) -> None:
        """Take in what a commit recorded whose answer was lost."""
        if self._behind:
            self._grow_to(self._ledger.head().edge)
            self._behind = False

    def _grow_to(self, edge: Edge) -> None:
        """Take in leaves that the ledger holds and this process has not seen: of an earlier one, or of a commit whose answer was lost."""
        if edge == self._edge:
            return
        before = grown = self._edge
        nodes: dict[Position, bytes] = {}
        for start in range(before.size, edge.size, CHUNK):
            leaves = self._ledger.leaves(start, min(edge.size, start + CHUNK))
            growth = grown.extend([leaf_hash(leaf) for leaf in leaves])
            grown = growth.after
            nodes |= growth.nodes
        if grown != edge:
            raise Unavailable(
                f"the first {before.size} entries of {self.origin} in its database are not those that receipts were given for; "
                "nothing is signed until they are back"
            )
        with self._state:
            self._tail |= nodes
            self._edge, self._signed = edge, None

    def _take_up(self, note: bytes) -> None:
        """Go by the checkpoint that the database noted, if it is of the newest size: two keys may have signed it, and witnesses."""
        if not note:
            return
        try:
            kept = checkpoints.open_(note, self._keys)
        except (Malformed, Untrusted) as error:
            raise Unavailable(
                f"the checkpoint in the database of {self.origin} is damaged: {error}"
            ) from error
        self._stamp = max(self._stamp, kept.timestamp)
        if kept.checkpoint == Checkpoint(self.origin, self._edge.size, self._edge.root):
            self._signed = note

    def _may_sign(self) -> None:
        if self._stopped:
            raise Unavailable(self._stopped)

    def _stamped(self, stamp: int) -> None:
        if stamp < self._stamp:
            raise Unavailable(
                f"the database of {self.origin} has time {stamp} for a signature, one was made at {self._stamp}: "
                "it is an older copy; nothing is signed until the newer one is back"
            )
        self._stamp = stamp

    def _sign(self, edge: Edge, stamp: int) -> bytes:
        self._stamped(stamp)
        return checkpoints.sign(
            Checkpoint(self.origin, edge.size, edge.root),
            self._secrets.signing,
            stamp,
        )

    def _nodes(self, positions: Sequence[Position], size: int) -> dict[Position, bytes]:
        with self._state:
            if size > self._edge.size:
                raise Unavailable(f"the register has {self._edge.size} entries, not {size}")
            known = [(at, self._tail.get(at) or self._publishing.get(at)) for at in positions]
        found = {at: one for at, one in known if one is not None}
        # What has left memory by now is in the tiles, and stays there.
        rest = [at for at in positions if at not in found]
        if rest:
            with self._files:
                found |= _read(lambda: self._reader.nodes(rest))
        return found


def _end(position: Position) -> int:
    """The number of leaves that a tree needs to have this subtree."""
    level, index = position
    return (index + 1) << level


def _read(read: Callable[[], T]) -> T:
    """What *read* gives; damage to what the office itself wrote is the world's failure, not somebody's bad input."""
    try:
        return read()
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register is damaged: {error}") from error
