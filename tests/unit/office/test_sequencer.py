"""The one writer: batches, proofs, tiles, and when it refuses to sign."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support.offices import LOG, NOW, ORIGIN, key

from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Unavailable
from assay.office.ports import Appended, Recorded, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint, merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.tlog.ports import CHECKPOINT, TileStore
from assay.tlog.publish import published

KEYS = LOG.public(ORIGIN)
STRANGER = key("ed25519", "stranger")


def leaf(at: int) -> bytes:
    return b"leaf %d" % at


def sequencer(ledger: SqlLedger, tiles: TileStore, clock: FixedClock | None = None) -> Sequencer:
    return Sequencer(ledger, tiles, LOG, ORIGIN, clock or FixedClock(NOW))


def fill(one: Sequencer, start: int, end: int) -> list[Appended]:
    answers = one.commit([Wanted(leaf(at), b"[]") for at in range(start, end)])
    taken = [answer for answer in answers if isinstance(answer, Appended)]
    assert len(taken) == end - start
    return taken


def opened(one: Sequencer) -> Checkpoint:
    return checkpoint.open_(one.checkpoint(), KEYS).checkpoint


def holds(one: Sequencer, size: int) -> None:
    """Every leaf, every proof at some sizes, and the root, against the tree made from nothing else."""
    hashes = [merkle.leaf_hash(leaf(at)) for at in range(size)]
    assert opened(one) == Checkpoint(ORIGIN, size, merkle.root_of(hashes))
    for at in range(size):
        assert one.leaf(at) == leaf(at)
        for seen in {at + 1, (at + size) // 2 + 1, size}:
            path = one.inclusion(at, seen)
            proof.verify_inclusion(hashes[at], at, seen, path, merkle.root_of(hashes[:seen]))
    for old in range(1, size + 1):
        path = one.consistency(old, size)
        proof.verify_consistency(old, size, path, merkle.root_of(hashes[:old]), merkle.root_of(hashes))


def test_answers_carry_a_proof_under_a_checkpoint_of_their_own_size() -> None:
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    size = 0
    for width in (1, 1, 5, 300, 1):
        for answer in fill(one, size, size + width):
            head = checkpoint.open_(answer.checkpoint, KEYS).checkpoint
            assert head.size == size + width
            path = answer.growth.inclusion(answer.index)
            proof.verify_inclusion(
                merkle.leaf_hash(answer.wanted.leaf), answer.index, head.size, path, head.root
            )
        size += width
    assert one.size() == size


@pytest.mark.parametrize("publish_at", [(), (3,), (3, 40, 41), (70,), (0, 70)], ids=str)
def test_proves_from_tiles_and_from_what_is_not_in_tiles_yet(publish_at: tuple[int, ...]) -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    for at in range(70):
        if at in publish_at:
            one.publish()
        fill(one, at, at + 1)
    if 70 in publish_at:
        one.publish()
        one.publish()
    holds(one, 70)
    holds(sequencer(ledger, tiles), 70)


def test_a_large_register_goes_on_from_its_edge() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    for start, end in ((0, 600), (600, 601), (601, 1100)):
        fill(one, start, end)
        one.publish()
    fill(one, 1100, 1103)
    again = sequencer(ledger, tiles)
    hashes = [merkle.leaf_hash(leaf(at)) for at in range(1103)]
    assert opened(again) == Checkpoint(ORIGIN, 1103, merkle.root_of(hashes))
    for at in (0, 255, 256, 599, 1023, 1101):
        assert again.leaf(at) == leaf(at)
        proof.verify_inclusion(hashes[at], at, 1103, again.inclusion(at, 1103), merkle.root_of(hashes))


def test_publishing_moves_the_checkpoint_and_settles_one_step_behind() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 10)
    assert published(tiles, KEYS) is None
    one.publish()
    assert published(tiles, KEYS) is not None
    assert ledger.head().settled == 0
    fill(one, 10, 12)
    one.publish()
    assert ledger.head().settled == 10
    before = tiles.read(CHECKPOINT, limit=10_000)
    one.publish()
    assert tiles.read(CHECKPOINT, limit=10_000) == before


def test_the_time_of_signatures_never_goes_back() -> None:
    clock = FixedClock(NOW)
    one = sequencer(SqlLedger.memory(), MemoryTiles(), clock)
    first = checkpoint.open_(fill(one, 0, 1)[0].checkpoint, KEYS).timestamp
    clock.moment = NOW - timedelta(days=400)
    assert checkpoint.open_(fill(one, 1, 2)[0].checkpoint, KEYS).timestamp == first
    clock.moment = NOW + timedelta(seconds=90)
    assert checkpoint.open_(fill(one, 2, 3)[0].checkpoint, KEYS).timestamp == first + 90


def test_a_commit_whose_answer_was_lost_is_taken_in(tmp_path: Path) -> None:
    class Lossy(SqlLedger):
        lose = False

        def record(self, wanted, seconds):  # type: ignore[no-untyped-def]
            recorded = super().record(wanted, seconds)
            if self.lose:
                raise Unavailable("the connection broke after the commit")
            return recorded

    ledger = Lossy(SqlLedger.sqlite_engine(tmp_path / "office.sqlite"))
    one = sequencer(ledger, MemoryTiles())
    fill(one, 0, 3)
    ledger.lose = True
    with pytest.raises(Unavailable, match="broke after"):
        fill(one, 3, 5)
    ledger.lose = False
    assert [answer.index for answer in fill(one, 5, 7)] == [5, 6]
    holds(one, 7)


def test_refused_entries_need_no_signature() -> None:
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    fill(one, 0, 1)
    assert one.commit([]) == ()
    assert one.size() == 1


def copy(tiles: MemoryTiles) -> MemoryTiles:
    made = MemoryTiles()
    made.files.update(tiles.files)
    return made


def test_refuses_a_database_behind_its_tiles(tmp_path: Path) -> None:
    tiles = MemoryTiles()
    ledger = SqlLedger.sqlite(tmp_path / "new.sqlite")
    one = sequencer(ledger, tiles)
    fill(one, 0, 5)
    one.publish()
    with pytest.raises(Unavailable, match="has 0 entries, receipts were given for 5"):
        sequencer(SqlLedger.memory(), tiles)


def test_refuses_another_history_of_the_same_length() -> None:
    first, second = MemoryTiles(), MemoryTiles()
    one, other = sequencer(SqlLedger.memory(), first), SqlLedger.memory()
    fill(one, 0, 5)
    one.publish()
    two = sequencer(other, second)
    two.commit([Wanted(b"forged %d" % at, b"[]") for at in range(5)])
    two.publish()
    with pytest.raises(Unavailable, match="are not those that receipts were given for"):
        sequencer(other, first)


def test_refuses_tiles_behind_the_database() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 5)
    one.publish()
    older = copy(tiles)
    fill(one, 5, 9)
    one.publish()
    fill(one, 9, 10)
    one.publish()
    with pytest.raises(
        Unavailable, match=r"tiles of .* have 5 entries, the database was told that they have 9"
    ):
        sequencer(ledger, older)


def test_tiles_one_publication_behind_are_made_up_for() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 5)
    one.publish()
    older = copy(tiles)
    fill(one, 5, 9)
    one.publish()
    again = sequencer(ledger, older)
    again.publish()
    holds(again, 9)


def test_refuses_a_damaged_edge() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 5)
    one.publish()
    (path,) = [name for name in tiles.files if name.startswith("tile/0/")]
    tiles.files[path] = tiles.files[path][:-1] + bytes([tiles.files[path][-1] ^ 1])
    with pytest.raises(Unavailable, match="tile/0/000"):
        sequencer(ledger, tiles)


def test_a_damaged_tile_costs_what_needs_it() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 600)
    one.publish()
    tiles.files["tile/0/000"] = bytes(8192)
    again = sequencer(ledger, tiles)
    again.inclusion(599, 600)
    with pytest.raises(Unavailable, match="tile/0/000"):
        again.inclusion(3, 600)


def test_takes_no_more_when_tiles_cannot_be_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.office.sequencer.MAX_UNPUBLISHED", 3)
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    fill(one, 0, 4)
    with pytest.raises(Unavailable, match=r"4 entries of .* wait for their tiles"):
        fill(one, 4, 5)
    one.publish()
    fill(one, 4, 5)


def test_requires_to_be_ahead_of_what_others_saw() -> None:
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    fill(one, 0, 4)
    early = opened(one)
    fill(one, 4, 6)
    one.require(early)
    one.require(Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT))
    with pytest.raises(Unavailable, match="has 6 entries, receipts were given for 7"):
        one.require(Checkpoint(ORIGIN, 7, early.root))
    with pytest.raises(Unavailable, match="first 4 entries"):
        one.require(Checkpoint(ORIGIN, 4, bytes(32)))


def test_an_append_raises_what_it_was_refused_for() -> None:
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    assert one.append(Wanted(leaf(0), b"[]")).index == 0
    with pytest.raises(AssayError, match="no entry 1"):
        one.leaf(1)


@pytest.mark.parametrize("damage", [lambda note: note[:40], lambda _: None], ids=["torn", "lost"])
def test_a_checkpoint_that_is_torn_or_lost_is_put_back(damage: Callable[[bytes], bytes | None]) -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    for at in range(3):
        fill(one, at, at + 1)
        one.publish()
    before = tiles.files.pop(CHECKPOINT)
    if (left := damage(before)) is not None:
        tiles.files[CHECKPOINT] = left
    holds(sequencer(ledger, tiles), 3)
    assert tiles.files[CHECKPOINT] == before


def test_a_checkpoint_is_not_put_back_over_tiles_that_are_gone() -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, tiles)
    for at in range(3):
        fill(one, at, at + 1)
        one.publish()
    with pytest.raises(Unavailable, match="checkpoint is missing; nor can it be put back: tile/"):
        sequencer(ledger, MemoryTiles())
    assert CHECKPOINT in tiles.files


def test_an_idle_register_keeps_its_checkpoint_across_a_start(tmp_path: Path) -> None:
    """Its witnesses' signatures with it; nothing is signed anew for nothing."""
    ledger, tiles = SqlLedger.sqlite(tmp_path / "office.sqlite"), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 3)
    one.publish()
    again = sequencer(ledger, tiles, FixedClock(NOW + timedelta(hours=1)))
    assert again.checkpoint() == one.checkpoint() == again.published()


def test_what_was_noted_and_not_published_is_published(tmp_path: Path) -> None:
    ledger, tiles = SqlLedger.sqlite(tmp_path / "office.sqlite"), MemoryTiles()
    one = sequencer(ledger, tiles)
    fill(one, 0, 3)
    one.publish()
    first = tiles.read(CHECKPOINT, limit=10_000)
    later = checkpoint.sign(opened(one), LOG.signing, int(NOW.timestamp()) + 60)
    ledger.publishing(later)  # and a crash
    assert first != later
    sequencer(ledger, tiles).publish()
    assert tiles.read(CHECKPOINT, limit=10_000) == later


def test_refuses_a_time_before_one_that_it_signed(tmp_path: Path) -> None:
    """A database put back by hand, with the leaves of today and the time of yesterday."""

    class Yesterday(SqlLedger):
        def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
            recorded = super().record(wanted, seconds)
            return msgspec.structs.replace(recorded, stamp=recorded.stamp - 86_400)

        def stamp(self, seconds: int) -> int:
            return super().stamp(seconds) - 86_400

    tiles, path = MemoryTiles(), tmp_path / "office.sqlite"
    one = sequencer(SqlLedger.sqlite(path), tiles)
    fill(one, 0, 3)
    one.publish()
    again = sequencer(Yesterday(SqlLedger.sqlite_engine(path)), tiles)
    with pytest.raises(
        Unavailable, match=r"has time \d+ for a signature, one was made at \d+: it is an older copy"
    ):
        fill(again, 3, 4)
    with pytest.raises(Unavailable, match="it is an older copy"):
        again.checkpoint()


@pytest.mark.parametrize(
    "note", [b"not a note", checkpoint.sign(Checkpoint(ORIGIN, 3, bytes(32)), (STRANGER,), 1)]
)
def test_refuses_a_noted_checkpoint_that_it_did_not_sign(note: bytes) -> None:
    ledger, tiles = SqlLedger.memory(), MemoryTiles()
    fill(sequencer(ledger, tiles), 0, 3)
    ledger.publishing(note)
    with pytest.raises(Unavailable, match=r"the checkpoint in the database of .* is damaged"):
        sequencer(ledger, tiles)


def test_what_was_kept_though_its_commit_failed_is_covered_by_the_next_checkpoint() -> None:
    """Whoever asks again is told that it is there, and must get a receipt without waiting for somebody else's entry."""

    class Kept(SqlLedger):
        failing = False

        def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
            recorded = super().record(wanted, seconds)
            if self.failing:
                raise Unavailable("the connection broke after the commit")
            return recorded

    ledger = Kept(SqlLedger.memory_engine())
    one = sequencer(ledger, MemoryTiles())
    fill(one, 0, 2)
    ledger.failing = True
    with pytest.raises(Unavailable, match="the connection broke"):
        fill(one, 2, 3)
    holds(one, 3)


def test_a_register_that_was_stopped_hands_nothing_over() -> None:
    one = sequencer(SqlLedger.memory(), MemoryTiles())
    fill(one, 0, 2)
    one.stop("a witness knows more")
    with pytest.raises(Unavailable, match="a witness knows more"):
        one.hand_over(LOG, None)
    with pytest.raises(Unavailable, match="a witness knows more"):
        fill(one, 2, 3)


def test_cosignatures_that_come_too_late_change_nothing() -> None:
    tiles = MemoryTiles()
    one = sequencer(SqlLedger.memory(), tiles)
    fill(one, 0, 2)
    one.publish()
    early = one.published()
    assert one.cosigned(early)
    fill(one, 2, 3)
    one.publish()
    newest = tiles.read(CHECKPOINT, limit=10_000)
    assert not one.cosigned(early)
    assert tiles.read(CHECKPOINT, limit=10_000) == newest == one.published()


def test_commits_do_not_wait_for_files() -> None:
    """A proof from tiles that take their time keeps nobody from being recorded."""
    reading, go_on = threading.Event(), threading.Event()

    class Slow(MemoryTiles):
        def read(self, path: str, *, limit: int) -> bytes | None:
            if path.startswith("tile/") and reading.is_set():
                assert go_on.wait(20)
            return super().read(path, limit=limit)

    ledger, tiles = SqlLedger.memory(), Slow()
    fill(sequencer(ledger, tiles), 0, 600)
    sequencer(ledger, tiles).publish()
    one = sequencer(ledger, tiles)
    reading.set()
    found: list[tuple[bytes, ...]] = []
    prover = threading.Thread(target=lambda: found.append(one.inclusion(3, 600)))
    prover.start()
    fill(one, 600, 610)
    assert not found
    go_on.set()
    prover.join(20)
    root = merkle.root_of([merkle.leaf_hash(leaf(at)) for at in range(600)])
    proof.verify_inclusion(merkle.leaf_hash(leaf(3)), 3, 600, found[0], root)
