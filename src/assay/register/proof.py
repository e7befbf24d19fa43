"""Inclusion and consistency proofs: which hashes they need, made from them, and verified (RFC 9162 section 2.1).

Subtree proofs are those of draft-ietf-plants-merkle-tree-certs section 4, of which RFC 9162's are the case that
starts at leaf 0. A proof that does not hold raises :class:`Untrusted`; one that cannot exist :class:`Malformed`.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest

from assay.errors import Malformed, Untrusted
from assay.register.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, Position, node_hash, root, span

MAX_HASHES = 65
"""A tree of 2**63 leaves is 63 levels high."""

_Part = tuple[int, int]


def inclusion_positions(index: int, size: int) -> tuple[Position, ...]:
    """The stored subtrees that :func:`inclusion_proof` needs."""
    return _positions(_inclusion_parts(index, size))


def inclusion_proof(index: int, size: int, known: Mapping[Position, bytes]) -> tuple[bytes, ...]:
    """The audit path of leaf *index* in the tree of *size*, from the leaf's sibling up (RFC 9162 section 2.1.3.1)."""
    _require_leaf(index, size)
    path = []
    level, here, last = 0, index, size - 1
    while last:
        sibling = here ^ 1
        if sibling < last:
            path.append(known[level, sibling])
        elif sibling == last:  # at the right edge, where a subtree need not be perfect
            path.append(root([known[position] for position in span(sibling << level, size)]))
        level, here, last = level + 1, here >> 1, last >> 1
    return tuple(path)


def consistency_positions(old: int, new: int) -> tuple[Position, ...]:
    """The stored subtrees that :func:`consistency_proof` needs."""
    return subtree_positions(0, old, new)


def consistency_proof(old: int, new: int, known: Mapping[Position, bytes]) -> tuple[bytes, ...]:
    """That the tree of size *new* begins with the tree of size *old* (RFC 9162 section 2.1.4.1)."""
    return subtree_proof(0, old, new, known)


def subtree_positions(start: int, end: int, size: int) -> tuple[Position, ...]:
    """The stored subtrees that :func:`subtree_proof` needs."""
    return _positions(_subtree_parts(start, end, size))


def subtree_proof(start: int, end: int, size: int, known: Mapping[Position, bytes]) -> tuple[bytes, ...]:
    """That the leaves from *start* up to *end* stand so in the tree of *size* (draft section 4.4.1)."""
    return _hashes(_subtree_parts(start, end, size), known)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree_root: bytes) -> None:
    """Return when a leaf with hash *leaf* stands at *index* in the tree of *size* with *tree_root*."""
    if not 0 <= index < size <= MAX_SIZE:
        raise Malformed(f"inclusion proof is for leaf {index} of a tree of {size}")
    _shape((leaf, *proof), what="inclusion proof")
    fn, sn, hash_ = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise Untrusted(f"inclusion proof has {len(proof)} hashes, too many for leaf {index} of {size}")
        if fn & 1 or fn == sn:
            hash_ = node_hash(sibling, hash_)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Untrusted(f"inclusion proof has {len(proof)} hashes, too few for leaf {index} of {size}")
    if not compare_digest(hash_, tree_root):
        raise Untrusted(f"inclusion proof of leaf {index} does not lead to the root of the tree of {size}")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Return when the tree of size *new* begins with the tree of size *old*. From size 0 there is nothing to prove."""
    if not 1 <= old <= new:
        raise Malformed(f"consistency proof is from size {old} to size {new}, expected 1 or more, growing")
    verify_subtree(0, old, new, proof, old_root, new_root)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], subtree_root: bytes
) -> None:
    """Return when a leaf with hash *leaf* stands at *index* in the subtree from *start* up to *end*."""
    _valid_subtree(start, end)
    if not start <= index < end:
        raise Malformed(f"inclusion proof is for leaf {index} of the subtree from {start} to {end}")
    verify_inclusion(leaf, index - start, end - start, proof, subtree_root)


def verify_subtree(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, tree_root: bytes
) -> None:
    """Return when the subtree from *start* up to *end* stands so in the tree of *size* (draft section 4.4.3)."""
    _valid_subtree(start, end)
    if not end <= size <= MAX_SIZE:
        raise Malformed(f"subtree from {start} to {end} is not in a tree of {size}")
    what = f"consistency proof from {start} to {end} in {size}"
    _shape(proof, what=what)
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise Untrusted(f"{what}: an empty subtree has the empty root and no proof")
        return
    fn, sn, tn = start, end - 1, size - 1
    while fn != sn and (sn == tn or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    rest = list(proof)
    if fn == sn:
        part = whole = subtree_root
    elif rest:
        part = whole = rest.pop(0)
    else:
        raise Untrusted(f"{what} is empty")
    for hash_ in rest:
        if tn == 0:
            raise Untrusted(f"{what} has {len(proof)} hashes, too many")
        if sn & 1 or sn == tn:
            if fn < sn:
                part = node_hash(hash_, part)
            whole = node_hash(hash_, whole)
            while not sn & 1 and sn:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            whole = node_hash(whole, hash_)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn:
        raise Untrusted(f"{what} has {len(proof)} hashes, too few")
    if not compare_digest(part, subtree_root):
        raise Untrusted(f"{what} does not lead to the older root")
    if not compare_digest(whole, tree_root):
        raise Untrusted(f"{what} does not lead to the newer root")


def _require_leaf(index: int, size: int) -> None:
    if not 0 <= index < size <= MAX_SIZE:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")


def _inclusion_parts(index: int, size: int) -> tuple[_Part, ...]:
    _require_leaf(index, size)
    parts = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            low = middle
    return tuple(reversed(parts))


def _subtree_parts(start: int, end: int, size: int) -> tuple[_Part, ...]:
    if not 0 <= start < end <= size <= MAX_SIZE or not _aligned(start, end):
        raise ValueError(f"there is no proof from {start} to {end} in a tree of {size}")
    parts = []
    low, high, whole = 0, size, True
    while (start, end) != (low, high):
        middle = low + _split(high - low)
        if end <= middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            if start < middle:
                start, whole = middle, False
            low = middle
    if not whole:
        parts.append((low, high))
    return tuple(reversed(parts))


def _split(width: int) -> int:
    """The largest power of two below *width*."""
    return 1 << ((width - 1).bit_length() - 1)


def _positions(parts: tuple[_Part, ...]) -> tuple[Position, ...]:
    return tuple(position for part in parts for position in span(*part))


def _hashes(parts: tuple[_Part, ...], known: Mapping[Position, bytes]) -> tuple[bytes, ...]:
    return tuple(root([known[position] for position in span(*part)]) for part in parts)


def _aligned(start: int, end: int) -> bool:
    width = end - start
    return width == 0 or start % (1 << (width - 1).bit_length()) == 0


def _valid_subtree(start: int, end: int) -> None:
    if not 0 <= start <= end or not _aligned(start, end):
        raise Malformed(
            f"leaves {start} to {end} are not a subtree: the start is no multiple of its rounded width"
        )


def _shape(hashes: Sequence[bytes], *, what: str) -> None:
    if len(hashes) > MAX_HASHES:
        raise Malformed(f"{what} has {len(hashes)} hashes, over {MAX_HASHES}")
    for hash_ in hashes:
        if len(hash_) != HASH_BYTES:
            raise Malformed(f"{what} holds a hash of {len(hash_)} bytes, expected {HASH_BYTES}")
