"""Publishing interrupted at every write: kept, lost, torn, refused by a full disk, or kept wrong by a disk that lies.

The oracle re-verifies the whole store at the checkpoint it shows, and again after the next flush has completed what was begun.
"""

import os
import re
import resource
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support import register, tiled

from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Malformed, Refused, Unavailable, Untrusted
from assay.register import merkle, tiles
from assay.tlog.ports import TileStore
from assay.tlog.publish import flush, published

SIZES = (0, 255, 300, 900, 1000, 1200)
"""A partial tile grows, becomes full, several at once, a level-1 tile grows; each is one flush."""


class Crash(BaseException):
    """The process is gone; nothing above may catch it."""


Fault = Callable[[MemoryTiles, str, bytes], None]


def kept(store: MemoryTiles, path: str, data: bytes) -> None:
    store.write(path, data)
    raise Crash


def lost(store: MemoryTiles, path: str, data: bytes) -> None:
    raise Crash


def torn(store: MemoryTiles, path: str, data: bytes) -> None:
    if path != "checkpoint":  # a store that cannot even rename has nothing that it published
        store.write(path, data[: len(data) // 2])
    raise Crash


def full(store: MemoryTiles, path: str, data: bytes) -> None:
    raise Unavailable(f"cannot write {path}: No space left on device")


class Faulty(MemoryTiles):
    """Fails at the *at*-th write or removal; files of one batch are written backwards, which no caller may mind."""

    def __init__(self, at: int, fault: Fault) -> None:
        super().__init__()
        self.at, self.fault, self.count = at, fault, 0

    def write(self, path: str, data: bytes) -> None:
        self.count += 1
        if self.count == self.at:
            self.fault(self, path, data)
        else:
            super().write(path, data)

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        super().write_many(reversed(list(files)))

    def remove(self, path: str) -> None:
        self.count += 1
        if self.count == self.at:
            raise Crash
        super().remove(path)


def life(store: TileStore, done: list[int]) -> None:
    for size in SIZES:
        tiled.grow(store, size, old=done[-1] if done else 0)
        done.append(size)


def writes() -> int:
    store = Faulty(0, kept)
    life(store, [])
    return store.count


def shown(store: MemoryTiles) -> int:
    """The published size; what a reader sees there is whole."""
    found = published(store, tiled.KEYS)
    size = 0 if found is None else found.checkpoint.size
    tiled.check(store, size)
    return size


@pytest.mark.parametrize("fault", [kept, lost, torn, full])
@pytest.mark.parametrize("more", [0, 1, 77], ids=["the same again", "one more", "many more"])
def test_every_write(fault: Fault, more: int) -> None:
    for at in range(1, writes() + 1):
        store = Faulty(at, fault)
        done: list[int] = []
        with pytest.raises((Crash, Unavailable)):
            life(store, done)
        old = done[-1] if done else 0
        begun = SIZES[len(done)]
        assert shown(store) in (old, begun)
        after = begun + more
        tiled.grow(store, after, old=old)
        assert shown(store) == after
        for size in {old, after if fault is torn else begun}:
            tiled.check(store, size)
        assert {tile.path for tile in tiles.tiles(after)} <= set(store.files)
        tiled.grow(store, after + 300, old=after)
        assert shown(store) == after + 300


def test_there_is_something_to_break() -> None:
    assert writes() > 30


def flip(data: bytes) -> bytes | None:
    return data[:-1] + bytes([data[-1] ^ 1])


def shorten(data: bytes) -> bytes | None:
    return data[:-1]


def lengthen(data: bytes) -> bytes | None:
    return data + b"\0"


def forget(data: bytes) -> bytes | None:
    return None


@pytest.mark.parametrize("changed", [flip, shorten, lengthen, forget])
def test_a_disk_that_keeps_something_else_is_told(changed: Callable[[bytes], bytes | None]) -> None:
    """Whatever comes back other than written is named, and the checkpoint does not move."""
    told: list[str] = []

    def lies(store: MemoryTiles, path: str, data: bytes) -> None:
        told.append(path)
        store.files.pop(path, None)
        if (other := changed(data)) is not None:
            store.files[path] = other

    for at in range(1, writes() + 1):
        store, done = Faulty(at, lies), list[int]()
        with pytest.raises((Unavailable, Crash)) as raised:
            life(store, done)
        if raised.type is Crash:  # a removal; nothing is read back of it
            continue
        assert re.match(rf"{re.escape(told[-1])} (reads back|was written and is not)", str(raised.value))
        if told[-1] != "checkpoint":
            assert shown(store) == (done[-1] if done else 0)
    assert len(set(told)) > 20


def test_reading_back_may_be_spread() -> None:
    """Several files at a time; the one that differs is named all the same."""

    def lies(store: MemoryTiles, path: str, data: bytes) -> None:
        store.files[path] = data[:-1]

    with ThreadPoolExecutor(4) as pool:
        for at, told in ((0, None), (1, "tile/1/000.p/2"), (4, "tile/0/000")):
            store = Faulty(at, lies)
            if told is None:
                flush(store, 0, tiled.leaves(600), tiled.signed(600), tiled.KEYS, spread=pool.map)
                tiled.check(store, 600)
                continue
            with pytest.raises(Unavailable, match=f"^{re.escape(told)} reads back differently"):
                flush(store, 0, tiled.leaves(600), tiled.signed(600), tiled.KEYS, spread=pool.map)


def test_files_of_somebody_else_at_a_size_that_was_not_published_give_way() -> None:
    store = tiled.log(300)
    for tile in tiles.grown(300, 700):
        store.write(tile.path, b"of a leader that was paused")
    tiled.grow(store, 700, old=300)
    tiled.check(store, 700)


def test_only_forward() -> None:
    store = tiled.log(300, 600)
    before = dict(store.files)
    for old, size, message in (
        (0, 300, "the store has published size 600 and does not go back to 300"),
        (300, 599, "the store has published size 600 and does not go back to 599"),
    ):
        with pytest.raises(Refused, match=f"^{message}$"):
            tiled.grow(store, size, old=old)
    with pytest.raises(
        Refused,
        match=f"^the store has published root .* for size 600, the signed checkpoint has {'00' * 32}$",
    ):
        flush(store, 600, (), register.signed(600, bytes(32), register.STAMP + 700), tiled.KEYS)
    with pytest.raises(
        Refused, match=r"^the store has published a checkpoint of time \d+, the signed one is of \d+$"
    ):
        flush(
            store,
            600,
            tiled.leaves(601)[600:],
            register.signed(601, tiled.root(601), register.STAMP),
            tiled.KEYS,
        )
    assert store.files == before


def test_the_same_size_again_may_bring_another_signature() -> None:
    store = tiled.log(600)
    later = register.signed(600, tiled.root(600), register.STAMP + 10_000)
    flush(store, 600, (), later, tiled.KEYS)
    assert store.files["checkpoint"] == later
    flush(store, 0, tiled.leaves(600), later, tiled.KEYS)
    tiled.check(store, 600)


def test_what_was_published_is_not_what_comes_again() -> None:
    store = tiled.log(300)
    leaves = [*tiled.leaves(700)]
    leaves[280] = b"another"
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    signed = register.signed(700, merkle.root_of(hashes), register.STAMP + 700)
    before = dict(store.files)
    with pytest.raises(Refused, match=r"^entry 280 was published and is not the one given now$"):
        flush(store, 200, leaves[200:], signed, tiled.KEYS)
    with pytest.raises(Refused, match=r"^the leaves lead to root [0-9a-f]{64}, the signed checkpoint has"):
        flush(store, 300, leaves[300:], signed, tiled.KEYS)
    assert store.files == before


def test_the_store_must_hold_what_the_caller_thinks() -> None:
    with pytest.raises(
        Unavailable, match=r"^the store should hold 300 entries, but its checkpoint is missing$"
    ):
        tiled.grow(MemoryTiles(), 600, old=300)
    store = tiled.log(200)
    with pytest.raises(
        Unavailable, match=r"^the store should hold 300 entries, but its checkpoint is of size 200$"
    ):
        tiled.grow(store, 600, old=300)
    with pytest.raises(ValueError, match="300 entries and 1 leaves are not the 600 that were signed"):
        flush(store, 300, [b""], tiled.signed(600), tiled.KEYS)


@pytest.mark.parametrize("path", [tile.path for tile in (*tiles.edge(300), tiles.Tile(tiles.ENTRIES, 1, 44))])
def test_damage_at_the_edge_is_named_and_nothing_is_built_on_it(path: str) -> None:
    store = tiled.log(300)
    store.files[path] = store.files[path][:-1] + b"?"
    before = dict(store.files)
    with pytest.raises(AssayError, match=re.escape(path)):
        tiled.grow(store, 700, old=300)
    assert store.files == before


@pytest.mark.parametrize(
    "checkpoint", [b"", b"torn", tiled.signed(300)[:-9], tiled.signed(300)[1:], b"x" * 70_000]
)
def test_a_damaged_checkpoint_is_named(checkpoint: bytes) -> None:
    store = tiled.log(300)
    store.files["checkpoint"] = checkpoint
    with pytest.raises((Malformed, Untrusted), match="checkpoint"):
        tiled.grow(store, 700, old=300)
    assert store.files["checkpoint"] == checkpoint


def test_every_bit_of_a_checkpoint_counts() -> None:
    whole = tiled.signed(1)
    store = MemoryTiles()
    for at in range(len(whole)):
        store.files["checkpoint"] = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        with pytest.raises((Malformed, Untrusted), match=r"checkpoint|note|signature"):
            published(store, tiled.KEYS)


def test_partial_tiles_go_when_full_ones_are_there() -> None:
    store = tiled.log(*range(250, 260))
    assert [path for path in store.files if path.startswith("tile/0/000")] == ["tile/0/000"]
    assert {path for path in store.files if path.startswith("tile/entries/001")} == {
        f"tile/entries/001.p/{width}" for width in (1, 2, 3)
    }


def test_a_folder_keeps_the_same_files(tmp_path: Path) -> None:
    store = FolderTiles.make(tmp_path / "log")
    done: list[int] = []
    life(store, done)
    expected = tiled.log(*SIZES).files
    found = {"checkpoint", *store.paths()}
    assert found == set(expected)
    for path, data in expected.items():
        assert (tmp_path / "log" / path).read_bytes() == data
    tiled.check(store, 1200)


def blocked(folder: Path, path: str) -> None:
    """Something stands where a folder has to be."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(b"")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda store: store.write("tile/0/000.p/3", b"x"), id="write"),
        pytest.param(lambda store: store.write_many([("tile/1/000", b"x"), ("tile/0/000.p/3", b"x")]), id="write many"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, act: Callable[[FolderTiles], Any]) -> None:
    store = FolderTiles(tmp_path)
    blocked(tmp_path, "tile/0/000.p")
    with pytest.raises(Unavailable, match=r"^cannot write .*tile/0/000\.p"):
        act(store)
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_a_folder_that_is_not_there_says_nothing_about_the_log(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot read .*/unmounted/checkpoint"):
        FolderTiles(tmp_path / "unmounted").read("checkpoint", limit=10)
    assert FolderTiles(tmp_path).read("checkpoint", limit=10) is None


def test_a_stray_part_of_a_killed_writer_is_in_nobodys_way(tmp_path: Path) -> None:
    store = FolderTiles.make(tmp_path)
    store.write("tile/0/000", b"old")
    stray = tmp_path / f"tile/0/.000.{os.getpid()}-{threading.get_native_id()}.part"
    stray.write_bytes(b"half")
    store.write_many([("tile/0/000", b"new")])
    assert store.read("tile/0/000", limit=9) == b"new"
    assert not stray.exists()


def test_a_folder_that_takes_no_more_keeps_what_it_had(tmp_path: Path) -> None:
    """The system refuses in the middle of a file; nothing of it is left, and the old files are whole."""
    store = FolderTiles.make(tmp_path)
    tiled.grow(store, 300)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(Unavailable, match=r"^cannot write .*tile/(entries|0)/00\d: File too large$"):
            tiled.grow(store, 900, old=300)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    tiled.grow(store, 900, old=300)
    tiled.check(store, 900)
