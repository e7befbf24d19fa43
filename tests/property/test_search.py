"""Search finds what a reader with the rules in hand finds, no more and no less, page by page, for everybody."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.offices import LOG, ORIGIN
from tests.support.searching import World, viewers

from assay.office.search import Answer, Query, Viewer, labels, search
from assay.register import checkpoint, leaf, proof
from assay.register.merkle import leaf_hash


def pages(world: World, viewer: Viewer, query: Query, limit: int) -> list[Answer]:
    found = [search(world.where, viewer, query, limit=limit)]
    while found[-1].after is not None:
        found.append(search(world.where, viewer, query, limit=limit, after=found[-1].after))
    return found


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_finds_what_may_be_found(seed: int, parts: list[int]) -> None:
    """Questions are asked between the steps, so that the index is caught up from many places."""
    world = World(seed)
    for steps in parts:
        world.grow(steps)
        for viewer in viewers():
            query = world.query()
            limit = world.rng.choice((1, 2, 5, 50))
            found = pages(world, viewer, query, limit)
            hits = [hit for page in found for hit in page.hits]
            assert [hit.index for hit in hits] == world.expected(viewer, query)
            assert {page.as_of for page in found} == {len(world.told)}
            assert all(len(page.hits) == limit for page in found[:-1])
            for hit in hits:
                told = world.told[hit.index]
                assert (hit.kind, hit.document, hit.keyid) == (
                    told.kind,
                    told.document,
                    LOG.entry.public.keyid,
                )
                seen = world.may_see(viewer, told) and not told.erased
                assert bool(hit.openings) == seen
                assert labels(hit) == (told.values if seen else {})


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_an_index_made_at_once_answers_as_one_made_step_by_step(seed: int) -> None:
    world = World(seed)
    asked: list[tuple[Viewer, Query, list[int]]] = []
    for _ in range(4):
        world.grow(6)
        search(world.where, viewers()[0], Query())
    for viewer in viewers():
        query = world.query()
        asked.append(
            (viewer, query, [hit.index for hit in search(world.where, viewer, query, limit=500).hits])
        )
    world.index.clear()
    for viewer, query, hits in asked:
        assert [hit.index for hit in search(world.where, viewer, query, limit=500).hits] == hits


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_every_hit_is_proven(seed: int) -> None:
    world = World(seed)
    world.grow(20)
    answer = search(world.where, viewers()[0], Query(), proofs=True)
    assert len(answer.hits) == len(world.told)
    head = checkpoint.open_(answer.checkpoint, LOG.public(ORIGIN)).checkpoint
    for hit in answer.hits:
        proof.verify_inclusion(leaf_hash(hit.leaf), hit.index, head.size, hit.proof, head.root)
        entry = leaf.open_(hit.leaf, LOG.public(ORIGIN))
        entry.check_openings(hit.openings)
        assert (entry.kind, entry.time, entry.keyid, entry.digests[0]) == (
            hit.kind, hit.time, hit.keyid, hit.document,
        )  # fmt: skip
