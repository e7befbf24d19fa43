"""A receipt: an entry, the proof that it stands in the register, a signed checkpoint, and openings for its holder.

JSON, described in docs/formats/receipt.md. This is the *logged* grade: a checkpoint signed by the log at its own
size. A later checkpoint with witnesses' signatures turns it into *witnessed*; the format is the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json
from assay.register import checkpoint as checkpoints
from assay.register import leaf as leaves
from assay.register import opening, proof
from assay.register.checkpoint import BOTH, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.leaf import Entry
from assay.register.merkle import MAX_SIZE, leaf_hash
from assay.register.opening import Opening

FORMAT = "assay-receipt"
VERSION = 1
MAX_BYTES = 2 * 1024 * 1024


class VerifiedReceipt(msgspec.Struct, frozen=True):
    """What a receipt proves; made by :meth:`Receipt.verify` only."""

    index: int
    entry: Entry
    checkpoint: SignedCheckpoint
    values: Mapping[str, str]
    """What the openings show, by label."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    """Audit path from the leaf's sibling up, in the tree of the checkpoint's size."""
    checkpoint: bytes
    """The signed note, byte for byte."""
    openings: tuple[Opening, ...] = ()

    def encode(self) -> bytes:
        """JSON laid out for people; ends with a newline."""
        return strict_json.pretty(self._document())

    def encode_with(self, openings: bytes) -> bytes:
        """As :meth:`encode`, with *openings* (which :func:`opening.encode` wrote) in place of its own: unread, which takes no time."""
        return strict_json.pretty(self._document() | {"openings": msgspec.Raw(openings)})

    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "origin": self.origin,
            "index": self.index,
            "leaf": b64.encode(self.leaf),
            "proof": [b64.encode(one) for one in self.proof],
            "checkpoint": self.checkpoint.decode(),
            "openings": opening.documents(self.openings),
        }

    @classmethod
    def parse(cls, data: bytes, *, what: str = "receipt") -> "Receipt":
        """Read a receipt in any JSON layout, each value in its one spelling."""
        wire = strict_json.decode(data, _Wire, what=what, limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"{what} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        if len(wire.proof) > proof.MAX_HASHES:
            raise TooLarge(f"{what}: proof has {len(wire.proof)} hashes, over {proof.MAX_HASHES}")
        if not 0 <= wire.index < MAX_SIZE:
            raise Malformed(f"{what}: index is {wire.index}, expected 0 or more")
        receipt = cls(
            origin=wire.origin,
            index=wire.index,
            leaf=b64.decode(wire.leaf, what=f"{what}: leaf"),
            proof=tuple(b64.decode(one, what=f"{what}: proof[{at}]") for at, one in enumerate(wire.proof)),
            checkpoint=wire.checkpoint.encode(),
            openings=opening.read(wire.openings, what=f"{what}: openings"),
        )
        if strict_json.encode(receipt._document()) != strict_json.encode(strict_json.load(data, what=what)):
            raise Malformed(f"{what} has a value that is not in its one spelling")
        return receipt

    def without_openings(self) -> "Receipt":
        """The same receipt for those who may not see what the entry hides."""
        return msgspec.structs.replace(self, openings=())

    def verify(self, keys: LogKeys, *, required: Sequence[Scheme] = BOTH) -> VerifiedReceipt:
        """Check checkpoint, inclusion, entry and openings, in this order; :class:`Untrusted` names the first that fails."""
        if self.origin != keys.origin:
            raise Untrusted(f"receipt is of register {self.origin[:80]!r}, expected {keys.origin!r}")
        signed = checkpoints.open_(self.checkpoint, keys, required=required)
        head = signed.checkpoint
        if self.index >= head.size:
            raise Untrusted(f"receipt is for entry {self.index}, its checkpoint has {head.size} entries")
        proof.verify_inclusion(leaf_hash(self.leaf), self.index, head.size, self.proof, head.root)
        entry = leaves.open_(self.leaf, keys)
        entry.check_openings(self.openings)
        return VerifiedReceipt(self.index, entry, signed, {one.label: one.value for one in self.openings})


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    origin: str
    index: int
    leaf: str
    proof: tuple[str, ...]
    checkpoint: str
    openings: tuple[opening.Wire, ...]
