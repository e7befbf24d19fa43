"""Registers that tell one history, or several, to whoever asks. Fictional, worth nothing."""

import msgspec
from tests.support.register import IDENTITY, STAMP, TIME, opened, salts
from tests.support.signing import private

from assay.formats.digest import Digest
from assay.formats.note import Note
from assay.register import checkpoint, genesis, leaf, merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.tlog.ports import TileStore
from assay.tlog.publish import flush
from assay.trust.root import Log, TrustRoot


class FictionalLog:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._checkpoint = private("ed25519", origin), private("ml-dsa-44", origin)
        self._entry = private("ed25519", f"{origin} entries")
        self.keys = LogKeys(
            origin=origin,
            ed25519=(self._checkpoint[0].public,),
            ml_dsa_44=(self._checkpoint[1].public,),
            entry=(self._entry.public,),
        )

    def leaves(self, size: int, branch: str = "main", shared: int = 0) -> list[bytes]:
        """Genesis and submissions; another *branch* is the main one up to *shared*."""
        identity = msgspec.structs.replace(IDENTITY, keys=self.keys)
        first = genesis.make(identity, time=TIME, salts=salts("genesis"), key=self._entry)
        return [first, *(self._leaf(f"{'main' if n < shared else branch} {n}") for n in range(1, size))]

    def _leaf(self, label: str) -> bytes:
        return leaf.make(
            Kind.SUBMISSION, origin=self.origin, time=TIME, digests=(Digest.sha256(label.encode()),),
            openings=opened(label), key=self._entry,
        )  # fmt: skip

    def note(self, leaves: list[bytes]) -> bytes:
        root = merkle.root_of([merkle.leaf_hash(one) for one in leaves])
        return checkpoint.sign(Checkpoint(self.origin, len(leaves), root), self._checkpoint, STAMP)

    def proofs(self, leaves: list[bytes], old: int, new: int) -> tuple[bytes, ...]:
        known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves], {})
        return proof.consistency_proof(old, new, known)

    def receipt(self, index: int, leaves: list[bytes]) -> Receipt:
        known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves], {})
        return Receipt(
            origin=self.origin,
            index=index,
            leaf=leaves[index],
            proof=proof.inclusion_proof(index, len(leaves), known),
            checkpoint=self.note(leaves),
        )

    def publish(self, store: TileStore, leaves: list[bytes], note: bytes, old: int = 0) -> None:
        flush(store, old, leaves[old:], Note.parse(note).encode(), self.keys)

    def trust(self, witnesses: bytes = b"") -> TrustRoot:
        return TrustRoot(logs=(Log(self.origin, self.keys.vkeys, witnesses.decode()),))
