"""A tree's right edge: all that growing it needs, whatever its size."""

from collections.abc import Mapping, Sequence

import msgspec

from assay.errors import Malformed
from assay.register import merkle, proof
from assay.register.merkle import HASH_BYTES, Position


class Edge(msgspec.Struct, frozen=True):
    """A tree's size and the hashes of ``merkle.frontier(size)``."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, size: int, joined: bytes) -> "Edge":
        """From *joined* as :attr:`joined` gives it."""
        count = size.bit_count()
        if size < 0 or len(joined) != count * HASH_BYTES:
            raise Malformed(
                f"the edge of a tree of {size} has {len(joined)} bytes, expected {count} hashes of {HASH_BYTES}"
            )
        return cls(size, tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)))

    @property
    def joined(self) -> bytes:
        return b"".join(self.hashes)

    @property
    def root(self) -> bytes:
        return merkle.root(self.hashes)

    @property
    def nodes(self) -> dict[Position, bytes]:
        return dict(zip(merkle.frontier(self.size), self.hashes, strict=True))

    def extend(self, leaves: Sequence[bytes]) -> "Growth":
        """The tree with *leaves* (hashes) appended."""
        known = self.nodes
        known |= merkle.extend(self.size, leaves, known)
        size = self.size + len(leaves)
        return Growth(self, Edge(size, tuple(known[at] for at in merkle.frontier(size))), known)


class Growth(msgspec.Struct, frozen=True):
    """What one commit added, with all that proofs of its own leaves need."""

    before: Edge
    after: Edge
    nodes: Mapping[Position, bytes]
    """The edge before, and every perfect subtree that was completed."""

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The audit path, at the size after, of a leaf that this commit added."""
        if not self.before.size <= index < self.after.size:
            raise ValueError(
                f"leaf {index} is not of the commit from {self.before.size} to {self.after.size}"
            )
        return proof.inclusion_proof(index, self.after.size, self.nodes)

    @property
    def consistency(self) -> tuple[bytes, ...]:
        """That the tree after begins with the tree before."""
        return proof.consistency_proof(self.before.size, self.after.size, self.nodes)
