"""Sealed blobs: nothing of them shows, nothing of them can be changed unseen, keys can be replaced, what is erased stays so."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.offices import CountingEntropy
from tests.support.sealed import keys

from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.memory import MemoryObjects
from assay.adapters.opened import PIECE
from assay.adapters.sealed_blobs import SealedBlobs
from assay.adapters.taken import LARGE
from assay.errors import Unavailable
from assay.formats.digest import Digest

LIST = b'{"customers": [{"name": "Harbour Bank (fictional)"}]}'
OTHER = b"another list of the same lengths....................."
DIGEST = Digest.sha256(LIST)


class World:
    def __init__(self) -> None:
        self.objects, self.wrapped = MemoryObjects(), MemoryObjects()
        self.entropy = CountingEntropy()

    def open(self, *names: str) -> SealedBlobs:
        return SealedBlobs(self.objects, self.wrapped, keys(*names), self.entropy)

    @property
    def sealed(self) -> str:
        (name,) = self.objects.files
        return name

    @property
    def key(self) -> str:
        (name,) = self.wrapped.files
        return name


def test_nothing_of_a_blob_shows() -> None:
    world = World()
    world.open().put(LIST)
    shown = b"".join(
        name.encode() + data for store in (world.objects, world.wrapped) for name, data in store.files.items()
    )
    assert len(shown) > len(LIST)
    for secret in (
        LIST,
        LIST[:20],
        b"Harbour",
        DIGEST.raw,
        DIGEST.value.encode(),
        DIGEST.value[:12].encode(),
    ):
        assert secret not in shown


def test_the_same_bytes_seal_to_others_each_time() -> None:
    one, other = World(), World()
    other.entropy.bytes(1)
    one.open().put(LIST)
    other.open().put(LIST)
    assert one.sealed == other.sealed
    assert one.objects.files != other.objects.files
    assert one.wrapped.files != other.wrapped.files


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: bytes([data[0] ^ 1]) + data[1:], id="first bit"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 0x80]), id="last bit"),
        pytest.param(lambda data: data[:40] + bytes([data[40] ^ 4]) + data[41:], id="middle"),
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data + b"\0", id="longer"),
    ],
)
@pytest.mark.parametrize("where", ["sealed", "key"])
def test_damage_is_told_and_put_right_by_putting_again(damage: Callable[[bytes], bytes], where: str) -> None:
    world = World()
    blobs = world.open()
    blobs.put(LIST)
    store, name = (world.objects, world.sealed) if where == "sealed" else (world.wrapped, world.key)
    store.files[name] = damage(store.files[name])
    with pytest.raises(Unavailable, match=f"{DIGEST.value} is damaged"):
        blobs.get(DIGEST)
    blobs.put(LIST)
    assert blobs.get(DIGEST) == LIST


def test_one_file_in_the_place_of_another_does_not_open() -> None:
    world = World()
    blobs = world.open()
    blobs.put_many([LIST, OTHER])
    for store in (world.objects, world.wrapped):
        before = dict(store.files)
        one, two = store.files
        store.files[one], store.files[two] = store.files[two], store.files[one]
        for digest in (DIGEST, Digest.sha256(OTHER)):
            with pytest.raises(Unavailable, match="is damaged"):
                blobs.get(digest)
        store.files = before
    # Both at once: each key opens its own bytes, under the wrong name.
    for store in (world.objects, world.wrapped):
        one, two = store.files
        store.files[one], store.files[two] = store.files[two], store.files[one]
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.get(DIGEST)


def test_the_wrong_key_opens_nothing() -> None:
    world = World()
    world.open("first").put(LIST)
    with pytest.raises(Unavailable, match="is not in the keyfile"):
        world.open("second").get(DIGEST)


def test_keys_are_replaced_and_the_old_ones_no_longer_needed() -> None:
    world = World()
    before = world.open("first")
    before.put_many([LIST, OTHER])
    sealed = dict(world.objects.files)
    both = world.open("first", "second")
    assert both.get(DIGEST) == LIST
    done = both.rewrap()
    assert (done.keys, done.changed, done.lost) == (2, 2, ())
    assert (both.rewrap().changed, world.objects.files) == (0, sealed)
    assert world.open("second").get(DIGEST) == LIST
    with pytest.raises(Unavailable):
        before.get(DIGEST)


def test_a_key_that_nobody_opens_is_named_when_keys_are_replaced() -> None:
    world = World()
    world.open("lost").put(LIST)
    world.open("first").put(OTHER)
    done = world.open("first", "second").rewrap()
    assert (done.keys, done.changed, len(done.lost)) == (2, 1, 1)
    assert done.lost[0] == keys().name(DIGEST)


def test_what_is_erased_opens_no_more_from_a_copy_of_the_sealed_bytes() -> None:
    world = World()
    blobs = world.open()
    blobs.put(LIST)
    copy = dict(world.objects.files)
    blobs.erase(DIGEST)
    assert (world.objects.files, world.wrapped.files) == ({}, {})
    world.objects.files = dict(copy)
    assert not blobs.has(DIGEST)
    with pytest.raises(Unavailable, match="erased, lost or never put"):
        blobs.get(DIGEST)
    blobs.put(LIST)  # a new key, and the old bytes are replaced
    assert world.objects.files != copy
    assert blobs.get(DIGEST) == LIST


def test_a_key_put_back_while_it_was_erased_does_not_stay() -> None:
    world = World()
    blobs = world.open("first")
    blobs.put(LIST)

    class Erasing(MemoryObjects):
        def write(self, files: object) -> None:
            blobs.erase(DIGEST)
            super().write(files)  # type: ignore[arg-type]

    slow = Erasing()
    slow.files = world.wrapped.files
    SealedBlobs(world.objects, slow, keys("first", "second"), world.entropy).rewrap()
    assert (world.objects.files, world.wrapped.files) == ({}, {})


def test_two_that_put_the_same_at_once_use_one_key() -> None:
    world = World()
    late = world.open()

    class Slow(MemoryObjects):
        """While one writes what it sealed, the other one does all of it."""

        def write(self, files: object) -> None:
            if not self.files:
                inner = MemoryObjects()
                inner.files = self.files
                SealedBlobs(inner, world.wrapped, keys(), world.entropy).put(LIST)
            super().write(files)  # type: ignore[arg-type]

    slow = Slow()
    slow.files = world.objects.files
    SealedBlobs(slow, world.wrapped, keys(), world.entropy).put(LIST)
    assert late.get(DIGEST) == LIST


def test_a_put_that_was_erased_meanwhile_says_so() -> None:
    world = World()
    blobs = world.open()

    class Erased(MemoryObjects):
        def write(self, files: object) -> None:
            super().write(files)  # type: ignore[arg-type]
            world.wrapped.files.clear()

    with pytest.raises(Unavailable, match="erased meanwhile"):
        SealedBlobs(Erased(), world.wrapped, keys(), world.entropy).put(LIST)
    assert not blobs.has(DIGEST)


def test_a_crash_after_the_key_leaves_nothing_under_the_name() -> None:
    world = World()

    class Full(MemoryObjects):
        def write(self, files: object) -> None:
            raise Unavailable("no space left")

    with pytest.raises(Unavailable, match="no space left"):
        SealedBlobs(Full(), world.wrapped, keys(), world.entropy).put(LIST)
    blobs = world.open()
    assert (blobs.has(DIGEST), len(world.wrapped.files)) == (False, 1)
    assert blobs.get(blobs.put(LIST)) == LIST
    assert len(world.wrapped.files) == 1


HUGE = bytes(range(256)) * (4096 * 3) + b"the rest"


@pytest.mark.parametrize("at", [0, 14, 20, 40, PIECE + 40, 3 * PIECE + 30, -17, -1], ids=str)
def test_of_a_large_one_that_was_changed_no_byte_is_handed_out(at: int) -> None:
    world = World()
    blobs = world.open()
    digest = blobs.put(HUGE)
    good = world.objects.files[world.sealed]
    changed = bytearray(good)
    changed[at] ^= 1
    world.objects.files[world.sealed] = bytes(changed)
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.open(digest)
    for cut in (good[:-1], good + b"\0", good[: PIECE + 5]):
        world.objects.files[world.sealed] = cut
        with pytest.raises(Unavailable, match="is damaged"):
            blobs.open(digest)
    world.objects.files[world.sealed] = good
    assert b"".join(blobs.open(digest).pieces(PIECE - 3, PIECE + 3)) == HUGE[PIECE - 3 : PIECE + 3]


def test_what_is_changed_between_the_check_and_the_reading_is_not_handed_out() -> None:
    world = World()
    blobs = world.open()
    found = blobs.open(blobs.put(HUGE))
    changed = bytearray(world.objects.files[world.sealed])
    changed[PIECE + 100] ^= 1
    world.objects.files[world.sealed] = bytes(changed)
    pieces = found.pieces(0, len(HUGE))
    assert next(pieces) == HUGE[:PIECE]
    with pytest.raises(Unavailable, match="was changed while it was read"):
        next(pieces)


def test_one_that_came_whole_is_not_held_again(tmp_path: Path) -> None:
    objects = FolderObjects.make(tmp_path / "blobs")
    blobs = SealedBlobs(objects, objects, keys(), CountingEntropy())
    data = bytes(LARGE + 1)
    tracemalloc.start()
    try:
        digest = blobs.put(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * PIECE
    assert blobs.get(digest) == data


def test_a_large_one_is_never_held_whole(tmp_path: Path) -> None:
    objects = FolderObjects.make(tmp_path / "blobs")
    blobs = SealedBlobs(objects, objects, keys(), CountingEntropy())
    size = 16 * PIECE
    digest = Digest.sha256(bytes(size))
    tracemalloc.start()
    try:
        blobs.put_pieces(digest, size, (bytes(PIECE) for _ in range(16)))
        found = blobs.open(digest)
        assert sum(map(len, found.pieces(0, size))) == size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * PIECE
