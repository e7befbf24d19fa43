"""Paths, bundles and rows of tiles, against c2sp.org/tlog-tiles."""

import pytest

from assay.errors import AssayError, Malformed, TooLarge
from assay.register import merkle, tiles
from assay.register.merkle import MAX_SIZE, leaf_hash, node_hash
from assay.register.tiles import ENTRIES, Tile

PATHS = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1234067),
    "tile/0/x001/x234/067.p/8": Tile(0, 1234067, 8),
    "tile/1/999.p/1": Tile(1, 999, 1),
    "tile/1/x001/000.p/255": Tile(1, 1000, 255),
    "tile/entries/x001/000": Tile(ENTRIES, 1000),
    "tile/entries/273.p/112": Tile(ENTRIES, 273, 112),
    "tile/7/000.p/127": Tile(7, 0, 127),
    "tile/0/x036/x028/x797/x018/x963/967": Tile(0, 2**55 - 1),
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_has_one_spelling(path: str) -> None:
    assert Tile.parse(path) == PATHS[path]
    assert PATHS[path].path == path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("tile/0/x001", "tile/00/x001", "one spelling", id="level with a leading zero"),
        pytest.param("tile/0/x001", "tile/8/x001", "no tree", id="level over 7"),
        pytest.param("tile/0/x001", "tile/64/x001", "no tree", id="level that the specification has not"),
        pytest.param("tile/0/x001", "tile/000/x001", "no path", id="level of three digits"),
        pytest.param("tile/0/x001", "tile/-1/x001", "no path", id="negative level"),
        pytest.param("tile/0/x001", "tile//x001", "no path", id="no level"),
        pytest.param("tile/0/x001", "tile/Entries/x001", "no path", id="capital"),
        pytest.param("tile/0/x001", "tile/data/x001", "no path", id="older name of bundles"),
        pytest.param("tile/0/x001", "tile/٠/x001", "no path", id="digit of another script"),
        pytest.param("x001/", "x000/x001/", "one spelling", id="leading group of zeros"),
        pytest.param("x001/", "001/", "no path", id="group without x"),
        pytest.param("x001/", "x01/", "no path", id="group of two digits"),
        pytest.param("x001/", "x0001/", "no path", id="group of four digits"),
        pytest.param("x001/", "x001//", "no path", id="empty group"),
        pytest.param("067", "x067", "no path", id="last group with x"),
        pytest.param("x001/", "x999/" * 5, "no tree", id="index that no tree reaches"),
        pytest.param("x001/", "x001/" * 20, "no path", id="very long"),
        pytest.param(".p/8", ".p/0", "width 0", id="width 0"),
        pytest.param(".p/8", ".p/256", "width 256", id="full width as partial"),
        pytest.param(".p/8", ".p/999", "width 999", id="width over 256"),
        pytest.param(".p/8", ".p/08", "one spelling", id="width with a leading zero"),
        pytest.param(".p/8", ".p/", "no path", id="no width"),
        pytest.param(".p/8", ".p/8/", "no path", id="trailing slash"),
        pytest.param(".p/8", ".p/8\n", "no path", id="newline at the end"),
        pytest.param(".p/8", ".P/8", "no path", id="capital P"),
        pytest.param("tile/0", "/tile/0", "no path", id="leading slash"),
        pytest.param("tile/0", "tile/./0", "no path", id="dot"),
        pytest.param("tile/0", "Tile/0", "no path", id="capital T"),
    ],
)
def test_no_other_spelling_is_read(old: str, new: str, message: str) -> None:
    path = "tile/0/x001/x234/067.p/8"
    assert old in path
    with pytest.raises(Malformed, match=message):
        Tile.parse(path.replace(old, new, 1))


def test_the_first_index_that_no_tree_has() -> None:
    last, first = Tile(6, 127), Tile(6, 128)
    assert Tile.parse(last.path) == last
    with pytest.raises(Malformed, match="no tree"):
        Tile.parse(first.path)


def test_the_example_of_the_specification() -> None:
    found = list(tiles.tiles(70_000))
    assert [tile for tile in found if tile.level == 0] == [Tile(0, n) for n in range(273)] + [
        Tile(0, 273, 112)
    ]
    assert [tile for tile in found if tile.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert [tile for tile in found if tile.level < 0] == [Tile(-1, n) for n in range(273)] + [
        Tile(-1, 273, 112)
    ]
    assert list(tiles.tiles(256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]
    assert tiles.edge(256) == (Tile(1, 0, 1),)


def test_the_largest_tree_has_tiles() -> None:
    assert tiles.edge(MAX_SIZE)[-1] == Tile(7, 0, 127)
    assert all(Tile.parse(tile.path) == tile for tile in tiles.edge(MAX_SIZE))
    assert list(tiles.grown(MAX_SIZE - 1, MAX_SIZE))[:2] == [
        Tile(-1, 2**55 - 1, 255),
        Tile(0, 2**55 - 1, 255),
    ]
    assert tiles.tile_in(MAX_SIZE, 7, 1) is None


@pytest.mark.parametrize(("old", "new"), [(-1, 0), (2, 1), (0, MAX_SIZE + 1)])
def test_a_tree_does_not_shrink(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not grow"):
        list(tiles.grown(old, new))


def test_outgrown_partial_tiles() -> None:
    assert list(tiles.outgrown(255, 256)) == ["tile/entries/000.p/", "tile/0/000.p/"]
    assert list(tiles.outgrown(254, 255)) == []
    assert list(tiles.outgrown(256, 600)) == []
    assert list(tiles.outgrown(65_535, 65_536)) == [
        "tile/entries/255.p/", "tile/0/255.p/", "tile/1/000.p/"
    ]  # fmt: skip


def test_bundles() -> None:
    entries = [b"", b"a", bytes(65_535)]
    data = b"\0\0" + b"\0\1a" + b"\xff\xff" + bytes(65_535)
    assert tiles.encode_bundle(entries) == data
    assert tiles.decode_bundle(data, 3) == entries
    with pytest.raises(TooLarge, match="a bundle has 16777473 bytes, over 16777472"):
        tiles.decode_bundle(bytes(tiles.MAX_BUNDLE + 1), 256, what="a bundle")


@pytest.mark.parametrize(
    "entries", [pytest.param([], id="none"), pytest.param([b""] * 257, id="257"), pytest.param([bytes(65_536)], id="too long")]
)  # fmt: skip
def test_bundles_that_cannot_be(entries: list[bytes]) -> None:
    with pytest.raises(ValueError, match="a bundle holds"):
        tiles.encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"\0\1a\0\2b", "ends within entry 1 of 2: 6 bytes, expected at least 7", id="cut entry"),
        pytest.param(b"\0\1a\0", "ends before entry 1 of 2", id="cut length"),
        pytest.param(b"\0\1a", "ends before entry 1 of 2", id="an entry short"),
        pytest.param(b"", "ends before entry 0 of 2", id="empty"),
        pytest.param(b"\0\1a\0\1bc", "has 1 bytes after entry 1, the last", id="extra byte"),
        pytest.param(b"\0\1a\0\1b\0\0", "has 2 bytes after entry 1, the last", id="extra entry"),
        pytest.param(
            b"\1\0a\0\1b",
            "ends within entry 0 of 2: 6 bytes, expected at least 258",
            id="length in the other byte order",
        ),
    ],
)
def test_bundles_of_the_wrong_length(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=f"^tile/entries/000.p/2 {message}$"):
        tiles.decode_bundle(data, 2, what="tile/entries/000.p/2")


def test_cutting() -> None:
    hashes = b"".join(leaf_hash(bytes([n])) for n in range(5))
    assert tiles.cut(hashes, Tile(0, 0, 2), what="t") == hashes[:64]
    assert tiles.cut(hashes, Tile(0, 0, 5), what="t") == hashes
    bundle = tiles.encode_bundle([b"", b"abc", b"d"])
    assert tiles.decode_bundle(tiles.cut(bundle, Tile(ENTRIES, 0, 2), what="t"), 2) == [b"", b"abc"]
    for data, tile in (
        (hashes, Tile(0, 0, 6)),
        (hashes[:-1], Tile(0, 0, 2)),
        (bundle[:6], Tile(ENTRIES, 0, 2)),
    ):
        with pytest.raises(AssayError, match=r"^t (has|ends)"):
            tiles.cut(data, tile, what="t")


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 100, 255, 256])
def test_rows(width: int) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(width)]
    made = merkle.extend(0, leaves, {})
    rows = tiles.expand(b"".join(leaves))
    found = {
        (row, offset): tiles.row_hash(rows, width, row, offset)
        for row in range(9)
        for offset in range(width >> row)
    }
    assert found == made
    assert len(rows) == 32 * len(made)
    assert tiles.peaks(b"".join(leaves)) == tuple(made[at] for at in merkle.frontier(width))


def test_rows_end() -> None:
    rows = tiles.expand(bytes(96))
    with pytest.raises(ValueError, match="no hash 1 in row 1 of a tile of width 3"):
        tiles.row_hash(rows, 3, 1, 1)
    assert tiles.row_hash(rows, 3, 1, 0) == node_hash(bytes(32), bytes(32))
    with pytest.raises(ValueError, match="no hash of its own"):
        tiles.tile_root(bytes(96))


def test_places() -> None:
    assert tiles.place((0, 0)) == (0, 0, 0, 0)
    assert tiles.place((7, 3)) == (0, 1, 7, 1)
    assert tiles.place((8, 3)) == (1, 0, 0, 3)
    assert tiles.place((9, 300)) == (1, 2, 1, 44)
    assert tiles.place((0, 1234067 * 256 + 9)) == (0, 1234067, 0, 9)
