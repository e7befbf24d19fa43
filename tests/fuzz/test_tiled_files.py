"""Paths, bundles and tiles from strangers: read in one way, or refused by one of our errors."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import tiled
from tests.support.damage import damaged

from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.register import tiles
from assay.register.tiles import ENTRIES, Tile

SIZE = 300
FILES = tiled.log(SIZE).files
BUNDLE = FILES["tile/entries/001.p/44"]

odd_paths = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="tile/entriesx0123456789.p/-+ ", max_size=60),
    st.lists(st.sampled_from(["tile", "0", "00", "7", "8", "entries", "x001", "x1", "001", "067", "001.p", "5", "05", "256", "", "."]), max_size=9).map("/".join),
)  # fmt: skip


@given(odd_paths)
def test_a_path_is_its_tile_or_nothing(path: str) -> None:
    try:
        tile = Tile.parse(path)
    except AssayError as error:
        assert "\n" not in str(error).replace("\\n", "")  # noqa: PT017
        return
    assert tile.path == path


@given(st.integers(ENTRIES, 7), st.integers(0, 2**55 - 1), st.integers(1, 256))
def test_every_tile_has_a_path(level: int, index: int, width: int) -> None:
    tile = Tile(level, index >> (8 * max(level, 0)), width)
    assert Tile.parse(tile.path) == tile


def reference(data: bytes, width: int) -> list[bytes] | None:
    """Read slowly and carefully."""
    found = []
    for _ in range(width):
        if len(data) < 2:
            return None
        (length,) = struct.unpack(">H", data[:2])
        if len(data) < 2 + length:
            return None
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return None if data else found


@given(st.one_of(damaged(BUNDLE), damaged(b"\0\0\0\1a\0\0"), st.binary(max_size=40)), st.integers(1, 256))
def test_a_bundle_is_read_as_the_slow_reader_reads_it(data: bytes, width: int) -> None:
    expected = reference(data, width)
    if expected is None:
        with pytest.raises(Malformed, match=r"^bundle (has|ends)"):
            tiles.decode_bundle(data, width)
    else:
        assert tiles.decode_bundle(data, width) == expected
        assert tiles.encode_bundle(expected) == data


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_reader_never_gives_out_another_log(path: str, data: st.DataObject) -> None:
    store = MemoryTiles()
    store.files = dict(FILES)
    store.files[path] = data.draw(damaged(FILES[path]))
    reader = tiled.reader(store, SIZE)
    try:
        assert tuple(reader.entries(0)) == tiled.leaves(SIZE)
        assert reader.inclusion(7) == tiled.reader(tiled.log(SIZE), SIZE).inclusion(7)
    except (Untrusted, Unavailable) as error:
        assert path in str(error)  # noqa: PT017
