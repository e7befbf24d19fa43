"""What every state of a witness keeps to, and what the durable one survives."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.support.witnesses import MemoryWitnessState

from assay.adapters.witness_state import SqliteWitnessState
from assay.errors import Unavailable
from assay.tlog.witness import Seen, WitnessState

A, B = "a.example/log", "b.example/log"
FIRST = Seen(5, b"r" * 32, b"note", 100)
NEXT = Seen(8, b"s" * 32, b"later note", 101)


@pytest.fixture(params=["memory", "sqlite"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WitnessState]:
    if request.param == "memory":
        yield MemoryWitnessState()
        return
    made = SqliteWitnessState(tmp_path / "state.sqlite", create=True)
    yield made
    made.close()


def test_knows_nothing_at_first(state: WitnessState) -> None:
    assert state.latest(A) is None
    assert state.stopped(A) == ""
    assert state.forks(A) == ()


def test_compares_and_swaps(state: WitnessState) -> None:
    assert not state.advance(A, FIRST, NEXT)
    assert state.latest(A) is None
    assert state.advance(A, None, FIRST)
    assert not state.advance(A, None, NEXT)
    for other in (
        NEXT,
        msgspec.structs.replace(FIRST, stamp=99),
        msgspec.structs.replace(FIRST, root=b"x" * 32),
    ):
        assert not state.advance(A, other, NEXT)
    assert state.latest(A) == FIRST
    assert state.advance(A, FIRST, NEXT)
    assert state.latest(A) == NEXT
    assert state.latest(B) is None


def test_stops_for_ever_with_the_first_reason(state: WitnessState) -> None:
    state.stop(A, "one")
    state.stop(A, "two")
    assert (state.stopped(A), state.stopped(B)) == ("one", "")


def test_keeps_the_first_forks(state: WitnessState) -> None:
    for size in range(20):
        for _ in range(2):
            state.keep_fork(A, size, b"r" * 32, b"note %d" % size)
    assert state.forks(A) == tuple(b"note %d" % size for size in range(16))
    assert state.forks(B) == ()


def test_one_of_many_wins(tmp_path: Path) -> None:
    states = [SqliteWitnessState(tmp_path / "state.sqlite", create=True) for _ in range(4)]
    won: list[int] = []

    def run(at: int) -> None:
        for size in range(1, 30):
            before = states[at].latest(A)
            new = Seen(size, bytes([at]) * 32, b"note", 100)
            if (before is None or before.size < size) and states[at].advance(A, before, new):
                won.append(size)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(states))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in states:
        one.close()
    assert sorted(won) == sorted(set(won))
    assert max(won) == 29


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "odd ?#% name.sqlite"
    first = SqliteWitnessState(path, create=True)
    assert first.advance(A, None, FIRST)
    first.stop(B, "why")
    second = SqliteWitnessState(path)
    assert (second.latest(A), second.stopped(B)) == (FIRST, "why")
    first.close()
    second.close()


def test_full_synchronisation(tmp_path: Path) -> None:
    state = SqliteWitnessState(tmp_path / "state.sqlite", create=True)
    assert state._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert state._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    state.close()


def test_a_state_never_goes_back(tmp_path: Path) -> None:
    state = SqliteWitnessState(tmp_path / "state.sqlite", create=True)
    state.advance(A, None, NEXT)
    for worse in (FIRST, msgspec.structs.replace(NEXT, stamp=1)):
        with pytest.raises(ValueError, match="never goes back"):
            state.advance(A, NEXT, worse)
    assert state.latest(A) == NEXT
    state.close()


def test_a_missing_state_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"state\.sqlite is missing: without what it cosigned before"):
        SqliteWitnessState(tmp_path / "state.sqlite")
    with pytest.raises(Unavailable, match="cannot open"):
        SqliteWitnessState(tmp_path / "none" / "state.sqlite", create=True)


def test_damage_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"this is no database, and is longer than the header of one" * 100)
    with pytest.raises(Unavailable, match=r"cannot open .*not a database"):
        SqliteWitnessState(path)


@pytest.mark.parametrize("sql", ["DROP TABLE seen", "ALTER TABLE seen RENAME COLUMN root TO toor"])
def test_a_changed_schema_is_unavailable(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "state.sqlite"
    state = SqliteWitnessState(path, create=True)
    with sqlite3.connect(path) as other:
        other.execute(sql)
    other.close()
    with pytest.raises(Unavailable, match="no such"):
        state.latest(A)
    state.close()


def test_a_full_disk_changes_nothing_and_is_got_over(tmp_path: Path) -> None:
    state = SqliteWitnessState(tmp_path / "state.sqlite", create=True)
    state.advance(A, None, FIRST)
    (pages,) = state._connection.execute("PRAGMA page_count").fetchone()
    state._connection.execute(f"PRAGMA max_page_count = {pages}").close()
    large = msgspec.structs.replace(NEXT, note=b"x" * 100_000)
    with pytest.raises(Unavailable, match="full"):
        state.advance(A, FIRST, large)
    assert state.latest(A) == FIRST
    state._connection.execute("PRAGMA max_page_count = 100000").close()
    assert state.advance(A, FIRST, large)
    state.close()
