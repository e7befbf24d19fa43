"""A crash, a full disk or a torn file at any write of a register at work; one oracle re-verifies all of it afterwards.

Everything that was acknowledged is there exactly once, where its receipt says; nothing that was published changed.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.fuses import Crash, Fate, Fuse, FusedLedger, FusedTiles
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint, merkle, proof
from assay.register.merkle import leaf_hash
from assay.tlog.publish import published
from assay.tlog.read import TileReader

KEYS = LOG.public(ORIGIN)
LIFE: tuple[int | str, ...] = (1, "publish", 3, 2, "publish", 250, "publish", 5, "publish", 1, 260, "publish")
"""Batches of so many entries, and publications between them: over the edges of one and of two tiles."""
FATES: tuple[Fate, ...] = ("kept", "lost", "torn")


def opened(folder: Path, fuse: Fuse, late: int = 0) -> Sequencer:
    ledger = FusedLedger(folder / "office.sqlite", fuse)
    clock = FixedClock(NOW + timedelta(seconds=late))
    return Sequencer(ledger, FusedTiles(folder / "register", fuse), LOG, ORIGIN, clock)


def live(one: Sequencer, acknowledged: list[Appended]) -> None:
    for step in LIFE:
        if isinstance(step, int):
            start = len(acknowledged)
            wanted = [Wanted(b"leaf %d of a batch of %d" % (start + n, step), b"[]") for n in range(step)]
            acknowledged += [answer for answer in one.commit(wanted) if isinstance(answer, Appended)]
        else:
            one.publish()


def count() -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        fuse = Fuse(0, "kept")
        live(opened(Path(folder), fuse), [])
        return fuse.count


COUNT = count()
CASES = [pytest.param(at, fate, id=f"write {at} {fate}") for at in range(1, COUNT + 1) for fate in FATES]


def oracle(folder: Path, acknowledged: list[Appended]) -> None:
    """Goes on from what is on disk, publishes, and reads everything back through a stranger's eyes."""
    one = opened(folder, Fuse(0, "kept"), late=-90)
    one.commit([Wanted(b"afterwards", b"[]")])
    one.publish()
    tiles = FolderTiles(folder / "register")
    signed = published(tiles, KEYS)
    assert signed is not None
    head = signed.checkpoint
    assert head == checkpoint.open_(one.checkpoint(), KEYS).checkpoint
    leaves = list(TileReader(tiles, head.size, head.root).entries(0, head.size))
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert merkle.root_of(hashes) == head.root
    assert leaves[-1] == b"afterwards"
    for answer in acknowledged:
        assert leaves[answer.index] == answer.wanted.leaf
        assert leaves.count(answer.wanted.leaf) == 1
    for answer in {one.checkpoint: one for one in acknowledged}.values():
        seen = checkpoint.open_(answer.checkpoint, KEYS)
        assert seen.checkpoint.root == merkle.root_of(hashes[: seen.checkpoint.size])
        assert seen.timestamp <= signed.timestamp
        path = one.consistency(seen.checkpoint.size, head.size)
        proof.verify_consistency(seen.checkpoint.size, head.size, path, seen.checkpoint.root, head.root)
    database = SqlLedger.sqlite(folder / "office.sqlite").head()
    assert (database.edge.size, database.edge.root) == (head.size, head.root)


@pytest.mark.parametrize(("at", "fate"), CASES)
def test_a_crash_at_any_write(at: int, fate: Fate, tmp_path: Path) -> None:
    acknowledged: list[Appended] = []
    with pytest.raises(Crash):
        live(opened(tmp_path, Fuse(at, fate)), acknowledged)
    oracle(tmp_path, acknowledged)


@pytest.mark.parametrize(("at", "fate"), CASES)
def test_a_full_disk_at_any_write(at: int, fate: Fate, tmp_path: Path) -> None:
    """One write fails; the same process tries the step again."""

    class Full(Fuse):
        def write(self, action: Callable[[], Any], tear: Callable[[], None] | None = None) -> Any:
            try:
                return super().write(action, tear)
            except Crash as error:
                raise Unavailable("No space left on device") from error

    acknowledged: list[Appended] = []
    one = opened(tmp_path, Full(at, fate))
    with pytest.raises(Unavailable, match="No space left"):
        live(one, acknowledged)
    one.publish()
    one.commit([Wanted(b"after room was made", b"[]")])
    one.publish()
    oracle(tmp_path, acknowledged)


def test_there_is_something_to_break() -> None:
    assert COUNT > 30
