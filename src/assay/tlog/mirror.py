"""Copying a register that others run: nothing is kept that its signed root does not vouch for, and nothing is taken back.

Files are written from left to right and never changed; what was proven so far is remembered in ``mirror.json`` beside them.
``checkpoint`` moves last, and only forward. The documents of draws travel along, each under its own digest.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats import b64, strict_json
from assay.formats.digest import Digest
from assay.register import draw, leaf, tiles
from assay.register.checkpoint import BOTH, Scheme, SignedCheckpoint
from assay.register.edge import Edge
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.rotation import KeyChange
from assay.register.tiles import HEIGHT, WIDTH, Tile
from assay.tlog import equivocation
from assay.tlog.draw_watch import OF_DRAWS, document_path
from assay.tlog.keyring import Keyring, handover_path, learn, scan
from assay.tlog.ports import CHECKPOINT, TileFiles, TileStore
from assay.tlog.read import TileReader
from assay.tlog.recompute import Map
from assay.tlog.serve import MAX_CHECKPOINT, claimed
from assay.tlog.walk import Step, Walk
from assay.tlog.watched import ChangeWire, change_document, read_change

STATE = "mirror.json"
FORMAT = "assay-mirror"
VERSION = 1
MAX_STATE = 16 * 1024 * 1024
MAX_WAITING = 10_000
EVIDENCE = "evidence"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is proven and durable, which may be more than ``checkpoint`` says."""

    edge: Edge = Edge()
    """Of the full bundles that are here, with the tiles over them."""
    genesis: bytes = b""
    changes: tuple[KeyChange, ...] = ()
    waiting: tuple[str, ...] = ()
    """Digests of documents that the source did not have."""

    def encode(self) -> bytes:
        return strict_json.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "size": self.edge.size,
                "edge": b64.encode(self.edge.joined),
                "genesis": b64.encode(self.genesis),
                "changes": [change_document(one) for one in self.changes],
                "waiting": list(self.waiting),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Kept":
        wire = strict_json.decode(data, _Wire, what=STATE, limit=MAX_STATE)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Malformed(
                f"{STATE} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        kept = cls(
            edge=Edge.parse(wire.size, b64.decode(wire.edge, what=f"{STATE}: edge")),
            genesis=b64.decode(wire.genesis, what=f"{STATE}: genesis"),
            changes=tuple(read_change(one, what=STATE) for one in wire.changes),
            waiting=wire.waiting,
        )
        if kept.encode() != data or kept.edge.size % WIDTH:
            raise Malformed(f"{STATE} is not in its canonical form")
        return kept


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What one copying came to."""

    origin: str = ""
    size: int = 0
    """What this mirror's ``checkpoint`` says."""
    new: int = 0
    """Entries more than before."""
    alarms: tuple[str, ...] = ()
    """Why the source is not followed: it contradicts what is here, or is not signed by trusted keys."""
    evidence: tuple[str, ...] = ()
    """Files that prove it."""
    unknown: tuple[str, ...] = ()
    """What could not be read or proven. What is here stays good."""
    waiting: tuple[str, ...] = ()
    """Documents that the source does not have."""

    @property
    def state(self) -> Literal["fine", "alarm", "unknown"]:
        if self.alarms:
            return "alarm"
        return "unknown" if self.unknown else "fine"


class Mirror:
    """One register's copy in *store*. *trusted* are the keys of registers that it may be."""

    def __init__(
        self,
        store: TileStore,
        trusted: Sequence[LogKeys],
        *,
        required: Sequence[Scheme] = BOTH,
        fetch: Map[Tile, bytes] = map,
    ) -> None:
        self._store, self._trusted, self._required, self._fetch = store, tuple(trusted), required, fetch

    def copy(self, source: TileFiles) -> Copied:
        """Copy what is new in *source*. Raises only when what is here is damaged or cannot be written."""
        kept = self._kept()
        mine = self._mine(kept)
        copying = _Copying(self._store, source, kept, mine, self._fetch)
        try:
            found = copying.run(*self._signed(source, kept, mine))
        except (Malformed, Refused, Unavailable) as error:
            found = self._refused(error, mine)
        return found

    def _refused(self, error: Exception, mine: SignedCheckpoint | None) -> Copied:
        lines = (str(error),)
        there = Copied() if mine is None else Copied(origin=mine.checkpoint.origin, size=mine.checkpoint.size)
        if isinstance(error, _Wrong):
            return msgspec.structs.replace(there, alarms=lines, evidence=error.evidence)
        return msgspec.structs.replace(there, unknown=lines)

    def _kept(self) -> Kept:
        try:
            data = self._store.read(STATE, limit=MAX_STATE)
            return Kept() if data is None else Kept.parse(data)
        except Malformed as error:
            raise Unavailable(
                f"what this mirror remembers is damaged: {error}; remove {STATE} to prove all of it again"
            ) from error

    def _mine(self, kept: Kept) -> SignedCheckpoint | None:
        """What this mirror has shown to others."""
        try:
            data = self._store.read(CHECKPOINT, limit=MAX_CHECKPOINT)
            return None if data is None else self._keyring(kept, claimed(data).origin).open_(data)
        except (Malformed, Refused) as error:
            raise Unavailable(f"this mirror's own checkpoint does not hold: {error}") from error

    def _keyring(self, kept: Kept, origin: str) -> Keyring:
        keys = next((keys for keys in self._trusted if keys.origin == origin), None)
        if keys is None:
            raise Untrusted(f"register {origin[:80]!r} is not among those trusted")
        keyring = Keyring(keys, self._required)
        if kept.genesis:
            keyring.learn_genesis(kept.genesis)
        for one in kept.changes:
            keyring.learn(one)
        return keyring

    def _signed(
        self, source: TileFiles, kept: Kept, mine: SignedCheckpoint | None
    ) -> tuple[SignedCheckpoint, Keyring]:
        data = source.read(CHECKPOINT, limit=MAX_CHECKPOINT)
        if data is None:
            raise Unavailable("the source has no checkpoint")
        head = claimed(data)
        if mine is not None and head.origin != mine.checkpoint.origin:
            raise _Wrong(
                f"the source is register {head.origin[:80]!r}, this is a mirror of {mine.checkpoint.origin!r}"
            )
        try:
            keyring = self._keyring(kept, head.origin)
            try:
                return keyring.open_(data), keyring
            except Untrusted:
                keyring = self._keyring(kept, head.origin)
                scan(keyring, source, head, data, min(kept.edge.size, head.size))
                return keyring.open_(data), keyring
        except Refused as error:
            raise _Wrong(str(error)) from error


class _Wrong(Refused):
    """The source is not what this mirror may follow."""

    def __init__(self, message: str, *evidence: str) -> None:
        super().__init__(message)
        self.evidence = evidence


class _Copying:
    """The course of one copying, from *kept* to the checkpoint of the source."""

    def __init__(
        self,
        store: TileStore,
        source: TileFiles,
        kept: Kept,
        mine: SignedCheckpoint | None,
        fetch: Map[Tile, bytes],
    ) -> None:
        self._store, self._source, self._kept, self._mine, self._fetch = store, source, kept, mine, fetch
        self._waiting = list(kept.waiting)

    def run(self, signed: SignedCheckpoint, keyring: Keyring) -> Copied:
        self._must_continue(signed)
        head = signed.checkpoint
        reader = TileReader(self._source, head.size, head.root)
        last = self._copy_bundles(reader, keyring, signed.note.encode())
        if head.size and (objection := keyring.objection()):
            raise _Wrong(objection)
        self._copy_edge(reader, last)
        self._copy_waiting()
        self._publish(signed)
        before = self._mine.checkpoint.size if self._mine else 0
        return Copied(
            origin=head.origin, size=head.size, new=head.size - before, waiting=tuple(self._waiting)
        )

    def _must_continue(self, signed: SignedCheckpoint) -> None:
        if self._mine is None:
            return
        head, mine = signed.checkpoint, self._mine.checkpoint
        back, older = head.size < mine.size, signed.timestamp <= self._mine.timestamp
        proof = (
            equivocation.find(signed, self._mine, self._store)
            if back
            else equivocation.find(self._mine, signed, self._source)
        )
        if proof is not None:
            data = proof.encode()
            path = f"{EVIDENCE}/equivocation-{Digest.sha256(data).short}.json"
            self._store.write(path, data)
            raise _Wrong(
                f"the register shows two histories: its checkpoint of size {head.size} and that of size {mine.size} kept here",
                path,
            )
        if back and older:  # a copy somewhere on the way that was not renewed
            raise Unavailable(
                f"the source shows an older checkpoint, of size {head.size}; this mirror stays at {mine.size}"
            )
        if back:
            raise _Wrong(f"the source went back to size {head.size}; this mirror stays at {mine.size}")

    def _copy_bundles(self, reader: TileReader, keyring: Keyring, note: bytes) -> Step | None:
        """The full bundles and all tiles over them; the last bundle, when it is partial, is for the caller."""
        walk = Walk(self._source, reader, self._start(reader), self._fetch)
        last: Step | None = None
        for steps in walk.chunks():
            for step in steps:
                self._look(step, reader, keyring, note)
            # A crash while this runs leaves files that are right, and needed by no published checkpoint yet.
            self._store.write_many(_files(steps))
            last = steps[-1] if not steps[-1].bundle.full else None
            self._remember(_aligned(walk.edge), keyring)  # a crash before this: the chunk is copied once more
        return last

    def _start(self, reader: TileReader) -> Edge:
        """Where copying goes on: after what is proven, where that is part of the tree to be copied."""
        edge = self._kept.edge
        if edge.size > reader.size or (edge.size and reader.root_at(edge.size) != edge.root):
            return Edge()  # begun under a checkpoint that was never published here
        return edge

    def _look(self, step: Step, reader: TileReader, keyring: Keyring, note: bytes) -> None:
        for index, data in enumerate(step.new, step.first):
            try:
                entry = leaf.parse(data)
            except Malformed:
                continue  # the tree has it, so it is copied; what it is worth is a monitor's question
            if index == 0 or entry.kind is Kind.KEY_CHANGE:
                self._learn(index, data, reader, keyring, note)
            if entry.kind in OF_DRAWS:
                self._waiting += [str(one) for one in entry.digests if one.algorithm == "sha256"]

    def _learn(self, index: int, data: bytes, reader: TileReader, keyring: Keyring, note: bytes) -> None:
        try:
            learn(keyring, self._source, reader, index, data, note)
        except (Malformed, Refused) as error:
            raise _Wrong(f"entry {index}: {error}") from error
        for change in keyring.changes:
            if change.index == index:
                self._store.write(handover_path(index + 1), change.checkpoint)

    def _copy_edge(self, reader: TileReader, last: Step | None) -> None:
        """The partial tiles. A crash inside leaves some of them, which are right."""
        files = [(tile.path, reader.file(tile)) for tile in tiles.edge(reader.size)]
        if last is not None:
            files.append((last.bundle.path, last.data))
        self._store.write_many(files)

    def _copy_waiting(self) -> None:
        """Documents by their digest, each looked for until the source has it."""
        missing = []
        for digest in dict.fromkeys(self._waiting):
            path = document_path(Digest.parse(digest))
            if self._store.read(path, limit=draw.MAX_BYTES) is None:
                data = self._document(path)
                if data is None or str(Digest.sha256(data)) != digest:
                    missing.append(digest)
                    continue
                self._store.write(path, data)
        self._waiting = missing[:MAX_WAITING]

    def _document(self, path: str) -> bytes | None:
        try:
            return self._source.read(path, limit=draw.MAX_BYTES)
        except Malformed as error:
            raise Unavailable(f"{path} cannot be read: {error}") from error

    def _publish(self, signed: SignedCheckpoint) -> None:
        head, note = signed.checkpoint, signed.note.encode()
        try:
            TileReader(self._store, head.size, head.root, cache_mb=4).check_edge()
        except Untrusted as error:
            raise Unavailable(f"what was written does not read back: {error}") from error
        self._remember(self._kept.edge, None)
        if self._mine is None or _newer(signed, self._mine):
            # A crash before this leaves the old checkpoint, all of whose files are there; after it the new one.
            self._store.write(CHECKPOINT, note)
        before = self._mine.checkpoint.size if self._mine else 0
        for folder in tiles.outgrown(before, head.size):
            self._store.remove(folder)  # a crash here leaves partial tiles that nobody needs

    def _remember(self, edge: Edge, keyring: Keyring | None) -> None:
        kept = msgspec.structs.replace(self._kept, edge=edge, waiting=tuple(self._waiting))
        if keyring is not None:
            kept = msgspec.structs.replace(kept, genesis=keyring.genesis, changes=keyring.changes)
        if kept != self._kept:
            self._store.write(STATE, kept.encode())
            self._kept = kept


def _newer(signed: SignedCheckpoint, mine: SignedCheckpoint) -> bool:
    """Whether *signed*, which continues *mine*, says more: a larger tree, a later time, or more signatures of that time."""
    return _rank(signed) > _rank(mine)


def _rank(signed: SignedCheckpoint) -> tuple[int, int, int]:
    return signed.checkpoint.size, signed.timestamp, len(signed.note.signatures)


def _files(steps: Sequence[Step]) -> Iterator[tuple[str, bytes]]:
    for step in steps:
        if step.bundle.full:
            yield step.bundle.path, step.data
            for tile, data in step.upper:
                yield tile.path, data


def _aligned(edge: Edge) -> Edge:
    """Without the entries of a bundle that is not full."""
    full = edge.size >> HEIGHT
    return Edge(full << HEIGHT, edge.hashes[: full.bit_count()])


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    size: int
    edge: str
    genesis: str
    changes: tuple[ChangeWire, ...]
    waiting: tuple[str, ...]
