"""A monitor and a mirror that die at each of their writes, kept or lost: what they show afterwards is what they would have shown.

What a process leaves behind is on the disk; what it had in memory is gone.
"""

from pathlib import Path
from typing import Any, get_args

import pytest
from tests.support.fuses import Crash, Fate, Fuse
from tests.support.watched import DUE, Office, beacon, beacon_value

from assay.adapters.monitor_state import MemoryMonitorState, MonitorFolder, held
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.register.leaf import Kind
from assay.tlog import walk
from assay.tlog.equivocation import Equivocation
from assay.tlog.mirror import STATE, Mirror
from assay.tlog.monitor import Look, Monitor, View
from assay.tlog.ports import CHECKPOINT
from assay.tlog.read import TileReader
from assay.tlog.serve import claimed
from assay.tlog.watched import Watched

FATES: tuple[Fate, ...] = ("kept", "lost")
assert set(FATES) < set(get_args(Fate))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few entries are many writes."""
    monkeypatch.setattr(walk, "CHUNK", 1)


class FusedState(MonitorFolder):
    """Both of its writes burn the fuse."""

    def __init__(self, folder: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__(folder)

    def save(self, data: bytes) -> None:
        self.fuse.write(lambda: super(FusedState, self).save(data))

    def keep(self, name: str, data: bytes) -> None:
        self.fuse.write(lambda: super(FusedState, self).keep(name, data))


def history() -> list[Office]:
    """One office at four moments; at the last it shows another past."""
    one = Office().add(260)
    index = one.commit(1, beacon())
    moments = [one.publish().fork()]
    one.rotate("second").add(10).publish()
    moments.append(one.fork())
    one.now = DUE
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())
    one.leaves.append(one.make(time=one.now - 100))
    moments.append(one.publish().fork())
    other = one.fork()
    other.leaves[-1] = other.make(Kind.NOTICE)
    moments.append(other.add(3).rebuilt())
    return moments


MOMENTS = history()


def look(state: Any, office: Office) -> Look:
    return Monitor(state, [MOMENTS[0].keys]).look(View("main", office.store), now=DUE + 1)


def all_looks(state: Any) -> Look:
    found = None
    for office in MOMENTS:
        found = look(state, office)
    assert found is not None
    return found


def test_a_monitor_that_dies_at_any_write_finds_the_same(tmp_path: Path) -> None:
    whole = MemoryMonitorState()
    expected = all_looks(whole)
    assert [alarm.what.partition(":")[0] for alarm in expected.alarms] == [
        f"entry {len(MOMENTS[2].leaves) - 1} is dated 100 s earlier than an entry before it",
        "the register shows two histories",
    ]
    fuse = Fuse(0, "kept")
    folder = tmp_path / "counting"
    with held(folder):
        all_looks(FusedState(folder, fuse))
    assert fuse.count >= 9
    for fate in FATES:
        for at in range(1, fuse.count + 1):
            _dies_once(tmp_path / f"{fate}{at}", Fuse(at, fate), expected, whole)


def _dies_once(folder: Path, fuse: Fuse, expected: Look, whole: MemoryMonitorState) -> None:
    state = FusedState(folder, fuse)
    died = 0
    with held(folder):
        for office in MOMENTS:
            try:
                found = look(state, office)
            except Crash:
                died += 1
                found = look(state, office)  # the same moment again, by a new process
    assert died == 1
    where = f"write {fuse.at} {fuse.fate}"
    assert (found.state, found.alarms, found.unknown) == (expected.state, expected.alarms, ()), where
    assert found.audited == expected.audited
    data = state.load()
    assert data is not None
    assert Watched.parse(data) == Watched.parse(whole.data or b""), where
    for alarm in found.alarms:
        if alarm.evidence:
            Equivocation.parse(state.path(alarm.evidence).read_bytes()).verify(MOMENTS[1].keys)


def copied(store: Any, office: Office) -> str:
    return Mirror(store, [MOMENTS[0].keys]).copy(office.store).state


class FusedStore(MemoryTiles):
    """A disk that outlives its processes; each file is a write of its own."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__()

    def write(self, path: str, data: bytes) -> None:
        self.fuse.write(lambda: super(FusedStore, self).write(path, data))

    def remove(self, path: str) -> None:
        self.fuse.write(lambda: super(FusedStore, self).remove(path))


def shown(store: MemoryTiles) -> dict[str, bytes]:
    """What a mirror shows to others."""
    return {path: data for path, data in store.files.items() if path != STATE}


def test_a_mirror_that_dies_at_any_write_shows_the_same() -> None:
    plain = MemoryTiles()
    assert [copied(plain, office) for office in MOMENTS] == ["fine", "fine", "fine", "alarm"]
    fuse = Fuse(0, "kept")
    counting = FusedStore(fuse)
    for office in MOMENTS:
        copied(counting, office)
    assert fuse.count > 20
    for fate in FATES:
        for at in range(1, fuse.count + 1):
            _mirror_dies_once(FusedStore(Fuse(at, fate)), shown(plain))


def _mirror_dies_once(store: FusedStore, expected: dict[str, bytes]) -> None:
    died, where = 0, f"write {store.fuse.at} {store.fuse.fate}"
    for office in MOMENTS:
        try:
            copied(store, office)
        except Crash:
            died += 1
            _holds(store, where)
            copied(store, office)
        _holds(store, where)
    assert died == 1
    left = shown(store)
    # A crash may leave partial tiles that were on their way out; all that is needed is there and the same.
    assert {path: left.get(path) for path in expected} == expected, where
    assert all(".p/" in path for path in set(left) - set(expected)), where


def _holds(store: MemoryTiles, where: str) -> None:
    """Whoever reads the mirror then finds a whole register, or none yet."""
    if CHECKPOINT not in store.files:
        return
    head = claimed(store.files[CHECKPOINT])
    reader = TileReader(store, head.size, head.root)
    reader.check_edge()
    assert list(reader.entries(0)) == MOMENTS[2].leaves[: head.size], where


def test_two_monitors_do_not_share_a_memory(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with held(folder), pytest.raises(Unavailable, match="another process uses"), held(folder):
        pass
    with held(folder):
        pass
