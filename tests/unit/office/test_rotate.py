"""The register's keys are replaced, whatever happens in between."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.fuses import Crash, Fuse, FusedBlobs, FusedLedger, FusedTiles
from tests.support.offices import LOG, NOW, ORIGIN, bundle, key, office

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable
from assay.office import rotate
from assay.office.advance import advance
from assay.office.log import receipt
from assay.office.office import Office
from assay.office.ports import Wanted
from assay.office.sequencer import Sequencer
from assay.office.submit import submit
from assay.register.identity import LogSecrets
from assay.register.rotation import KeyChange, KeyHistory
from assay.tlog.keyring import handover_path

NEW = LogSecrets(
    ed25519=key("ed25519", "log 2"), ml_dsa_44=key("ml-dsa-44", "log 2"), entry=key("ed25519", "entry 2")
)


def sequencer(one: Office) -> Sequencer:
    assert isinstance(one.register, Sequencer)
    return one.register


def history(one: Office, tiles: FolderTiles, size: int) -> KeyHistory:
    note = tiles.read(handover_path(size), limit=100_000)
    assert note is not None
    change = KeyChange(
        index=size - 1,
        leaf=one.register.leaf(size - 1),
        proof=one.register.inclusion(size - 1, size),
        checkpoint=note,
        consistency=one.register.consistency(1, size),
    )
    return KeyHistory.follow(one.register.leaf(0), [change], LOG.public(ORIGIN))


def test_old_and_new_receipts_verify_and_a_stranger_can_follow(tmp_path: Path) -> None:
    tiles = FolderTiles.make(tmp_path / "register")
    ledger = SqlLedger.sqlite(tmp_path / "office.sqlite")
    one = office(ledger=ledger, tiles=tiles)
    final = advance(one, submit(one, bundle()))
    early = receipt(one, final.entry)
    after = rotate.rotate(one, sequencer(one), NEW)
    size = after.register.size()
    later = advance(after, submit(after, bundle(serial=2)))
    seen = history(after, tiles, size)
    assert seen.newest.keys == NEW.public(ORIGIN)
    seen.verify(early)
    for index in (0, final.entry, size - 1, later.entry):
        seen.verify(receipt(after, index))
    after.register.publish()
    assert ledger.head().edge.size == size + 4
    again = Sequencer(ledger, tiles, NEW, ORIGIN, one.clock)
    assert again.size() == size + 4


def test_keys_may_be_replaced_again_and_again() -> None:
    """More often than a checkpoint may carry keys; receipts of all times hold for who trusts all of them."""
    one = office()
    for number in range(10):
        new = LogSecrets(
            ed25519=key("ed25519", f"log {number} of many"),
            ml_dsa_44=key("ml-dsa-44", f"log {number} of many"),
            entry=key("ed25519", f"entry {number} of many"),
        )
        one = rotate.rotate(one, sequencer(one), new)
    assert len(one.keys.ed25519) == 11
    assert [receipt(one, index).index for index in (0, 1, 10)] == [0, 1, 10]


def test_nothing_is_signed_while_a_change_is_not_finished(tmp_path: Path) -> None:
    class Broken(FolderTiles):
        def write(self, path: str, data: bytes) -> None:
            raise Unavailable("No space left on device")

    one = office(tiles=Broken(FolderTiles.make(tmp_path / "register").folder))
    with pytest.raises(Unavailable, match="No space left"):
        rotate.rotate(one, sequencer(one), NEW)
    with pytest.raises(Unavailable, match="was begun and not finished"):
        one.register.append(Wanted(b"next", b"[]"))


def test_the_checkpoint_at_the_change_stays_signed_by_both_across_a_start(tmp_path: Path) -> None:
    """A receipt under one that the new keys signed alone would not hold for whoever follows the keys."""
    tiles = FolderTiles.make(tmp_path / "register")
    ledger = SqlLedger.sqlite(tmp_path / "office.sqlite")
    one = office(ledger=ledger, tiles=tiles)
    after = rotate.rotate(one, sequencer(one), NEW)
    seen = history(after, tiles, after.register.size())
    again = Sequencer(ledger, tiles, NEW, ORIGIN, FixedClock(NOW + timedelta(hours=1)))
    seen.open_(again.checkpoint())
    seen.verify(receipt(msgspec.structs.replace(after, register=again), 0))


def opened(folder: Path, fuse: Fuse) -> Office:
    return office(
        FusedBlobs(FolderBlobs(folder / "blobs"), fuse),
        FusedLedger(folder / "office.sqlite", fuse),
        tiles=FusedTiles(folder / "register", fuse),
    )


def begun(folder: Path) -> None:
    one = opened(folder, Fuse(0, "kept"))
    one.register.publish()
    submit(one, bundle())


def writes() -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        begun(Path(folder))
        fuse = Fuse(0, "kept")
        one = opened(Path(folder), fuse)
        rotate.rotate(one, sequencer(one), NEW)
        return fuse.count


@pytest.mark.parametrize("fate", ["kept", "lost", "torn"])
@pytest.mark.parametrize("at", range(1, writes() + 1))
def test_a_crash_at_any_write(at: int, fate: Any, tmp_path: Path) -> None:
    begun(tmp_path)
    one = opened(tmp_path, Fuse(at, fate))
    with pytest.raises(Crash):
        rotate.rotate(one, sequencer(one), NEW)
    again = opened(tmp_path, Fuse(0, "kept"))
    done = rotate.resume(again, sequencer(again), NEW) or rotate.rotate(again, sequencer(again), NEW)
    size = done.register.size()
    assert size == 3
    done.register.append(Wanted(b"under the new keys", b"[]"))
    done.register.publish()
    tiles = FolderTiles(tmp_path / "register")
    assert history(done, tiles, size).newest.keys == NEW.public(ORIGIN)
    Sequencer(SqlLedger.sqlite(tmp_path / "office.sqlite"), tiles, NEW, ORIGIN, done.clock)


def test_an_office_that_changed_nothing_resumes_nothing() -> None:
    one = office()
    assert rotate.resume(one, sequencer(one), NEW) is None
    assert msgspec.structs.asdict(one)["keys"] == LOG.public(ORIGIN)
