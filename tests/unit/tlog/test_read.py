"""A reader of tiles uses nothing that the root does not vouch for, and names what is wrong."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import tiled

from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Unavailable, Untrusted
from assay.register import merkle, proof, tiles
from assay.register.tiles import ENTRIES, Tile
from assay.tlog.read import TileReader

SIZE = 600
KNOWN = tiled.known(1000)
PATHS = [tile.path for tile in tiles.tiles(SIZE)]


class Counting(MemoryTiles):
    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()
        self.files = files
        self.reads: list[str] = []

    def read(self, path: str, *, limit: int) -> bytes | None:
        self.reads.append(path)
        return super().read(path, limit=limit)


@pytest.fixture
def store() -> Counting:
    return Counting(tiled.log(SIZE).files)


def use_everything(store: MemoryTiles, size: int = SIZE) -> None:
    """What is in any file of the tree, through every way of asking."""
    tiled.check(store, size)
    reader = tiled.reader(store, size)
    for tile in tiles.tiles(size):
        reader.file(tile)


@pytest.mark.parametrize("path", PATHS)
def test_every_byte_counts(store: Counting, path: str) -> None:
    """A flip anywhere in any file is refused by the name of that file; every byte of small ones, every seventh of large."""
    whole = store.files[path]
    step = 1 if len(whole) < 700 else 7
    for at in range(0, len(whole), step):
        store.files[path] = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        with pytest.raises(Untrusted, match=re.escape(path)):
            _ask(store, Tile.parse(path))
    store.files[path] = whole
    use_everything(store)


@pytest.mark.parametrize("path", PATHS)
def test_every_length_counts(store: Counting, path: str) -> None:
    whole = store.files[path]
    step = 1 if len(whole) < 700 else 37
    others = [whole[:end] for end in range(0, len(whole), step)]
    for other in [*others, whole + b"\0", whole + whole]:
        store.files[path] = other
        with pytest.raises(Untrusted, match=re.escape(path)):
            _ask(store, Tile.parse(path))


def _ask(store: MemoryTiles, tile: Tile) -> None:
    """The cheapest question that needs *tile*."""
    reader = tiled.reader(store, SIZE)
    if tile.level == ENTRIES:
        reader.entry(tile.index << 8)
    else:
        reader.nodes([(8 * tile.level, tile.index << 8)])


@pytest.mark.parametrize("path", PATHS)
def test_a_missing_file_is_named(store: Counting, path: str) -> None:
    del store.files[path]
    with pytest.raises(Unavailable, match=f"^{re.escape(path)} is missing; the tree of size 600 needs it$"):
        use_everything(store)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        pytest.param("tile/0/000", "tile/0/001", id="full tile of another place"),
        pytest.param("tile/entries/000", "tile/entries/001", id="full bundle of another place"),
    ],
)
def test_a_file_in_the_wrong_place(store: Counting, path: str, other: str) -> None:
    store.files[path] = store.files[other]
    with pytest.raises(
        Untrusted, match=rf"^{path} hashes to [0-9a-f]{{64}}, expected [0-9a-f]{{64}} as in tile/1/000\.p/2$"
    ):
        use_everything(store)


def test_damage_to_a_bundle_is_told_by_entry(store: Counting) -> None:
    reader = tiled.reader(store, SIZE)
    reader.nodes([(0, 300)])
    for path, index in (("tile/entries/001", 300), ("tile/entries/002.p/88", 599)):
        store.files[path] = store.files[path].replace(
            tiled.leaves(1000)[index - 1], tiled.leaves(1000)[index - 1].upper()
        )
        with pytest.raises(Untrusted, match=f"^{path}: entry {index - 1} is not the one in the tree$"):
            reader.entry(index)


def test_nothing_is_read_before_it_is_needed(store: Counting) -> None:
    reader = tiled.reader(store, SIZE)
    assert store.reads == []
    reader.nodes([(0, 599)])
    assert store.reads == ["tile/0/002.p/88", "tile/1/000.p/2"]
    reader.nodes([(0, 5)])
    assert store.reads[2:] == ["tile/0/000"]
    reader.inclusion(7)
    assert store.reads[3:] == []
    reader.inclusion(300)
    assert store.reads[3:] == ["tile/0/001"]
    before = len(store.reads)
    for index in range(0, SIZE, 11):
        reader.inclusion(index)
    assert len(store.reads) == before


def test_a_small_cache_forgets_but_never_errs(store: Counting) -> None:
    reader = TileReader(store, SIZE, tiled.root(SIZE), cache_mb=0)
    for index in (0, 300, 0, 300):
        assert reader.inclusion(index) == proof.inclusion_proof(index, SIZE, KNOWN)
        assert reader.entry(index) == tiled.leaves(1000)[index]
    assert store.reads.count("tile/0/000") > 2
    assert store.reads.count("tile/1/000.p/2") == 1


def test_a_cache_holds_no_more_than_it_may() -> None:
    size = 40_000
    store = Counting(tiled.log(size).files)
    reader = TileReader(store, size, tiled.root(size), cache_mb=1)
    for index in range(0, size, 256):
        reader.nodes([(0, index)])
    assert len(store.reads) == 156 + 2
    reader.nodes([(0, index) for index in range(0, 256 * 60, 256)])
    late = len(store.reads)
    assert late == 156 + 2 + 60
    reader.nodes([(0, index) for index in range(0, 256 * 60, 256)])
    assert len(store.reads) == late


def test_wider_tiles_answer_for_narrower_ones() -> None:
    store = Counting(tiled.log(300, 400, 600).files)
    assert "tile/0/001.p/44" not in store.files
    for size in (300, 400):  # published; the full tile took the place of the partial one
        tiled.check(store, size)
    for size in (1, 255, 270, 333, 513, 599):  # never published; cut from what is wider
        store.reads.clear()
        tiled.check(store, size)
    assert "checkpoint" in store.reads
    assert "tile/0/002.p/88" in store.reads


def test_a_wider_tile_is_proven_as_well() -> None:
    store = tiled.log(600)
    data = store.files["tile/0/002.p/88"]
    store.files["tile/0/002.p/88"] = bytes(32) + data[32:]
    with pytest.raises(
        Untrusted, match=r"^tile/0/002\.p/38, tile/1/000\.p/2 lead to root [0-9a-f]{64}, expected"
    ):
        tiled.reader(store, 550).check_edge()
    store.files["tile/0/002.p/88"] = data[:-1]
    with pytest.raises(Untrusted, match=r"^tile/0/002\.p/88 has 2815 bytes, expected at least 38 hashes"):
        tiled.reader(store, 550).check_edge()
    store.files["checkpoint"] = b"torn"
    with pytest.raises(Untrusted, match=r"^checkpoint: "):
        tiled.reader(store, 550).check_edge()
    del store.files["checkpoint"]
    with pytest.raises(Unavailable, match=r"^tile/0/002\.p/38 is missing"):
        tiled.reader(store, 550).check_edge()


def test_a_reader_moves_on_and_keeps_what_it_knows() -> None:
    store = Counting(tiled.log(300).files)
    reader = tiled.reader(store, 300)
    reader.check_edge()
    reader.nodes([(0, 0)])
    tiled.grow(store, 700, old=300)
    reader.advance(700, tiled.root(700))
    assert (reader.size, reader.root) == (700, tiled.root(700))
    store.reads.clear()
    reader.nodes([(0, 9), (0, 699), (8, 1)])
    assert store.reads == []
    assert list(reader.entries(290, 310)) == list(tiled.leaves(1000)[290:310])
    reader.advance(700, tiled.root(700))


def test_a_reader_does_not_follow_a_fork() -> None:
    store = tiled.log(300)
    reader = tiled.reader(store, 300)
    reader.check_edge()
    other = [leaf + b"!" for leaf in tiled.leaves(1000)[:700]]
    forked = MemoryTiles()
    made = merkle.extend(0, [merkle.leaf_hash(leaf) for leaf in other], {})
    for tile in tiles.tiles(700):
        start = tile.index << 8
        forked.write(
            tile.path,
            tiles.encode_bundle(other[start : start + tile.width])
            if tile.level == ENTRIES
            else b"".join(made[8 * tile.level, at] for at in range(start, start + tile.width)),
        )
    root = merkle.root_of([merkle.leaf_hash(leaf) for leaf in other])
    store.files |= forked.files
    with pytest.raises(Untrusted, match="the tree of size 700 does not begin with the tree of size 300"):
        reader.advance(700, root)
    assert reader.size == 300
    for size, wanted in ((299, tiled.root(299)), (300, bytes(32))):
        with pytest.raises(Untrusted, match="is not followed by"):
            reader.advance(size, wanted)


def test_the_empty_tree() -> None:
    reader = TileReader(MemoryTiles(), 0, merkle.EMPTY_ROOT)
    reader.check_edge()
    assert reader.nodes([]) == {}
    assert list(reader.entries(0)) == []
    assert reader.root_at(0) == merkle.EMPTY_ROOT
    with pytest.raises(Untrusted, match="a tree of size 0 has root 0000"):
        TileReader(MemoryTiles(), 0, bytes(32))


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda r: r.entry(600), id="entry"),
        pytest.param(lambda r: r.entry(-1), id="negative entry"),
        pytest.param(lambda r: list(r.entries(0, 601)), id="entries"),
        pytest.param(lambda r: list(r.entries(5, 4)), id="entries backwards"),
        pytest.param(lambda r: r.inclusion(600), id="inclusion"),
        pytest.param(lambda r: r.inclusion(5, 5), id="inclusion in a smaller tree"),
        pytest.param(lambda r: r.inclusion(5, 601), id="inclusion in a larger tree"),
        pytest.param(lambda r: r.consistency(0), id="consistency from 0"),
        pytest.param(lambda r: r.consistency(5, 601), id="consistency with a larger tree"),
        pytest.param(lambda r: r.nodes([(0, 600)]), id="node"),
        pytest.param(lambda r: r.nodes([(0, -1)]), id="negative node"),
        pytest.param(lambda r: r.nodes([(3, 74), (3, 75)]), id="node that is not complete"),
        pytest.param(lambda r: r.nodes([(10, 0)]), id="node above the tree"),
        pytest.param(lambda r: r.nodes([(64, 0)]), id="node above all trees"),
        pytest.param(lambda r: r.file(Tile(0, 2, 89)), id="wider tile"),
        pytest.param(lambda r: r.file(Tile(0, 3)), id="tile"),
    ],
)
def test_questions_without_an_answer(store: Counting, ask: Callable[[TileReader], Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no|there are no|is not within|no hash|no such") as raised:
        ask(tiled.reader(store, SIZE))
    assert not isinstance(raised.value, AssayError)
