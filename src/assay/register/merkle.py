"""The Merkle tree of RFC 6962 section 2.1 over SHA-256, kept as the hashes of its perfect subtrees.

A position is (level, index): the subtree over the 2**level leaves that start at index * 2**level. Only perfect
subtrees are stored, so nothing stored ever changes; everything else is folded from them when asked. Functions name
the positions they need, the caller fetches them, another function computes.
"""

from collections.abc import Mapping, Sequence

from assay.formats.rfc6962 import EMPTY_ROOT, leaf_hash, node_hash

Position = tuple[int, int]

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1

__all__ = [
    "EMPTY_ROOT", "HASH_BYTES", "MAX_SIZE", "Position", "append", "extend", "frontier", "leaf_hash", "node_hash", "root", "root_of", "span",
]  # fmt: skip


def frontier(size: int) -> tuple[Position, ...]:
    """The perfect subtrees that make up a tree of *size* leaves, left to right; what growing it needs."""
    return span(0, size)


def span(start: int, end: int) -> tuple[Position, ...]:
    """The largest perfect subtrees that make up the leaves from *start* up to *end*, left to right."""
    if not 0 <= start <= end <= MAX_SIZE:
        raise ValueError(f"no such range of leaves: {start} to {end}")
    positions = []
    while start < end:
        room = (end - start).bit_length() - 1
        level = min(room, (start & -start).bit_length() - 1) if start else room
        positions.append((level, start >> level))
        start += 1 << level
    return tuple(positions)


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over subtrees in the order of :func:`frontier` (or of :func:`span`, for a part of the tree)."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def append(size: int, leaf: bytes, known: Mapping[Position, bytes]) -> dict[Position, bytes]:
    """The subtrees that a leaf with hash *leaf* completes in a tree of *size*; *known* holds ``frontier(size)``."""
    return extend(size, (leaf,), known)


def extend(size: int, leaves: Sequence[bytes], known: Mapping[Position, bytes]) -> dict[Position, bytes]:
    """The subtrees that *leaves* (hashes) complete in a tree of *size*, lowest first; *known* holds ``frontier(size)``."""
    made: dict[Position, bytes] = {}
    for index, leaf in enumerate(leaves, size):
        level, hash_ = 0, leaf
        made[0, index] = hash_
        while index & 1:
            sibling = (level, index - 1)
            hash_ = node_hash(made[sibling] if sibling in made else known[sibling], hash_)
            level, index = level + 1, index >> 1  # noqa: PLW2901 - climbs from this leaf
            made[level, index] = hash_
    return made


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over *leaves* (hashes), from nothing else."""
    made = extend(0, leaves, {})
    return root([made[position] for position in frontier(len(leaves))])
