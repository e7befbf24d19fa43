"""Proof that a register has two histories: two checkpoints that it signed and that cannot both be true.

At one size the two roots differ, which the two notes show alone. At two sizes, hashes from the larger tree show that it began
with another root than the one signed at the smaller size. Whoever has the register's keys verifies it from this one document.
"""

from collections.abc import Sequence

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json
from assay.register import checkpoint as checkpoints
from assay.register import proof as proofs
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES
from assay.tlog.ports import TileFiles
from assay.tlog.read import TileReader

FORMAT = "assay-equivocation"
VERSION = 1
MAX_BYTES = 2 * 1024 * 1024


class Equivocation(msgspec.Struct, frozen=True, kw_only=True):
    """Two signed notes, byte for byte, the one of the smaller size first."""

    first: bytes
    second: bytes
    began: bytes = b""
    """Root that the second tree had at the size of the first; empty when both have one size."""
    proof: tuple[bytes, ...] = ()
    """Consistency of *began* with the second checkpoint (RFC 9162 section 2.1.4)."""

    def encode(self) -> bytes:
        """JSON laid out for people."""
        return strict_json.pretty(
            {
                "format": FORMAT,
                "version": VERSION,
                "first": self.first.decode(),
                "second": self.second.decode(),
                "began": b64.encode(self.began),
                "proof": [b64.encode(one) for one in self.proof],
            }
        )

    @classmethod
    def parse(cls, data: bytes, *, what: str = "equivocation") -> "Equivocation":
        wire = strict_json.decode(data, _Wire, what=what, limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"{what} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        if len(wire.proof) > proofs.MAX_HASHES:
            raise TooLarge(f"{what}: proof has {len(wire.proof)} hashes, over {proofs.MAX_HASHES}")
        return cls(
            first=wire.first.encode(),
            second=wire.second.encode(),
            began=b64.decode(wire.began, what=f"{what}: began"),
            proof=tuple(b64.decode(one, what=f"{what}: proof") for one in wire.proof),
        )

    def verify(
        self, keys: LogKeys, *, required: Sequence[Scheme] = BOTH, later: LogKeys | None = None
    ) -> tuple[Checkpoint, Checkpoint]:
        """The two checkpoints, when they prove two histories; :class:`Untrusted` when they do not.

        *later* are the keys of the second checkpoint, when they changed between the two.
        """
        first = checkpoints.open_(self.first, keys, required=required).checkpoint
        second = checkpoints.open_(self.second, later or keys, required=required).checkpoint
        if first.size == second.size:
            if first.root == second.root:
                raise Untrusted(f"both checkpoints have size {first.size} and the same root: they agree")
            return first, second
        if first.size > second.size or len(self.began) != HASH_BYTES:
            raise Malformed(
                "equivocation does not have the smaller checkpoint first and what the larger began with"
            )
        if first.size == 0:
            raise Untrusted("every tree begins with the empty one: the two checkpoints agree")
        proofs.verify_consistency(first.size, second.size, self.proof, self.began, second.root)
        if self.began == first.root:
            raise Untrusted(
                f"the tree of size {second.size} begins with the one of size {first.size}: they agree"
            )
        return first, second


def find(small: SignedCheckpoint, large: SignedCheckpoint, files: TileFiles) -> Equivocation | None:
    """Proof that the two have no common history, or None when *large*, whose tree is in *files*, begins with *small*.

    Untrusted and Unavailable when the files do not tell: then nothing is proven.
    """
    one, other = small.checkpoint, large.checkpoint
    first, second = small.note.encode(), large.note.encode()
    if one.size == other.size:
        return None if one.root == other.root else Equivocation(first=first, second=second)
    if one.size == 0:
        return None
    reader = TileReader(files, other.size, other.root)
    began = reader.root_at(one.size)
    if began == one.root:
        return None
    return Equivocation(
        first=first, second=second, began=began, proof=reader.consistency(one.size, other.size)
    )


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    first: str
    second: str
    began: str
    proof: tuple[str, ...]
