"""A receipt under a newer checkpoint: the same entry, the same history, or nothing."""

from functools import cache

import msgspec
import pytest
from tests.support.register import KEYS, STAMP, log, receipt, signed
from tests.support.signing import private
from tests.support.witnesses import policy
from tests.unit.register.test_rotation import FIRST, G0, G2, GENESIS, SECOND, TREE

from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Unavailable, Untrusted
from assay.formats.note import Note
from assay.register import cosignature, merkle
from assay.register import tiles as register_tiles
from assay.register.checkpoint import Checkpoint
from assay.register.quorum import Quorum, graded
from assay.register.receipt import Receipt
from assay.register.rotation import KeyHistory
from assay.tlog.ports import CHECKPOINT
from assay.tlog.publish import flush
from assay.tlog.upgrade import TwoHistories, upgrade

SIZE = 300
LEAVES = log(SIZE)
NAME = "witness.example/w1"
QUORUM = Quorum.parse(policy(NAME))


def root(leaves: list[bytes]) -> bytes:
    return merkle.root_of([merkle.leaf_hash(one) for one in leaves])


def witnessed(note: bytes) -> bytes:
    parsed = Note.parse(note)
    body = Checkpoint.parse(parsed.text)
    keys = private("ed25519", NAME), private("ml-dsa-44", NAME)
    lines = tuple(cosignature.sign(body, NAME, key, STAMP) for key in keys)
    return msgspec.structs.replace(parsed, signatures=(*parsed.signatures, *lines)).encode()


@cache
def published(size: int = SIZE) -> MemoryTiles:
    return tiles(LEAVES[:size])


def tiles(leaves: list[bytes]) -> MemoryTiles:
    store = MemoryTiles()
    flush(store, 0, leaves, witnessed(signed(len(leaves), root(leaves))), KEYS)
    return store


@pytest.mark.parametrize(
    ("index", "old"), [(0, 1), (3, 7), (6, 7), (200, 256), (255, 256), (298, 299), (299, 300)]
)
def test_a_logged_receipt_becomes_witnessed(index: int, old: int) -> None:
    before = receipt(index, LEAVES[:old])
    assert graded(Note.parse(before.checkpoint), None).grade == "logged"
    with pytest.raises(Untrusted, match="not witnessed as required: cosigned by no witness"):
        graded(Note.parse(before.checkpoint), QUORUM)
    after = upgrade(before, KEYS, published())
    verified = Receipt.parse(after.encode()).verify(KEYS)
    assert (verified.index, verified.checkpoint.checkpoint.size) == (index, SIZE)
    assert verified.entry == before.verify(KEYS).entry
    assert verified.values == before.verify(KEYS).values
    grade = graded(verified.checkpoint.note, QUORUM)
    assert (grade.grade, grade.says) == ("witnessed", "grade witnessed, cosigned by w1-ed, w1-pq")
    assert graded(verified.checkpoint.note, None).grade == "logged"  # nobody said that w1 counts
    assert upgrade(after, KEYS, published()) == after


def test_a_checkpoint_given_in_hand() -> None:
    note = witnessed(signed(290, root(LEAVES[:290])))
    after = upgrade(receipt(3, LEAVES[:7]), KEYS, published(), newest=note)
    assert after.verify(KEYS).checkpoint.checkpoint.size == 290


FORKED = [*LEAVES[:5], *LEAVES[6:]]


@pytest.mark.parametrize("old", [6, 7, 299], ids=["its last entry", "grown", "same size"])
def test_two_histories_are_told_and_proven(old: int) -> None:
    before = receipt(3, LEAVES[:old])
    with pytest.raises(TwoHistories, match=f"two histories: the tree of size {old} in the receipt") as caught:
        upgrade(before, KEYS, tiles(FORKED))
    first, second = caught.value.proof.verify(KEYS)
    assert (first.size, first.root) == (old, root(LEAVES[:old]))
    assert (second.size, second.root) == (299, root(FORKED))


def test_a_register_that_is_behind_is_asked_again_later() -> None:
    with pytest.raises(
        Unavailable, match="has published 7 entries, the receipt's checkpoint has 300; try again later"
    ):
        upgrade(receipt(3, LEAVES), KEYS, published(7))
    with pytest.raises(Unavailable, match="has published no checkpoint yet"):
        upgrade(receipt(3, LEAVES), KEYS, MemoryTiles())


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_missing_tile_is_unavailable_and_a_changed_one_untrusted(path: str) -> None:
    before, store = receipt(3, LEAVES[:7]), tiles(LEAVES)
    data = store.files.pop(path)
    with pytest.raises(Unavailable, match=f"{path} is missing"):
        upgrade(before, KEYS, store)
    store.write(path, bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(Untrusted, match="tile/") as caught:
        upgrade(before, KEYS, store)
    assert not isinstance(caught.value, TwoHistories)  # files prove nothing against the register
    store.write(path, data)
    assert upgrade(before, KEYS, store)


@pytest.mark.parametrize("place", [3, 80, 200])
def test_a_changed_checkpoint_is_refused(place: int) -> None:
    store = tiles(LEAVES[:9])
    note = store.read(CHECKPOINT, limit=100_000)
    assert note is not None
    store.write(CHECKPOINT, note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :])
    with pytest.raises(AssayError):
        upgrade(receipt(3, LEAVES[:7]), KEYS, store)


def test_a_receipt_that_does_not_hold_is_not_upgraded() -> None:
    bad = msgspec.structs.replace(receipt(3, LEAVES[:7]), index=4)
    with pytest.raises(Untrusted, match="does not lead to the root"):
        upgrade(bad, KEYS, published())


def test_across_changes_of_keys() -> None:
    store = MemoryTiles()
    size = len(TREE.leaves)
    for tile in register_tiles.tiles(size):
        hashes = b"".join(TREE.known[0, at] for at in range(size))
        store.write(
            tile.path,
            register_tiles.encode_bundle(TREE.leaves) if tile.level == register_tiles.ENTRIES else hashes,
        )
    store.write(CHECKPOINT, TREE.note(size, *G2.signing))
    old = TREE.receipt(3, 5, *G0.signing)
    with pytest.raises(Untrusted, match="lacks a signature by ed25519 and ml-dsa-44 under a known key"):
        upgrade(old, G0.keys, store)
    for trusted in (G0.keys, G2.keys):
        history = KeyHistory.follow(GENESIS, (FIRST, SECOND), trusted)
        after = upgrade(old, history, store)
        assert history.verify(after).checkpoint.checkpoint.size == size
