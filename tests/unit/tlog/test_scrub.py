"""Scrubbing names each file that is damaged, missing or too long, says what was expected, and accuses no other."""

import random
import re
from pathlib import Path

import pytest
from tests.conformance import test_checkpoints as published_log
from tests.support import tiled
from tests.support.shared import shared

from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Malformed, Unavailable, Untrusted
from assay.register import merkle, tiles
from assay.register.tiles import ENTRIES, Tile
from assay.tlog.scrub import MAX_NAMED, Report, scrub

SIZE = 600
PATHS = [tile.path for tile in tiles.tiles(SIZE)]
LARGE = 66_400
"""Has a full tile at level 1, and one hash at level 2."""


def run(store: MemoryTiles) -> Report:
    return scrub(store, tiled.KEYS, listed=[path for path in store.files if path != "checkpoint"])


def named(report: Report) -> list[str]:
    return sorted({one.path for one in report.damage})


@pytest.fixture
def store() -> MemoryTiles:
    return tiled.log(SIZE)


@pytest.fixture(scope="module")
def large() -> dict[str, bytes]:
    return tiled.log(LARGE).files


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 600, 768])
def test_an_intact_log(size: int) -> None:
    told: list[tuple[int, int]] = []
    report = scrub(tiled.log(size), tiled.KEYS, tell=lambda done, of: told.append((done, of)))
    assert report.intact
    assert report.files == len(list(tiles.tiles(size))) + 1
    assert report.checkpoint.checkpoint.size == size
    assert told[-1] == (size, size)


def test_a_large_log(large: dict[str, bytes]) -> None:
    store = MemoryTiles()
    store.files = dict(large)
    told: list[tuple[int, int]] = []
    assert scrub(store, tiled.KEYS, tell=lambda done, of: told.append((done, of))).intact
    assert told == [(65_536, LARGE), (LARGE, LARGE)]


def test_the_published_log() -> None:
    store = FolderTiles(shared("conformance", "tessera-log"))
    report = scrub(store, published_log.KEYS, required=("ed25519",), listed=store.paths())
    assert (report.intact, report.leftovers, report.files) == (True, (), 2 + 1 + 28)


@pytest.mark.parametrize("path", PATHS)
def test_every_byte_of_every_file(store: MemoryTiles, path: str) -> None:
    whole = store.files[path]
    for at in range(0, len(whole), 1 if len(whole) < 70 else 211):
        store.files[path] = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        assert named(run(store)) == [path], at


@pytest.mark.parametrize("path", PATHS)
def test_every_file_missing_cut_or_too_long(store: MemoryTiles, path: str) -> None:
    whole = store.files.pop(path)
    report = run(store)
    assert named(report) == [path]
    assert report.damage[0].problem.startswith("is missing, expected")
    for other in (b"", whole[:1], whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole + whole):
        store.files[path] = other
        assert named(run(store)) == [path], len(other)
    store.files[path] = whole
    assert run(store).intact


@pytest.mark.parametrize(
    "path", ["tile/entries/005", "tile/0/005", "tile/1/000", "tile/1/001.p/3", "tile/2/000.p/1"]
)
def test_two_levels_up(large: dict[str, bytes], path: str) -> None:
    store = MemoryTiles()
    store.files = dict(large)
    whole = store.files[path]
    store.files[path] = whole[:-1] + bytes([whole[-1] ^ 1])
    assert named(run(store)) == [path]
    del store.files[path]
    assert named(run(store)) == [path]


@pytest.mark.parametrize(
    ("path", "at", "problem"),
    [
        pytest.param("tile/entries/001", -1, r"entry 511 hashes to \w{64}, expected \w{64} as in tile/0/001", id="bundle"),
        pytest.param("tile/0/001", 33, r"hash 1 is \w{64}, expected \w{64} as computed from tile/entries/001", id="tile"),
        pytest.param("tile/entries/002.p/88", -1, r"entry 599 hashes to \w{64}, expected \w{64} as in tile/0/002.p/88", id="last bundle"),
        pytest.param("tile/0/002.p/88", 0, r"hash 0 is \w{64}, expected \w{64} as computed from tile/entries/002.p/88", id="edge"),
        pytest.param("tile/1/000.p/2", 32, r"hash 1 is \w{64}, expected \w{64} as computed from tile/0/001", id="upper edge"),
    ],
)  # fmt: skip
def test_what_is_said(store: MemoryTiles, path: str, at: int, problem: str) -> None:
    data = bytearray(store.files[path])
    data[at] ^= 1
    store.files[path] = bytes(data)
    (one,) = run(store).damage
    assert one.path == path
    assert re.fullmatch(problem, one.problem), one.problem


def test_several_at_once(store: MemoryTiles) -> None:
    """A bundle of one place, a tile of another, the edge missing: each by its own name."""
    store.files["tile/entries/000"] = store.files["tile/entries/000"][:-1] + b"?"
    store.files["tile/0/001"] = bytes(8192)
    del store.files["tile/0/002.p/88"]
    assert named(run(store)) == ["tile/0/001", "tile/0/002.p/88", "tile/entries/000"]


def test_bundle_and_tile_of_one_place_lost(store: MemoryTiles) -> None:
    for path in ("tile/entries/001", "tile/0/001"):
        del store.files[path]
    assert named(run(store)) == ["tile/0/001", "tile/entries/001"]


def test_bundle_and_tile_rewritten_to_agree(store: MemoryTiles) -> None:
    entries = list(tiled.leaves(SIZE)[256:512])
    entries[7] = b"another"
    store.files["tile/entries/001"] = tiles.encode_bundle(entries)
    store.files["tile/0/001"] = tiles.leaf_hashes(entries)
    one, other = run(store).damage
    assert (one.path, other.path) == ("tile/0/001", "tile/entries/001")
    assert re.fullmatch(
        r"and what is below it lead to \w{64}, expected \w{64} as in tile/1/000.p/2", one.problem
    )


def test_a_whole_other_log_under_the_checkpoint() -> None:
    store = tiled.log(SIZE)
    other = MemoryTiles()
    leaves = [leaf + b"!" for leaf in tiled.leaves(SIZE)]
    made = merkle.extend(0, [merkle.leaf_hash(leaf) for leaf in leaves], {})
    for tile in tiles.tiles(SIZE):
        start = tile.index << 8
        other.write(
            tile.path,
            tiles.encode_bundle(leaves[start : start + tile.width])
            if tile.level == ENTRIES
            else b"".join(made[8 * tile.level, at] for at in range(start, start + tile.width)),
        )
    store.files |= other.files
    (one,) = run(store).damage
    assert one.path == "checkpoint"
    assert one.problem == (
        f"has root {tiled.root(SIZE).hex()}, all files together lead to "
        f"{merkle.root_of([merkle.leaf_hash(leaf) for leaf in leaves]).hex()}"
    )


@pytest.mark.parametrize("seed", range(100))
def test_any_files_at_all(seed: int) -> None:
    """Whatever is damaged, everything that is damaged is named, and the log is never called intact."""
    chance = random.Random(seed)
    store = tiled.log(SIZE)
    before = dict(store.files)
    hit = chance.sample(PATHS, chance.randint(1, 4))
    for path in hit:
        whole = store.files[path]
        at = chance.randrange(len(whole))
        store.files[path] = chance.choice([
            whole[:at], whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :], chance.randbytes(len(whole)),
            whole + b"x", store.files[chance.choice([other for other in PATHS if other != path])],
        ])  # fmt: skip
    damaged = {path for path in hit if store.files[path] != before[path]}
    assert damaged <= set(named(run(store)))


def test_partial_tiles_of_earlier_sizes_are_compared() -> None:
    store = tiled.log(520, 560, 600)
    assert run(store).intact
    path = "tile/entries/002.p/48"
    store.files[path] = store.files[path][:-1] + b"?"
    (one,) = run(store).damage
    assert (one.path, one.problem) == (path, "is not the beginning of the wider one in its place")


def test_leftovers_are_told_and_are_no_damage(store: MemoryTiles) -> None:
    odd = ["tile/0/002.p/99", "tile/0/003.p/1", "tile/3/000", "tile/0/0002", "tile/0/.002.77.part"]
    for path in odd:
        store.files[path] = b"?"
    report = run(store)
    assert report.intact
    assert report.leftovers == tuple(sorted(odd))


def test_a_log_that_shows_no_checkpoint_or_another_ones(store: MemoryTiles) -> None:
    whole = store.files.pop("checkpoint")
    with pytest.raises(Unavailable, match=r"^checkpoint is missing"):
        run(store)
    for at in range(0, len(whole), 97):
        store.files["checkpoint"] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises((Malformed, Untrusted), match="checkpoint"):
            run(store)


def test_only_so_many_are_named() -> None:
    size = 8 * 256
    store = tiled.log(size)
    for at in range(8):
        path = Tile(ENTRIES, at).path
        store.files[path] = tiles.encode_bundle([b"?"] * 256)
    report = run(store)
    assert len(report.damage) == MAX_NAMED
    assert report.unnamed == size - MAX_NAMED


def test_a_store_that_cannot_be_read_is_no_damaged_one(store: MemoryTiles) -> None:
    class Gone(MemoryTiles):
        def read(self, path: str, *, limit: int) -> bytes | None:
            if path in unreadable:
                raise Unavailable(f"cannot read {path}: Input/output error")
            return store.read(path, limit=limit)

    unreadable = {"tile/entries/001"}
    (one,) = run_of(Gone()).damage
    assert (one.path, one.problem) == (
        "tile/entries/001",
        "cannot be read: cannot read tile/entries/001: Input/output error",
    )
    store.files |= tiled.log(10_000).files
    unreadable |= {Tile(0, at).path for at in range(20)}
    with pytest.raises(Unavailable, match="Input/output error"):
        run_of(Gone())


def run_of(store: MemoryTiles) -> Report:
    return scrub(store, tiled.KEYS)


def test_a_folder_with_something_else_in_it(tmp_path: Path) -> None:
    store = FolderTiles.make(tmp_path)
    tiled.grow(store, SIZE)
    (tmp_path / "tile/entries/001").unlink()
    (tmp_path / "tile/entries/001").mkdir()
    (one,) = scrub(store, tiled.KEYS, listed=store.paths()).damage
    assert one.path == "tile/entries/001"
    assert one.problem.endswith("tile/entries/001: Is a directory")
