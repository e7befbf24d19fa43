"""Openings reach their second home before the register is published, and leave both together."""

import pytest
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.memory import FixedClock, MemoryOpenings
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.office.ports import Backing, Openings, Wanted
from assay.office.sequencer import Sequencer
from assay.tlog.ports import CHECKPOINT, TileStore


def sequencer(ledger: SqlLedger, openings: Openings, tiles: TileStore | None = None) -> Sequencer:
    return Sequencer(ledger, tiles or MemoryTiles(), LOG, ORIGIN, FixedClock(NOW), openings)


def fill(one: Sequencer, start: int, end: int) -> None:
    one.commit([Wanted(b"leaf %d" % at, b"[%d]" % at) for at in range(start, end)])


def plain(start: int, end: int) -> tuple[Backing, ...]:
    return tuple(Backing(openings=b"[%d]" % at) for at in range(start, end))


def test_publishing_keeps_openings() -> None:
    held = MemoryOpenings()
    one = sequencer(SqlLedger.memory(), held)
    fill(one, 0, 5)
    assert held.end() == 0
    one.publish()
    assert held.read(0, 5) == plain(0, 5)
    fill(one, 5, 6)
    one.publish()
    assert held.read(0, 6) == plain(0, 6)


def test_what_cannot_be_kept_is_not_published() -> None:
    class Full(MemoryOpenings):
        def write(self, start, backings):  # type: ignore[no-untyped-def]
            raise Unavailable("No space left on device")

    tiles, ledger = MemoryTiles(), SqlLedger.memory()
    one = sequencer(ledger, Full(), tiles)
    fill(one, 0, 5)
    with pytest.raises(Unavailable, match="No space left"):
        one.publish()
    assert tiles.read(CHECKPOINT, limit=10_000) is None
    assert ledger.head().settled == 0


@pytest.mark.parametrize("copied", [0, 3, 5, 8])
def test_a_home_that_is_new_or_an_older_copy_is_made_up_for(copied: int) -> None:
    ledger, tiles, held = SqlLedger.memory(), MemoryTiles(), MemoryOpenings()
    one = sequencer(ledger, MemoryOpenings(), tiles)
    for start, end in ((0, 5), (5, 8), (8, 9)):
        fill(one, start, end)
        one.publish()
    held.write(0, plain(0, copied))
    again = sequencer(ledger, held, tiles)
    fill(again, 9, 10)
    again.publish()
    assert held.read(0, 10) == plain(0, 10)


@pytest.mark.parametrize("published", [True, False])
def test_erases_in_both_places(published: bool) -> None:
    held, ledger = MemoryOpenings(), SqlLedger.memory()
    one = sequencer(ledger, held)
    fill(one, 0, 5)
    if published:
        one.publish()
    for _ in range(2):
        one.erase(3)
        with pytest.raises(Unavailable, match="were erased"):
            ledger.openings(3)
    one.publish()
    assert [backing.openings for backing in held.read(0, 5)] == [b"[0]", b"[1]", b"[2]", None, b"[4]"]
    with pytest.raises(Unavailable, match="no entry 5"):
        one.erase(5)
    assert ledger.openings(2) == b"[2]"


def test_erases_without_a_second_home() -> None:
    ledger = SqlLedger.memory()
    one = Sequencer(ledger, MemoryTiles(), LOG, ORIGIN, FixedClock(NOW))
    fill(one, 0, 2)
    one.erase(1)
    with pytest.raises(Unavailable, match="were erased"):
        ledger.openings(1)


def test_an_erasure_that_died_half_way_is_not_undone() -> None:
    """Gone from the second home, still in the database: keeping it again must not bring it back."""
    held, ledger, tiles = MemoryOpenings(), SqlLedger.memory(), MemoryTiles()
    one = sequencer(ledger, held, tiles)
    fill(one, 0, 5)
    one.publish()
    held.erase(4)
    again = sequencer(ledger, held, tiles)
    fill(again, 5, 6)
    again.publish()
    assert held.read(4, 5)[0].openings is None
