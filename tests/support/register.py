"""A register for tests: its keys, entries and receipts, all from labels. Fictional, worth nothing."""

import hashlib
from datetime import UTC, datetime

from tests.support.signing import private

from assay.formats.digest import Digest
from assay.register import checkpoint, genesis, leaf, merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogIdentity, LogKeys
from assay.register.leaf import Kind
from assay.register.opening import SALTS_BYTES, Opening, openings
from assay.register.receipt import Receipt

ORIGIN = "register.example/3f9c"
ED25519 = private("ed25519", "log")
ML_DSA_44 = private("ml-dsa-44", "log")
ENTRY = private("ed25519", "entry")
KEYS = LogKeys(origin=ORIGIN, ed25519=(ED25519.public,), ml_dsa_44=(ML_DSA_44.public,), entry=(ENTRY.public,))
IDENTITY = LogIdentity(keys=KEYS, policy=Digest.sha256(b"policy"), anchors=Digest.sha256(b"anchors"))
TIME = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
STAMP = int(TIME.timestamp())
VALUES = {
    "provider": "Lighthouse Works (fictional)",
    "product": "lantern@2.1.0",
    "outcome": "validated",
    "actor": "office",
    "subject": "sha256:" + "ab" * 32,
}


def salts(label: str) -> bytes:
    return hashlib.shake_256(label.encode()).digest(SALTS_BYTES)


def opened(label: str = "entry", values: dict[str, str] = VALUES) -> tuple[Opening, ...]:
    return openings(values, salts(label))


def entry(kind: Kind = Kind.SUBMISSION, label: str = "entry", values: dict[str, str] = VALUES) -> bytes:
    return leaf.make(
        kind,
        origin=ORIGIN,
        time=TIME,
        digests=(Digest.sha256(label.encode()),),
        openings=opened(label, values),
        key=ENTRY,
        identity=IDENTITY if kind in leaf.STATES_IDENTITY else None,
    )


def log(size: int) -> list[bytes]:
    """Genesis and *size* - 1 submissions."""
    first = genesis.make(IDENTITY, time=TIME, salts=salts("genesis"), key=ENTRY)
    return [first, *(entry(label=f"entry {n}") for n in range(1, size))]


def signed(size: int, root: bytes, timestamp: int = STAMP) -> bytes:
    return checkpoint.sign(Checkpoint(ORIGIN, size, root), (ED25519, ML_DSA_44), timestamp)


def receipt(index: int, leaves: list[bytes]) -> Receipt:
    hashes = [merkle.leaf_hash(one) for one in leaves]
    known = merkle.extend(0, hashes, {})
    return Receipt(
        origin=ORIGIN,
        index=index,
        leaf=leaves[index],
        proof=proof.inclusion_proof(index, len(leaves), known),
        checkpoint=signed(len(leaves), merkle.root_of(hashes)),
        openings=opened(f"entry {index}" if index else "genesis", VALUES if index else {}),
    )
