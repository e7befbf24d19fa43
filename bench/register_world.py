"""What ``bench/register.py`` measures with: a fictional office on real files, entries, and signed envelopes that differ."""

import os
import re
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import common

common.importable()

import msgspec  # noqa: E402
from tests.support import offices  # noqa: E402

from assay.adapters.awaited import Awaited  # noqa: E402
from assay.adapters.group_commit import GroupCommit  # noqa: E402
from assay.adapters.packed_blobs import PackedBlobs  # noqa: E402
from assay.adapters.sql import tables  # noqa: E402
from assay.adapters.sql.ledger import SqlLedger  # noqa: E402
from assay.adapters.system import SystemClock, SystemEntropy  # noqa: E402
from assay.adapters.tiles.folder import FolderTiles  # noqa: E402
from assay.formats.bundle import Bundle  # noqa: E402
from assay.formats.digest import Digest  # noqa: E402
from assay.formats.dsse import Envelope  # noqa: E402
from assay.office.log import found  # noqa: E402
from assay.office.office import Office  # noqa: E402
from assay.office.ports import Submission, Wanted  # noqa: E402
from assay.office.sequencer import Sequencer  # noqa: E402
from assay.packs import shipped  # noqa: E402
from assay.register import checkpoint, leaf, merkle, opening, proof  # noqa: E402
from assay.register.checkpoint import Checkpoint  # noqa: E402
from assay.register.edge import Edge  # noqa: E402
from assay.register.leaf import Kind  # noqa: E402
from assay.register.receipt import Receipt  # noqa: E402
from assay.tlog.publish import flush, published  # noqa: E402
from assay.tlog.read import TileReader  # noqa: E402
from assay.trust.envelope import sign  # noqa: E402
from assay.web.accepting import Accepting  # noqa: E402

__all__ = [
    "BLOBS", "DATABASE", "KEYS", "ORIGIN", "TILES", "Awaited", "accepting", "big_leaf", "build", "check", "check_envelopes", "check_proofs", "envelopes",
    "large_bundle", "open_register", "published_size", "running", "wanted",
]  # fmt: skip

LOG, ORIGIN, KEYS = offices.LOG, offices.ORIGIN, offices.LOG.public(offices.ORIGIN)
DATABASE, TILES, BLOBS = "office.sqlite", "register", "blobs"
PAYLOAD_TYPE, PROVIDER = offices.PAYLOAD_TYPE, offices.PROVIDER


class Running:
    """An office on real files, with the group commit in front of its register."""

    def __init__(self, folder: Path, *, every: float = 1.0) -> None:
        self.folder = folder
        self.ledger = SqlLedger.sqlite(folder / DATABASE)
        self.sequencer = Sequencer(self.ledger, FolderTiles.make(folder / TILES), LOG, ORIGIN, SystemClock())
        self.register = GroupCommit(self.sequencer, every=every)
        self.blobs = PackedBlobs(folder / BLOBS)
        self.office = msgspec.structs.replace(
            _office(), blobs=self.blobs, ledger=self.ledger, register=self.register
        )
        found(self.office)

    def close(self) -> None:
        self.register.close()
        self.ledger.close()
        self.blobs.close()


def _office() -> Office:
    return msgspec.structs.replace(
        offices.office(),
        clock=SystemClock(),
        entropy=SystemEntropy(),
        packs=tuple((ref, shipped.data(ref)) for ref in shipped.refs()),
    )


def accepting(folder: Path, near: socket.socket) -> Accepting:
    """What one of the processes serves that take submissions for the office in *folder*."""
    from assay.web.intake import Submissions

    return Submissions(_office(), near, PackedBlobs(folder / BLOBS))


@contextmanager
def running(folder: Path, *, every: float = 1.0) -> Iterator[Running]:
    made = Running(folder, every=every)
    try:
        yield made
    finally:
        made.close()


def wanted(number: int, *, unique: bool = True) -> Wanted:
    """An entry as a submission makes it, with openings of a usual length; *unique*: with the row that refuses a second one."""
    now = datetime.now(UTC)
    payload = Digest.sha256(b"payload %d" % number)
    values = {
        "provider": PROVIDER,
        "product": f"lantern 2.{number}.0",
        "subject": str(Digest.sha256(b"wheel %d" % number)),
        "actor": "lighthouse",
    }
    opened = opening.openings(values, os.urandom(opening.SALTS_BYTES))
    signed = leaf.make(
        Kind.SUBMISSION, origin=ORIGIN, time=now, digests=(payload,), openings=opened, key=LOG.entry
    )
    submission = Submission(
        payload=payload,
        envelope=Digest.sha256(b"envelope %d" % number),
        customers=None,
        artifacts=(),
        received=now,
        provider=PROVIDER,
        product="lantern",
        version=f"2.{number}.0",
        state="submitted",
    )
    return Wanted(signed, opening.encode(opened), submission if unique else None)


def envelopes(count: int, bundle: Bundle | None = None) -> Iterator[bytes]:
    """Signed envelopes of attestations that differ in their serial number, by both keys of one provider."""
    plain = Envelope.parse((bundle or offices.bundle()).envelope)
    serial = re.search(rb"urn:uuid:([0-9a-f-]{36})", plain.payload)
    if serial is None or plain.payload.count(serial[1]) != 1:
        raise common.CannotRun("the attestation does not have one serial number")
    before, after = plain.payload[: serial.start(1)], plain.payload[serial.end(1) :]
    for number in range(count):
        payload = before + str(uuid.UUID(int=number, version=4)).encode() + after
        yield sign(plain.payload_type, payload, offices.PROVIDER_KEYS).encode()


def large_bundle() -> Bundle:
    """An honest submission with its answers to all of a form: 16 artifacts, 40 kB of attestation."""
    from tests.scenario.honesty import honest
    from tests.scenario.honesty import office as honest_office

    with tempfile.TemporaryDirectory() as name:
        work = honest.workspace(Path(name) / "work", honest.project(Path(name)))
        return honest_office.signed(work.prepare())


def check(receipt: bytes, count: int | None = None) -> None:
    """As its holder would, from the bytes alone; *count*: of entries after genesis, when all are counted."""
    found = Receipt.parse(receipt).verify(KEYS)
    if count is not None and found.checkpoint.checkpoint.size != count + 1:
        raise common.CannotRun(
            f"the newest receipt is for {found.checkpoint.checkpoint.size} entries, expected {count + 1}"
        )


def check_envelopes(folder: Path, envelopes: Sequence[bytes]) -> None:
    """Some of those that were acknowledged, read back from the disk."""
    blobs = PackedBlobs(folder / BLOBS)
    for envelope in envelopes[:: max(1, len(envelopes) // 100)]:
        if blobs.get(Digest.sha256(envelope)) != envelope:
            raise common.CannotRun("an acknowledged envelope is not what was sent")
    blobs.close()


def published_size(folder: Path) -> int:
    """Of the checkpoint in the tiles, verified; the tiles' right edge too."""
    tiles = FolderTiles(folder / TILES)
    head = published(tiles, KEYS)
    if head is None:
        return 0
    TileReader(tiles, head.checkpoint.size, head.checkpoint.root).check_edge()
    return head.checkpoint.size


def big_leaf(number: int, size: int) -> bytes:
    return (b"entry %d " % number).ljust(size, b".")


def build(folder: Path, count: int, chunk: int, size: int) -> None:
    """A register of *count* leaves of *size* bytes: published as tiles, all settled in the database."""
    tiles, edge = FolderTiles.make(folder / TILES), Edge()
    stamp = int(time.time())
    while edge.size < count:
        leaves = [big_leaf(number, size) for number in range(edge.size, min(count, edge.size + chunk))]
        after = edge.extend([merkle.leaf_hash(leaf) for leaf in leaves]).after
        signed = checkpoint.sign(
            Checkpoint(ORIGIN, after.size, after.root), (LOG.ed25519, LOG.ml_dsa_44), stamp
        )
        flush(tiles, edge.size, leaves, signed, KEYS)
        edge = after
    ledger = SqlLedger.sqlite(folder / DATABASE)
    ledger.close()
    values = {"size": edge.size, "root": edge.root, "edge": edge.joined, "stamp": stamp, "settled": edge.size}
    with SqlLedger.sqlite_engine(folder / DATABASE).begin() as connection:
        connection.execute(tables.head.update().values(values))


def open_register(folder: Path) -> Sequencer:
    return Sequencer(
        SqlLedger.sqlite(folder / DATABASE), FolderTiles(folder / TILES), LOG, ORIGIN, SystemClock()
    )


def check_proofs(
    folder: Path,
    signed: bytes,
    leaf_bytes: int,
    index: int,
    path: Sequence[bytes],
    old: int,
    steps: Sequence[bytes],
) -> None:
    """Proofs of the large register, against its signed checkpoint and a reader of its own."""
    head = checkpoint.open_(signed, KEYS).checkpoint
    hash_ = merkle.leaf_hash(big_leaf(index, leaf_bytes))
    proof.verify_inclusion(hash_, index, head.size, path, head.root)
    then = TileReader(FolderTiles(folder / TILES), head.size, head.root, cache_mb=1).root_at(old)
    proof.verify_consistency(old, head.size, steps, then, head.root)
