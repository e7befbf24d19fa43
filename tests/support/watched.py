"""An office's register for tests of those who watch it: it can do its work, and it can cheat. Fictional keys, from labels."""

import copy
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.support import register
from tests.support.signing import private

from assay.adapters.tiles.memory import MemoryTiles
from assay.crypto.keys import PrivateKey
from assay.formats.digest import Digest
from assay.register import checkpoint, draw, genesis, leaf, merkle, rotation
from assay.register.checkpoint import Checkpoint
from assay.register.draw import Beacon, DrawCommit, DrawResult, Stratum
from assay.register.identity import LogIdentity, LogKeys
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.register.opening import openings
from assay.tlog.draw_watch import document_path
from assay.tlog.keyring import handover_path
from assay.tlog.ports import TileStore
from assay.tlog.publish import flush

START = register.STAMP
DUE = START + 3600


def beacon_value(round_: int) -> bytes:
    """The simulated beacon's."""
    return hashlib.sha256(b"simulated beacon, round %d" % round_).digest()


def beacon(round_: int = 7, due: int = DUE) -> Beacon:
    return Beacon("simulated.example:1", round_, datetime.fromtimestamp(due, UTC))


class Office:
    def __init__(
        self,
        label: str = "log",
        origin: str = register.ORIGIN,
        store: TileStore | None = None,
        now: int = START,
    ) -> None:
        self.origin = origin
        self.store = MemoryTiles() if store is None else store
        self.now = now
        self.leaves: list[bytes] = []
        self.published = 0
        self.retired: tuple[PrivateKey, ...] = ()
        self._use(label)
        self.leaves.append(
            genesis.make(self.identity, time=self._time(), salts=self._salts(), key=self.entry)
        )

    def _use(self, label: str) -> None:
        self.signing = (private("ed25519", label), private("ml-dsa-44", label))
        self.entry = private("ed25519", f"{label} entry")
        self.keys = LogKeys(
            origin=self.origin,
            ed25519=(self.signing[0].public,),
            ml_dsa_44=(self.signing[1].public,),
            entry=(self.entry.public,),
        )
        self.identity = LogIdentity(
            keys=self.keys, policy=Digest.sha256(b"policy"), anchors=Digest.sha256(b"anchors")
        )

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def _salts(self) -> bytes:
        return register.salts(f"{self.origin} {len(self.leaves)}")

    def make(
        self,
        kind: Kind = Kind.SUBMISSION,
        document: bytes = b"",
        *,
        key: PrivateKey | None = None,
        time: int | None = None,
    ) -> bytes:
        return leaf.make(
            kind,
            origin=self.origin,
            time=datetime.fromtimestamp(self.now if time is None else time, UTC),
            digests=(Digest.sha256(document or b"document %d" % len(self.leaves)),),
            openings=openings({}, self._salts()),
            key=key or self.entry,
        )

    def add(self, count: int = 1) -> "Office":
        for _ in range(count):
            self.leaves.append(self.make())
        return self

    def commit(self, number: int, to: Beacon | None, *, frame: Checkpoint | None = None) -> int:
        """A draw-commit over all entries so far, one of each two; its index."""
        size = len(self.leaves)
        framed = frame or Checkpoint(self.origin, size, self.root(size))
        document = DrawCommit(
            number=number,
            frame=framed,
            strata=(Stratum("all", 1, 2, tuple((index, 1) for index in range(framed.size))),),
            policy=Digest.sha256(b"policy"),
            beacon=to,
        )
        return self.record(Kind.DRAW_COMMIT, document.encode())

    def drawn(self, index: int, value: bytes) -> DrawResult:
        """What the commit in entry *index* leads to."""
        digest = leaf.parse(self.leaves[index]).digests[0]
        document = self.store.read(document_path(digest), limit=draw.MAX_BYTES)
        assert document is not None
        return draw.draw(DrawCommit.parse(document), index, leaf_hash(self.leaves[index]), value)

    def record(self, kind: Kind, document: bytes) -> int:
        """An entry about a document that is published beside it; its index."""
        self.leaves.append(self.make(kind, document))
        self.store.write(document_path(Digest.sha256(document)), document)
        return len(self.leaves) - 1

    def root(self, size: int | None = None) -> bytes:
        return merkle.root_of([leaf_hash(one) for one in self.leaves[:size]])

    def note(self, size: int | None = None, keys: Sequence[PrivateKey] = ()) -> bytes:
        """A checkpoint of what there is, whether or not it was published."""
        at = len(self.leaves) if size is None else size
        return checkpoint.sign(Checkpoint(self.origin, at, self.root(at)), keys or self.signing, self.now)

    def publish(self) -> "Office":
        flush(self.store, self.published, self.leaves[self.published :], self.note(), self.keys)
        self.published = len(self.leaves)
        return self

    def rotate(self, label: str, *, hand_over: bool = True) -> "Office":
        """Publish all, then one change of keys with its cross-signed checkpoint."""
        self.publish()
        old, signing = self.identity, self.signing
        writer = self.entry
        self._use(label)
        self.leaves.append(
            rotation.key_change(old, self.identity, time=self._time(), salts=self._salts(), key=writer)
        )
        size = len(self.leaves)
        head = Checkpoint(self.origin, size, self.root())
        note = rotation.cross_sign(head, signing, self.signing, self.now)
        flush(self.store, self.published, self.leaves[self.published :], note, old.keys)
        self.published = size
        if hand_over:
            self.store.write(handover_path(size), note)
        return self

    def fork(self) -> "Office":
        """The same office with a second history from here on, in files of its own."""
        assert isinstance(self.store, MemoryTiles)
        other = copy.copy(self)
        other.store, other.leaves = MemoryTiles(), list(self.leaves)
        other.store.files = dict(self.store.files)
        return other

    def rebuilt(self) -> "Office":
        """All files anew from the leaves as they are now, signed as if nothing had happened."""
        assert isinstance(self.store, MemoryTiles)
        for path in [path for path in self.store.files if not path.startswith("document/")]:
            del self.store.files[path]
        self.published = 0
        return self.publish()
