"""A published tiled log: every checkpoint, every tile and every bundle; and ours has the same bytes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance.test_checkpoints import KEYS
from tests.support import tiled
from tests.support.register import ORIGIN
from tests.support.shared import shared

from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Untrusted
from assay.register import checkpoint, merkle, tiles
from assay.register.checkpoint import Checkpoint
from assay.register.tiles import ENTRIES, Tile
from assay.tlog.publish import flush, published
from assay.tlog.read import TileReader

SIZE = 15


@pytest.fixture
def folder() -> Path:
    return shared("conformance", "tessera-log")


def signed(folder: Path, size: int) -> bytes:
    return (folder / f"checkpoint.{size}").read_bytes()


def head(folder: Path, size: int) -> Checkpoint:
    return checkpoint.open_(signed(folder, size), KEYS, required=("ed25519",)).checkpoint


def test_every_checkpoint_is_over_the_entries(folder: Path) -> None:
    files = FolderTiles(folder)
    found = published(files, KEYS, required=("ed25519",))
    assert found is not None
    assert found.checkpoint == head(folder, SIZE)
    moving = TileReader(files, 0, merkle.EMPTY_ROOT)
    everything = list(TileReader(files, SIZE, found.checkpoint.root).entries(0))
    assert len(everything) == SIZE
    for size in range(SIZE + 1):
        root = head(folder, size).root
        moving.advance(size, root)
        moving.check_edge()
        assert list(moving.entries(0)) == everything[:size]
        assert merkle.root_of([merkle.leaf_hash(entry) for entry in everything[:size]]) == root


def test_every_tile_and_bundle_is_read(folder: Path) -> None:
    paths = sorted(FolderTiles(folder).paths())
    assert len(paths) == 2 * SIZE
    for path in paths:
        tile = Tile.parse(path)
        reader = TileReader(FolderTiles(folder), tile.width, head(folder, tile.width).root)
        assert reader.file(tile) == (folder / path).read_bytes()


def test_ours_are_the_same_bytes(folder: Path) -> None:
    """Published step by step from its entries, under its own checkpoints."""
    entries = tiles.decode_bundle((folder / "tile/entries/000.p/15").read_bytes(), SIZE)
    store = MemoryTiles()
    flush(store, 0, (), signed(folder, 0), KEYS, required=("ed25519",))
    for size in range(1, SIZE + 1):
        flush(store, size - 1, entries[size - 1 : size], signed(folder, size), KEYS, required=("ed25519",))
    names = ["checkpoint", *FolderTiles(folder).paths()]
    assert store.files == {name: (folder / name).read_bytes() for name in names}
    with pytest.raises(Untrusted, match="lacks a signature by ml-dsa-44"):
        published(store, KEYS)


def test_a_bundle_of_another_size_is_not_taken_for_it(folder: Path) -> None:
    store = MemoryTiles()
    root = head(folder, 7).root
    store.write("tile/0/000.p/7", (folder / "tile/0/000.p/8").read_bytes()[32:])
    store.write("tile/entries/000.p/7", (folder / "tile/entries/000.p/7").read_bytes())
    with pytest.raises(Untrusted, match=r"tile/0/000\.p/7 lead to root"):
        list(TileReader(store, 7, root).entries(0))
    assert Tile(ENTRIES, 0, 7).path in store.files


def test_the_documented_program_finds_the_root(folder: Path, tmp_path: Path) -> None:
    """Somebody with nothing but the files and the page."""
    page = (Path(__file__).parents[2] / "docs/formats/tiles.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    tiled.grow(FolderTiles.make(tmp_path / "log"), 700)
    for place, says in (
        (folder, "example.com/log/testdata 15 holds"),
        (tmp_path / "log", f"{ORIGIN} 700 holds"),
    ):
        assert _ran(program, place) == says
    last = tmp_path / "log/tile/entries/002.p/188"
    last.write_bytes(last.read_bytes()[:-1] + b"?")
    assert _ran(program, tmp_path / "log") == f"{ORIGIN} 700 DOES NOT HOLD"


def _ran(program: str, place: Path) -> str:
    done = subprocess.run([sys.executable, "-c", program, place], capture_output=True, text=True, check=True)
    return done.stdout.strip()
