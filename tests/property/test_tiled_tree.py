"""For every size: the tree in tiles is the tree, whichever way it came there and whatever is asked of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import tiled

from assay.register import merkle, proof, tiles
from assay.register.tiles import ENTRIES, WIDTH, Tile

TOP = 600
WIDE = 66_500
KNOWN = tiled.known(1000)


def test_every_size_from_the_one_before() -> None:
    """A log that publishes each entry by itself; everything is read back at each size, by a reader that moves along."""
    store = tiled.log(0)
    moving = tiled.reader(store, 0)
    for size in range(1, TOP + 1):
        tiled.grow(store, size, old=size - 1)
        moving.advance(size, tiled.root(size))
        for reader in (moving, tiled.reader(store, size)):
            assert list(reader.entries(size - 1)) == [tiled.leaves(size)[-1]]
            positions = merkle.frontier(size)
            assert reader.nodes(positions) == {position: KNOWN[position] for position in positions}
            assert reader.inclusion(size - 1) == proof.inclusion_proof(size - 1, size, KNOWN)
            assert reader.consistency(size // 2 + 1) == proof.consistency_proof(size // 2 + 1, size, KNOWN)
    tiled.check(store, TOP)
    assert set(store.files) >= {"checkpoint", *(tile.path for tile in tiles.tiles(TOP))}


@pytest.mark.parametrize("size", [*range(1, TOP, 7), 255, 256, 257, 511, 512, 513, TOP])
def test_every_size_at_once(size: int) -> None:
    store = tiled.log(size)
    assert set(store.files) == {"checkpoint", *(tile.path for tile in tiles.tiles(size))}
    tiled.check(store, size)
    for tile in tiles.tiles(size):
        data = store.files[tile.path]
        assert tiled.reader(store, size).file(tile) == data
        if tile.level == ENTRIES:
            start = tile.index << 8
            assert tiles.decode_bundle(data, tile.width) == list(tiled.leaves(size)[start : start + WIDTH])
        else:
            first = tile.index << 8
            hashes = [KNOWN[8 * tile.level, at] for at in range(first, first + tile.width)]
            assert data == b"".join(hashes)


def test_every_proof_of_every_earlier_size() -> None:
    store = tiled.log(TOP)
    reader = tiled.reader(store, TOP)
    for size in range(1, TOP + 1):
        assert reader.root_at(size) == tiled.root(size)
        for index in {0, size // 3, size - 1}:
            assert reader.inclusion(index, size) == proof.inclusion_proof(index, size, KNOWN)
        for old in {1, size // 2 + 1, size}:
            assert reader.consistency(old, size) == proof.consistency_proof(old, size, KNOWN)


@given(st.lists(st.integers(0, 1400), min_size=1, max_size=6, unique=True), st.data())
def test_any_sequence_of_sizes(sizes: list[int], data: st.DataObject) -> None:
    sizes = sorted(sizes)
    store = tiled.log(*sizes)
    tiled.check(store, sizes[-1])
    for size in sizes:  # published once: served by what is left, a wider tile where the partial one is gone
        tiled.check(store, size)
    unpublished = data.draw(st.integers(0, sizes[-1]))
    tiled.check(store, unpublished)
    if unpublished:
        tile = data.draw(st.sampled_from([*tiles.tiles(unpublished)]))
        narrow = Tile(tile.level, tile.index, data.draw(st.integers(1, tile.width)))
        assert tiled.reader(store, sizes[-1]).file(narrow) == tiled.reader(store, unpublished).file(narrow)


@given(st.integers(1, WIDE), st.integers(0, WIDE))
def test_growth_and_the_whole_agree(new: int, old: int) -> None:
    old = min(old, new)
    whole = set(tiles.tiles(new))
    grown = list(tiles.grown(old, new))
    assert len(grown) == len(set(grown))
    assert set(grown) == whole - set(tiles.tiles(old))
    assert set(tiles.edge(new)) == {tile for tile in whole if not tile.full and tile.level != ENTRIES}
    for tile in whole:
        assert tile == tiles.tile_in(new, tile.level, tile.index)
        assert Tile.parse(tile.path) == tile


@given(st.integers(0, 50), st.integers(0, 2**55))
def test_a_place_is_in_one_tile(level: int, index: int) -> None:
    tile_level, tile_index, row, offset = tiles.place((level, index))
    assert tile_level * 8 + row == level
    assert (tile_index << (8 - row)) + offset == index
    assert 0 <= offset < WIDTH >> row
