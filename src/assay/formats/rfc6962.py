"""The Merkle tree hash of RFC 6962 section 2.1 over a list of entries, with audit paths (section 2.1.1)."""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; of no leaves the SHA-256 of nothing."""
    if not leaves:
        return EMPTY_ROOT
    while len(leaves) > 1:
        leaves = _level(leaves)
    return leaves[0]


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Siblings from the leaf at *index* up to the root."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} among {len(leaves)}")
    siblings = []
    while len(leaves) > 1:
        beside = index ^ 1
        if beside < len(leaves):
            siblings.append(leaves[beside])
        leaves, index = _level(leaves), index // 2
    return tuple(siblings)


def root_from(leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that *siblings* lead to from *leaf* at *index* in a tree of *size*; None when they cannot be a path."""
    if not 0 <= index < size or any(len(node) != 32 for node in (leaf, *siblings)):
        return None
    rest = list(siblings)
    node, last = leaf, size - 1
    while last:
        if index ^ 1 <= last:
            if not rest:
                return None
            beside = rest.pop(0)
            node = node_hash(beside, node) if index & 1 else node_hash(node, beside)
        index, last = index // 2, last // 2
    return None if rest else node


def _level(nodes: Sequence[bytes]) -> list[bytes]:
    """The level above; a node without a sibling moves up as it is."""
    above = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes) - 1, 2)]
    return above + list(nodes[len(nodes) - 1 :]) if len(nodes) % 2 else above
