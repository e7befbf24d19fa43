"""A mirror keeps what a signed root vouches for, goes forward only, and shows what its source showed."""

from collections.abc import Callable

import pytest
from tests.support.watched import DUE, Office, beacon, beacon_value

from assay.adapters.monitor_state import MemoryMonitorState
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.register.leaf import Kind
from assay.tlog.equivocation import Equivocation
from assay.tlog.mirror import STATE, Copied, Kept, Mirror
from assay.tlog.monitor import Monitor, View


def files(office: Office) -> dict[str, bytes]:
    assert isinstance(office.store, MemoryTiles)
    return office.store.files


class Copy:
    def __init__(self, office: Office) -> None:
        self.store = MemoryTiles()
        self.mirror = Mirror(self.store, [office.keys])

    def copy(self, office: Office) -> Copied:
        return self.mirror.copy(office.store)

    def fine(self, office: Office) -> Copied:
        found = self.copy(office)
        assert (found.state, found.alarms, found.unknown) == ("fine", (), ())
        assert self.store.files["checkpoint"] == files(office)["checkpoint"]
        return found

    def stays(self, office: Office) -> Copied:
        """Whatever happens, what others see of this mirror does not change."""
        before = {path: data for path, data in self.store.files.items() if path == "checkpoint"}
        found = self.copy(office)
        assert {path: data for path, data in self.store.files.items() if path == "checkpoint"} == before
        assert found.state != "fine"
        return found


def audited(copy: Copy, office: Office) -> None:
    """A monitor finds in the copy all that it finds in the office."""
    look = Monitor(MemoryMonitorState(), [office.keys]).look(View("copy", copy.store), now=office.now)
    assert (look.state, look.alarms, look.unknown) == ("fine", (), ())
    assert look.audited == len(office.leaves)


@pytest.mark.parametrize("sizes", [(1, 1, 300), (255, 1, 1, 255), (256, 256), (700, 3)])
def test_a_copy_is_a_register_that_a_monitor_accepts(sizes: tuple[int, ...]) -> None:
    one = Office()
    copy = Copy(one)
    for size in sizes:
        one.add(size).publish()
        found = copy.fine(one)
        assert found.size == len(one.leaves)
        audited(copy, one)
    assert copy.fine(one).new == 0
    tiles = {path for path in files(one) if path.startswith("tile/")}
    assert {path: copy.store.files[path] for path in tiles} == {path: files(one)[path] for path in tiles}


def test_only_new_bundles_are_read() -> None:
    one = Office().add(600).publish()
    copy = Copy(one)
    copy.fine(one)
    one.add(2).publish()
    reads: list[str] = []
    inner = one.store.read
    one.store.read = lambda path, *, limit: reads.append(path) or inner(path, limit=limit)  # type: ignore[method-assign, func-returns-value]
    copy.fine(one)
    assert [path for path in reads if "entries" in path] == ["tile/entries/002.p/91"]


def test_documents_and_handovers_travel_along() -> None:
    one = Office().add(9)
    index = one.commit(1, beacon())
    one.publish().rotate("second")
    one.now = DUE
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())
    one.publish()
    late = {path: data for path, data in files(one).items() if path.startswith("document/")}
    (gone, *_) = late
    del files(one)[gone]
    copy = Copy(one)
    found = copy.copy(one)
    assert found.state == "fine"
    assert [f"document/{digest.replace(':', '/')}" for digest in found.waiting] == [gone]
    files(one)[gone] = late[gone] + b" "
    assert copy.copy(one).waiting == found.waiting  # another document is not the one
    files(one)[gone] = late[gone]
    assert copy.fine(one).waiting == ()
    assert {path: copy.store.files[path] for path in late} == late
    audited(copy, one)


def lost(path: str) -> Callable[[Office], object]:
    return lambda one: files(one).pop(path)


def flipped(path: str) -> Callable[[Office], object]:
    def flip(one: Office) -> None:
        data = bytearray(files(one)[path])
        data[len(data) // 2] ^= 1
        files(one)[path] = bytes(data)

    return flip


@pytest.mark.parametrize(
    "damage",
    [
        *(lost(path) for path in ("checkpoint", "tile/entries/000", "tile/0/000", "tile/entries/001.p/145")),
        *(flipped(path) for path in ("tile/entries/000", "tile/0/000", "tile/0/001.p/145", "tile/entries/001.p/145")),
        flipped("tile/1/000.p/1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [0, 9])
def test_damage_is_not_kept(damage: Callable[[Office], object], before: int) -> None:
    one = Office()
    copy = Copy(one)
    if before:
        one.add(before).publish()
        copy.fine(one)
    one.add(400 - before).publish()
    damage(one)
    assert copy.stays(one).unknown
    one.rebuilt()
    copy.fine(one)
    audited(copy, one)


def test_a_source_that_goes_back_is_not_followed() -> None:
    one = Office().add(9).publish()
    old = one.fork()
    copy = Copy(one)
    one.add(300).publish()
    copy.fine(one)
    says = "the source shows an older checkpoint, of size 10; this mirror stays at 310"
    assert copy.stays(old).unknown == (says,)  # as a copy on the way does that was not renewed
    old.now += 1
    assert isinstance(old.store, MemoryTiles)
    old.store.files["checkpoint"] = old.note()
    assert copy.stays(old).alarms == ("the source went back to size 10; this mirror stays at 310",)


def test_an_older_signature_or_fewer_of_them_take_nothing_s_place() -> None:
    one = Office().add(9).publish()
    copy = Copy(one)
    copy.fine(one)
    first = copy.store.files["checkpoint"]
    assert isinstance(one.store, MemoryTiles)
    one.store.files["checkpoint"] = first + b"\xe2\x80\x94 witness.example/w1 AAAAAAAAAAAAAAAA\n"
    more = copy.copy(one)
    assert (more.state, copy.store.files["checkpoint"]) == ("fine", one.store.files["checkpoint"])
    one.now -= 1
    for older in (first, one.note()):
        kept = copy.store.files["checkpoint"]
        one.store.files["checkpoint"] = older
        assert copy.copy(one).state == "fine"
        assert copy.store.files["checkpoint"] == kept


@pytest.mark.parametrize("growth", [0, 5, 500])
@pytest.mark.parametrize("back", [False, True])
def test_a_second_history_is_refused_and_proven(growth: int, back: bool) -> None:
    one = Office().add(20).publish()
    other = one.fork()
    other.leaves[3] = other.make(Kind.NOTICE)
    other.add(growth).rebuilt()
    copy = Copy(one)
    copy.fine(other if back else one)
    found = copy.stays(one if back else other)
    assert "the register shows two histories" in found.alarms[0]
    (path,) = found.evidence
    Equivocation.parse(copy.store.files[path]).verify(one.keys)


def test_another_key_or_register_is_refused() -> None:
    one = Office().add(9).publish()
    copy = Copy(one)
    assert "under a known key" in copy.copy(Office("stranger").publish()).alarms[0]
    assert "not among those trusted" in copy.copy(Office("log", "other.example/1").publish()).alarms[0]
    copy.fine(one)
    assert "this is a mirror of" in copy.stays(Office("log", "other.example/1").publish()).alarms[0]


def test_keys_that_change_behind_everybody_s_back_are_not_followed() -> None:
    one = Office().add(9).publish()
    copy = Copy(one)
    copy.fine(one)
    one.rotate("second", hand_over=False).add(1).publish()
    assert "key-change/11" in copy.stays(one).unknown[0]


@pytest.mark.parametrize("newest", [False, True])
def test_a_late_mirror_of_a_register_whose_keys_changed(newest: bool) -> None:
    one = Office().add(300)
    first = one.fork()
    one.rotate("second").add(3).publish().rotate("third").add(1).publish()
    copy = Copy(one if newest else first)
    copy.fine(one)
    audited(copy, one)
    one.add(1).publish()
    copy.fine(one)


def test_a_damaged_memory_is_told_and_proven_anew() -> None:
    one = Office().add(300).publish()
    copy = Copy(one)
    copy.fine(one)
    copy.store.files[STATE] = b"{}"
    with pytest.raises(Unavailable, match=r"what this mirror remembers is damaged.*remove mirror\.json"):
        copy.copy(one)
    del copy.store.files[STATE]
    copy.fine(one)
    kept = Kept.parse(copy.store.files[STATE])
    assert kept.edge.size == 256
    assert Kept.parse(kept.encode()) == kept


def test_a_checkpoint_of_its_own_that_does_not_hold_is_told() -> None:
    one = Office().add(9).publish()
    copy = Copy(one)
    copy.fine(one)
    copy.store.files["checkpoint"] = Office("stranger").note()
    with pytest.raises(Unavailable, match="this mirror's own checkpoint does not hold"):
        copy.copy(one)
