"""The tree against the definitions of RFC 6962 section 2.1, written out as recursions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, Untrusted
from assay.register import merkle, proof
from assay.register.merkle import EMPTY_ROOT, leaf_hash, node_hash

LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(70)]
KNOWN = merkle.extend(0, LEAVES, {})
ROOTS = [merkle.root_of(LEAVES[:size]) for size in range(len(LEAVES) + 1)]
sizes = st.integers(1, len(LEAVES))


def split(width: int) -> int:
    half = 1
    while half * 2 < width:
        half *= 2
    return half


def mth(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_roots_of_every_prefix() -> None:
    assert [mth(LEAVES[:size]) for size in range(len(LEAVES) + 1)] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT
    assert ROOTS[1] == LEAVES[0]
    assert len(set(ROOTS)) == len(ROOTS)


def test_every_inclusion_proof() -> None:
    for size in range(1, len(LEAVES) + 1):
        for index in range(size):
            known = {position: KNOWN[position] for position in proof.inclusion_positions(index, size)}
            made = proof.inclusion_proof(index, size, known)
            assert list(made) == path(index, LEAVES[:size])
            proof.verify_inclusion(LEAVES[index], index, size, made, ROOTS[size])


def test_every_consistency_proof() -> None:
    for new in range(1, len(LEAVES) + 1):
        for old in range(1, new + 1):
            known = {position: KNOWN[position] for position in proof.consistency_positions(old, new)}
            made = proof.consistency_proof(old, new, known)
            assert list(made) == subproof(old, LEAVES[:new])
            proof.verify_consistency(old, new, made, ROOTS[old], ROOTS[new])


def test_every_subtree_proof() -> None:
    size, seen = 37, 0
    for start in range(size):
        for end in range(start + 1, size + 1):
            if start % (1 << (end - start - 1).bit_length()):
                continue
            seen += 1
            made = proof.subtree_proof(start, end, size, KNOWN)
            proof.verify_subtree(start, end, size, made, mth(LEAVES[start:end]), ROOTS[size])
            for index in range(start, end):
                inside = path(index - start, LEAVES[start:end])
                proof.verify_subtree_inclusion(
                    LEAVES[index], index, start, end, inside, mth(LEAVES[start:end])
                )
    assert seen > 100


@given(sizes, st.integers(0, len(LEAVES)))
def test_growing_in_any_steps_gives_the_same_tree(size: int, step: int) -> None:
    known: dict[merkle.Position, bytes] = {}
    at = 0
    while at < size:
        batch = LEAVES[at : min(size, at + max(step, 1))]
        frontier = {position: known[position] for position in merkle.frontier(at)}
        known |= merkle.extend(at, batch, frontier)
        at += len(batch)
    assert known == merkle.extend(0, LEAVES[:size], {})
    assert merkle.root([known[position] for position in merkle.frontier(size)]) == ROOTS[size]


@given(sizes, st.data())
def test_no_changed_inclusion_proof_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    made = list(proof.inclusion_proof(index, size, KNOWN))
    leaf, root = LEAVES[index], ROOTS[size]
    wrong: list[tuple[bytes, int, int, list[bytes], bytes]] = [
        (node_hash(leaf, leaf), index, size, made, root),
        (leaf, index, size, made, ROOTS[size - 1]),
        (leaf, index, size, [*made, leaf], root),
        (leaf, index, size, [leaf, *made], root),
        (leaf, index, size, made[:-1] if made else [leaf], root),
        *[(leaf, index, size, [*made[:n], leaf_hash(h), *made[n + 1 :]], root) for n, h in enumerate(made)],
        *[(leaf, other, size, made, root) for other in range(-1, size + 1) if other != index],
    ]
    for case in wrong:
        with pytest.raises(AssayError):
            proof.verify_inclusion(*case)


@settings(max_examples=60)
@given(sizes, st.data())
def test_no_changed_consistency_proof_verifies(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    made = list(proof.consistency_proof(old, new, KNOWN))
    wrong: list[tuple[int, int, list[bytes], bytes, bytes]] = [
        (old, new, made, ROOTS[old - 1], ROOTS[new]),
        (old, new, made, ROOTS[old], ROOTS[new - 1]),
        (old, new, [*made, LEAVES[0]], ROOTS[old], ROOTS[new]),
        *[
            (old, new, [*made[:n], leaf_hash(h), *made[n + 1 :]], ROOTS[old], ROOTS[new])
            for n, h in enumerate(made)
        ],
        *[(old, new, made[:n], ROOTS[old], ROOTS[new]) for n in range(len(made))],
        *[(other, new, made, ROOTS[old], ROOTS[new]) for other in range(-1, new + 2) if other != old],
    ]
    for case in wrong:
        with pytest.raises(AssayError):
            proof.verify_consistency(*case)


def test_edges() -> None:
    root = ROOTS[5]
    proof.verify_inclusion(LEAVES[0], 0, 1, (), ROOTS[1])
    proof.verify_consistency(5, 5, (), root, root)
    with pytest.raises(Malformed, match="from size 0 to size 5, expected 1 or more"):
        proof.verify_consistency(0, 5, (), EMPTY_ROOT, root)
    with pytest.raises(Malformed, match="from size 5 to size 4"):
        proof.verify_consistency(5, 4, (), root, ROOTS[4])
    with pytest.raises(Malformed, match="for leaf 0 of a tree of 0"):
        proof.verify_inclusion(LEAVES[0], 0, 0, (), EMPTY_ROOT)
    with pytest.raises(Untrusted, match="does not lead to the newer root"):
        proof.verify_consistency(5, 5, (), root, ROOTS[4])
    with pytest.raises(Untrusted, match="1 hashes, too many"):
        proof.verify_consistency(5, 5, (root,), root, root)
    with pytest.raises(Malformed, match="a hash of 31 bytes, expected 32"):
        proof.verify_inclusion(LEAVES[0], 0, 2, (b"x" * 31,), root)
    with pytest.raises(Malformed, match="has 66 hashes, over 65"):
        proof.verify_inclusion(LEAVES[0], 0, 2, (root,) * 65, root)
    with pytest.raises(Malformed, match="no multiple of its rounded width"):
        proof.verify_subtree(1, 3, 5, (), root, root)
    for nonsense in ((0, 0), (5, 5), (-1, 3)):
        with pytest.raises(ValueError, match="there is no leaf"):
            proof.inclusion_positions(*nonsense)
    for nonsense in ((0, 5), (6, 5)):
        with pytest.raises(ValueError, match="there is no proof"):
            proof.consistency_positions(*nonsense)
    for nonsense in ((1, 3), (2, 5)):
        with pytest.raises(ValueError, match="there is no proof"):
            proof.subtree_positions(*nonsense, 8)
    for outside in (3, 8):
        with pytest.raises(Malformed, match=f"for leaf {outside} of the subtree from 4 to 8"):
            proof.verify_subtree_inclusion(LEAVES[4], outside, 4, 8, (), root)
    with pytest.raises(Malformed, match="subtree from 4 to 8 is not in a tree of 7"):
        proof.verify_subtree(4, 8, 7, (), root, root)
    proof.verify_subtree(4, 4, 7, (), EMPTY_ROOT, ROOTS[7])
    for hashes, empty in (((), root), ((root,), EMPTY_ROOT)):
        with pytest.raises(Untrusted, match="an empty subtree has the empty root and no proof"):
            proof.verify_subtree(4, 4, 7, hashes, empty, ROOTS[7])
    with pytest.raises(ValueError, match="no such range"):
        merkle.span(3, 2)


@given(st.integers(0, 2**62), st.integers(0, 2**61))
def test_spans_join_up(start: int, width: int) -> None:
    at = start
    for level, index in merkle.span(start, start + width):
        assert index << level == at
        at += 1 << level
    assert at == start + width


@given(st.integers(1, 2**62), st.data())
def test_proofs_of_huge_trees_stay_small(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    known = dict.fromkeys(proof.inclusion_positions(index, size), EMPTY_ROOT)
    assert len(proof.inclusion_proof(index, size, known)) <= (size - 1).bit_length()
    assert all((at + 1) << level <= size for level, at in known)
