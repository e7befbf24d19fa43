"""A monitor's looks: what is fine, what is an alarm, and what could not be told, each in one clear line."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.support.signing import private
from tests.support.stranger import two_histories
from tests.support.watched import DUE, Office, beacon, beacon_value

from assay.adapters.monitor_state import MemoryMonitorState
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Malformed, Untrusted
from assay.register import checkpoint
from assay.register.body import Checkpoint
from assay.register.drand import QUICKNET
from assay.register.draw import NOT_VERIFIABLE, Beacon
from assay.register.edge import Edge
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.tlog import keyring, monitor, watched
from assay.tlog.draw_watch import GRACE_S, Rounds
from assay.tlog.equivocation import Equivocation
from assay.tlog.keyring import handover_path
from assay.tlog.monitor import Look, Monitor, View


class Watcher:
    """A monitor of one office, with its memory."""

    def __init__(self, office: Office, *, keys: LogKeys | None = None, rounds: Rounds | None = None) -> None:
        self.state = MemoryMonitorState()
        self.monitor = Monitor(self.state, [keys or office.keys], rounds=rounds)

    def look(self, office: Office, *others: Office, now: int | None = None) -> Look:
        views = [View(f"view {at}", other.store) for at, other in enumerate(others, 1)]
        return self.monitor.look(View("main", office.store), views, now=office.now if now is None else now)

    def fine(self, office: Office, *others: Office) -> Look:
        found = self.look(office, *others)
        assert (found.state, found.alarms, found.unknown) == ("fine", (), ())
        return found

    def alarm(self, office: Office, *others: Office, now: int | None = None) -> str:
        """The only one."""
        found = self.look(office, *others, now=now)
        assert (found.state, found.unknown) == ("alarm", ())
        (alarm,) = found.alarms
        return alarm.what

    def unknown(self, office: Office, *others: Office) -> str:
        found = self.look(office, *others)
        assert (found.state, found.alarms) == ("unknown", ())
        (line,) = found.unknown
        return line


def files(office: Office) -> dict[str, bytes]:
    assert isinstance(office.store, MemoryTiles)
    return office.store.files


def office(entries: int = 9) -> Office:
    return Office().add(entries).publish()


def test_an_honest_office_is_fine_and_only_new_entries_are_read() -> None:
    one = office(600)
    watcher = Watcher(one)
    assert watcher.fine(one).new == 601
    assert watcher.fine(one).new == 0
    for growth in (1, 255, 257, 3):
        one.add(growth).publish()
        found = watcher.fine(one)
        assert (found.new, found.audited, found.size) == (growth, len(one.leaves), len(one.leaves))
        assert found.root == one.root()
    reads: list[str] = []
    one.add(2).publish()
    assert isinstance(one.store, MemoryTiles)
    inner = one.store.read
    one.store.read = lambda path, *, limit: reads.append(path) or inner(path, limit=limit)  # type: ignore[method-assign, func-returns-value]
    watcher.fine(one)
    assert [path for path in reads if "entries" in path] == ["tile/entries/004.p/95"]


def test_a_register_that_is_empty_or_begins() -> None:
    one = Office()
    watcher = Watcher(one)
    assert watcher.unknown(one) == "main: there is no checkpoint"
    files(one)["checkpoint"] = one.note(0)
    assert watcher.unknown(one) == "main: the register is empty, expected genesis at least"
    one.publish()
    assert watcher.fine(one).audited == 1


def changed(path: str, change: Callable[[bytearray], Any]) -> Callable[[Office], None]:
    def apply(one: Office) -> None:
        data = bytearray(files(one)[path])
        change(data)
        assert bytes(data) != files(one)[path]
        files(one)[path] = bytes(data)

    return apply


def flip(at: int) -> Callable[[bytearray], Any]:
    return lambda data: data.__setitem__(at, data[at] ^ 1)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        pytest.param(changed("tile/entries/000", flip(400)), "tile/entries/000: entry 0 is not the one", id="entry 0"),
        pytest.param(changed("tile/entries/000", flip(-1)), "tile/entries/000: entry 255 is not the one", id="last byte"),
        pytest.param(changed("tile/entries/001.p/44", flip(-1)), "entry 299 is not the one", id="an entry at the edge"),
        pytest.param(changed("tile/entries/000", lambda d: d.pop()), "ends within entry 255", id="short bundle"),
        pytest.param(changed("tile/entries/000", lambda d: d.extend(b"x")), "1 bytes after entry 255", id="long bundle"),
        pytest.param(changed("tile/0/000", flip(5)), "tile/0/000 is not what the entries below it", id="hash tile"),
        pytest.param(changed("tile/0/001.p/44", flip(5)), "lead to root", id="hash tile at the edge"),
        pytest.param(changed("tile/1/000.p/1", flip(5)), "lead to root", id="tile above"),
        pytest.param(changed("checkpoint", lambda d: d.pop()), "does not end with a newline", id="checkpoint"),
        pytest.param(lambda o: files(o).pop("tile/entries/000"), "tile/entries/000 is missing", id="no bundle"),
        pytest.param(lambda o: files(o).pop("tile/0/000"), "tile/0/000 is missing", id="no tile"),
        pytest.param(lambda o: files(o).pop("checkpoint"), "there is no checkpoint", id="no checkpoint"),
    ],
)  # fmt: skip
def test_damage_is_named_and_is_neither_fine_nor_an_accusation(
    damage: Callable[[Office], object], says: str
) -> None:
    one = office(299)
    damage(one)
    watcher = Watcher(one)
    assert says in watcher.unknown(one)
    assert watcher.fine(one.rebuilt()).audited == 300  # put right, it is read from where it was good


def test_a_leaf_rewritten_in_every_file_is_found_by_its_root() -> None:
    """Entry and hash tiles agree with each other; the signed root does not."""
    one, other = office(9), office(9)
    other.leaves[5] = other.make(Kind.NOTICE)
    other.rebuilt()
    for path in files(one):
        if path.startswith("tile/"):
            files(one)[path] = files(other)[path]
    assert "lead to root" in Watcher(one).unknown(one)


def test_a_leaf_rewritten_and_signed_anew_is_proven() -> None:
    one = office(300)
    watcher = Watcher(one)
    watcher.fine(one)
    before = files(one)["checkpoint"]
    one.leaves[5] = one.make(Kind.NOTICE)
    one.add(10).rebuilt()
    what = "the register shows two histories: the checkpoint of size 311 does not contain the one of size 301"
    assert watcher.alarm(one) == what
    ((name, evidence),) = watcher.state.evidence.items()
    assert watcher.look(one).alarms[0].evidence == name
    proof = Equivocation.parse(evidence)
    assert proof.first == before
    first, second = proof.verify(one.keys)
    assert (first.size, second.size) == (301, 311)


def test_a_leaf_dropped_from_the_end_is_proven() -> None:
    one = office(20)
    watcher = Watcher(one)
    watcher.fine(one)
    one.leaves.pop()
    one.add(1)  # another one in its place
    one.leaves[-1] = one.make(Kind.NOTICE)
    one.rebuilt()
    assert "two checkpoints of size 21 have different roots" in watcher.alarm(one)
    ((_, evidence),) = watcher.state.evidence.items()
    first, second = Equivocation.parse(evidence).verify(one.keys)
    assert first.size == second.size == 21
    assert first.root != second.root
    # For ever, whatever the office shows from then on.
    one.add(5).publish()
    assert "two histories" in watcher.look(one).alarms[0].what


def test_a_checkpoint_that_goes_back_is_told_while_it_does() -> None:
    one = office(9)
    old = one.fork()
    one.add(5).publish()
    watcher = Watcher(one)
    watcher.fine(one)
    files(one)["checkpoint"] = files(old)["checkpoint"]  # as a copy on the way does that was not renewed
    says = "main: shows an older checkpoint, of size 10, than the one of size 15 seen before"
    assert watcher.unknown(one) == says
    one.now += 1
    files(one)["checkpoint"] = one.note(10)  # as only the register can
    assert watcher.alarm(one) == "main: the checkpoint went back from size 15 to 10"
    files(one)["checkpoint"] = one.note()
    watcher.fine(one)


def test_a_shorter_history_shown_once_is_not_forgotten() -> None:
    one = office(9)
    other = one.fork()
    other.leaves[3] = other.make(Kind.NOTICE)
    other.rebuilt()
    one.add(300).publish()
    watcher = Watcher(one)
    watcher.fine(one)
    assert watcher.look(other).state == "unknown"  # its files cannot tell what the longer tree began with
    assert "does not contain the one of size 10" in watcher.alarm(one)
    assert len(watcher.state.evidence) == 1


def test_more_checkpoints_than_can_be_remembered_are_not_fine() -> None:
    one = office(9)
    ahead = one.fork()
    watcher = Watcher(one)
    for _ in range(monitor.MAX_SEEN):
        watcher.fine(one, ahead.add(1).publish())
    assert watcher.fine(one, ahead).views == (monitor.Shown("view 1", 26, one.now),)
    says = "the checkpoint of size 27 is not remembered: 16 others wait to be compared"
    assert watcher.unknown(one, ahead.add(1).publish()) == says
    watcher.fine(ahead)


def test_a_memory_that_does_not_agree_with_itself() -> None:
    one = office(9)
    watcher = Watcher(one)
    watcher.fine(one)
    assert watcher.state.data is not None
    kept = watched.Watched.parse(watcher.state.data)
    leaves = [leaf_hash(entry) for entry in one.leaves]
    for edge in (Edge().extend(leaves[:-1] + leaves[:1]).after, Edge().extend(leaves * 2).after):
        watcher.state.data = msgspec.structs.replace(kept, edge=edge).encode()
        with pytest.raises(
            Malformed, match=f"the {edge.size} entries audited are not those of its checkpoint"
        ):
            watcher.look(one)


def test_a_memory_of_another_register() -> None:
    watcher = Watcher(office(9))
    watcher.fine(office(9))
    other = Office(origin="other.example/1").publish()
    monitor_ = Monitor(watcher.state, [other.keys])
    with pytest.raises(Untrusted, match="this monitor's memory is of another register: 'register"):
        monitor_.look(View("main", other.store), now=other.now)


def test_the_age_of_a_checkpoint() -> None:
    one = office(9)
    limited = Monitor(MemoryMonitorState(), [one.keys], max_age_s=60)
    main = View("main", one.store)
    assert limited.look(main, now=one.now + 60).state == "fine"
    found = limited.look(main, now=one.now + 61)
    assert found.unknown == ("main: the newest checkpoint was signed 61 s ago, over 60 s",)
    found = limited.look(main, now=one.now - 301)  # which of the two clocks is wrong, nobody can say
    assert found.unknown == (
        "main: the checkpoint is dated 301 s in the future: its clock is wrong, or this one",
    )


def test_what_hides_a_change_of_keys_accuses_nobody() -> None:
    one = office(400)
    watcher = Watcher(one)
    one.rotate("second").add(1).publish()
    for damage in ("tile/entries/000", "tile/0/000"):
        kept = files(one)[damage]
        files(one)[damage] = bytes(len(kept))
        assert "damage" in watcher.unknown(one) or damage in watcher.unknown(one)
        files(one)[damage] = kept
    watcher.fine(one)
    other = Office("stranger")
    huge = Checkpoint(one.origin, keyring.MAX_SCAN + 2, bytes(32))
    files(one)["checkpoint"] = checkpoint.sign(huge, other.signing, one.now)
    assert "a change of keys is looked for in 1,048,576 entries at most" in Watcher(one).unknown(one)


def test_another_history_that_is_shorter_is_proven_by_the_longer_one() -> None:
    one = office(9)
    other = one.fork()
    other.leaves[3] = other.make(Kind.NOTICE)
    other.rebuilt()
    one.add(5).publish()
    watcher = Watcher(one)
    watcher.fine(one)
    assert watcher.alarm(one, other).startswith("the register shows two histories: the checkpoint of size 15")
    ((_, evidence),) = watcher.state.evidence.items()
    Equivocation.parse(evidence).verify(one.keys)


@pytest.mark.parametrize("ahead", [0, 3, 300])
def test_two_views_of_one_history_agree(ahead: int) -> None:
    one = office(9)
    other = one.fork().add(ahead).publish()
    watcher = Watcher(one)
    watcher.fine(one, other)
    watcher.fine(other, one)


@pytest.mark.parametrize("growth", [0, 4, 400])
def test_two_views_of_two_histories_are_proven(growth: int) -> None:
    one = office(9)
    other = one.fork()
    one.add(2).publish()
    other.leaves.append(other.make(Kind.NOTICE))
    other.add(1 + growth).publish()
    watcher = Watcher(one)
    assert "the register shows two histories" in watcher.alarm(one, other)
    ((_, evidence),) = watcher.state.evidence.items()
    Equivocation.parse(evidence).verify(one.keys)


def test_what_was_seen_elsewhere_must_become_part_of_the_register() -> None:
    """A view shows a longer history once and is gone; the register then grows another way."""
    one = office(9)
    other = one.fork()
    other.add(3).publish()
    watcher = Watcher(one)
    watcher.fine(one, other)
    one.leaves.append(one.make(Kind.NOTICE))
    one.add(6).publish()
    assert "two histories" in watcher.alarm(one)


def test_a_view_ahead_that_has_new_keys_already_agrees() -> None:
    one = office(9)
    other = one.fork().rotate("second").add(2).publish()
    watcher = Watcher(one)
    watcher.fine(one, other)
    watcher.fine(one, other)
    assert watcher.fine(other, one).audited == 13


def test_a_second_history_with_other_keys_is_proven_too() -> None:
    one = office(9)
    other = one.fork()
    other.leaves[3] = other.make(Kind.NOTICE)
    other.rebuilt().rotate("second").add(2).publish()
    watcher = Watcher(one)
    assert "two histories" in watcher.alarm(one, other)
    ((_, evidence),) = watcher.state.evidence.items()
    Equivocation.parse(evidence).verify(one.keys, later=other.keys)
    assert "two histories" in watcher.alarm(one)


class Growing:
    """A log that goes on between one request and the next, and keeps no partial tile that it does not need."""

    def __init__(self, before: Office, after: Office) -> None:
        self.before, self.after = files(before)["checkpoint"], after.store

    def read(self, path: str, *, limit: int) -> bytes | None:
        if path == "checkpoint" and self.before:
            old, self.before = self.before, b""
            return old
        return self.after.read(path, limit=limit)


@pytest.mark.parametrize(("size", "growth"), [(9, 20), (200, 300), (255, 1), (256, 1), (300, 10)])
def test_a_register_that_grows_while_it_is_read(size: int, growth: int) -> None:
    one = office(size)
    grown = one.fork().add(growth).rebuilt()
    found = Watcher(one).monitor.look(View("main", Growing(one, grown)), now=one.now)
    assert (found.state, found.audited, found.unknown) == ("fine", size + 1, ())


def test_a_view_that_cannot_be_read_is_not_fine() -> None:
    one = office(9)
    assert Watcher(one).unknown(one, Office()) == "view 1: there is no checkpoint"


def test_a_key_that_is_not_trusted() -> None:
    one = office(9)
    other = Office("stranger").add(3).publish()
    watcher = Watcher(one)
    assert "lacks a signature by ed25519 and ml-dsa-44 under a known key" in watcher.alarm(other)
    watcher.fine(one)
    assert "under a known key" in watcher.alarm(one, other)


def test_another_register_under_the_same_address() -> None:
    one, other = office(9), Office("log", "other.example/1").add(3).publish()
    watcher = Watcher(one)
    assert "register 'other.example/1' is not among those trusted" in watcher.alarm(other)
    watcher.fine(one)
    assert (
        watcher.alarm(other) == "main: checkpoint is of 'other.example/1', expected 'register.example/3f9c'"
    )


def test_one_signature_of_two_is_not_enough() -> None:
    one = office(9)
    files(one)["checkpoint"] = one.note(keys=one.signing[:1])
    assert "lacks a signature by ml-dsa-44" in Watcher(one).alarm(one)


def test_a_register_that_says_it_is_another_than_the_one_trusted() -> None:
    """The trusted keys sign its checkpoints; its own genesis names others."""
    one, trusted = Office("other"), Office()
    one.signing = trusted.signing
    files(one)["checkpoint"] = one.note()
    one.add(4)
    one.keys = trusted.keys
    assert Watcher(trusted).alarm(one.rebuilt()) == (
        "main: the keys that register 'register.example/3f9c' states of itself are not those trusted"
    )


def test_times_of_checkpoints() -> None:
    one = office(9)
    watcher = Watcher(one)
    one.now += 100
    files(one)["checkpoint"] = one.note()
    watcher.fine(one)
    one.now -= 50
    files(one)["checkpoint"] = one.note()
    assert watcher.fine(one).stamp == one.now + 50  # the same tree, signed earlier
    one.add(1)
    one.published += 1
    files(one).update(files(one.fork().rebuilt()))
    says = "the checkpoint of size 11 is dated 50 s before that of size 10"
    assert watcher.alarm(one) == says
    one.now += 1000
    one.add(1)
    files(one).update(files(one.fork().rebuilt()))
    found = watcher.look(one, now=one.now - 301)
    assert [alarm.what for alarm in found.alarms][:1] == [says]
    assert "main: the checkpoint is dated 301 s in the future" in found.unknown[0]


def bad_entry(one: Office) -> None:
    one.leaves.append(one.make(key=private("ed25519", "thief")))


def not_an_entry(one: Office) -> None:
    one.leaves.append(b"what is this")


def back_in_time(one: Office) -> None:
    one.leaves.append(one.make(time=one.now - 6))


def from_the_future(one: Office) -> None:
    one.leaves.append(one.make(time=one.now + 301))


def second_genesis(one: Office) -> None:
    one.leaves.append(one.leaves[0])


@pytest.mark.parametrize(
    ("cheat", "says"),
    [
        (bad_entry, "entry 10: entry is signed by key"),
        (not_an_entry, "entry 10: entry is not CBOR"),
        (back_in_time, "entry 10 is dated 6 s earlier than an entry before it"),
        (from_the_future, "entry 10 is dated 301 s after the checkpoint it stands in"),
        (second_genesis, "entry 10 is of kind genesis; genesis is entry 0 and nothing else"),
    ],
)
@pytest.mark.parametrize("seen", [True, False])
def test_entries_that_do_not_hold(cheat: Callable[[Office], None], says: str, seen: bool) -> None:
    one = office(9)
    watcher = Watcher(one)
    if seen:
        watcher.fine(one)
    cheat(one)
    one.add(300).publish()
    assert says in watcher.alarm(one)
    one.add(1).publish()
    assert says in watcher.alarm(one)  # the alarm stays


def test_small_steps_back_in_time_are_allowed() -> None:
    one = office(9)
    one.leaves.append(one.make(time=one.now - 5))
    Watcher(one).fine(one.publish())


def test_a_register_that_does_not_begin_with_genesis() -> None:
    one = Office()
    one.leaves[0] = one.make()
    found = Watcher(one).look(one.publish())
    assert "genesis is entry 0 and nothing else" in found.alarms[0].what
    assert found.state == "alarm"


def test_keys_change_and_are_followed() -> None:
    one = office(5)
    watcher = Watcher(one)
    watcher.fine(one)
    old = one.keys
    one.rotate("second")
    assert watcher.fine(one).new == 1
    watcher.fine(one.add(3).publish())
    one.rotate("third").add(2).publish()
    watcher.fine(one)
    for keys in (old, one.keys):  # who trusts the first keys, or the newest, sees all of it
        late = Watcher(one, keys=keys)
        assert late.fine(one).audited == len(one.leaves)
        late.fine(one.add(1).publish())


def test_keys_change_behind_everybody_s_back() -> None:
    one = office(5)
    watcher = Watcher(one)
    watcher.fine(one)
    one.rotate("second", hand_over=False).add(1).publish()
    assert watcher.unknown(one).endswith(
        "the checkpoint that old and new ones signed is missing: key-change/7"
    )
    one.now += 1
    files(one)[handover_path(7)] = one.note(7)  # by the new keys alone
    assert "under the old keys" in watcher.alarm(one)


def test_retired_keys_sign_nothing_any_more() -> None:
    one = office(5)
    old, entry = one.signing, one.entry
    watcher = Watcher(one)
    one.rotate("second").add(1).publish()
    watcher.fine(one)
    one.leaves.append(one.make(key=entry))
    one.publish()
    assert "entry 8: entry is signed by key" in watcher.alarm(one)
    watcher = Watcher(one)
    one.add(1).publish()
    files(one)["checkpoint"] = one.note(keys=old)
    assert "under a known key" in Watcher(one, keys=one.keys).alarm(one)


def test_alarms_and_evidence_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    one = office(9)
    watcher = Watcher(one)
    watcher.fine(one)
    monkeypatch.setattr(monitor, "MAX_PROVEN", 2)
    monkeypatch.setattr(watched, "MAX_ALARMS", 4)
    for at in range(1, 5):
        other = one.fork()
        other.leaves[at] = other.make(Kind.NOTICE)
        assert watcher.look(other.rebuilt()).state == "alarm"
    assert len(watcher.state.evidence) == 2
    for _ in range(6):
        bad_entry(one)
        one.add(255 - len(one.leaves) % 256).publish()
    found = watcher.look(one)
    assert (found.state, len(found.alarms)) == ("alarm", 4)
    assert [bool(alarm.evidence) for alarm in found.alarms] == [False, False, True, True]


# draws


def drawn(to_round: int = 7) -> tuple[Office, Watcher, int]:
    one = office(9)
    index = one.commit(1, beacon(to_round))
    one.publish()
    return one, Watcher(one), index


def test_a_draw_waits_for_its_round_and_then_holds() -> None:
    one, watcher, index = drawn()
    (row,) = watcher.fine(one).draws
    assert (row.number, row.commit, row.state, row.round) == (1, index, "waiting", 7)
    one.now = DUE + 60
    (row,) = watcher.fine(one).draws
    assert row.state == "waiting"
    result = one.drawn(index, beacon_value(7))
    one.record(Kind.DRAW_RESULT, result.encode())
    (row,) = watcher.fine(one.publish()).draws
    assert (row.state, row.value, row.selected, row.label) == ("holds", "not asked", result.selected, "")
    found = watcher.fine(one)
    assert (found.draws, found.settled) == ((), 1)


@pytest.mark.parametrize("again", [False, True])
def test_a_draw_without_result_is_an_alarm(again: bool) -> None:
    one, watcher, index = drawn()
    if again:
        watcher.fine(one)
    assert watcher.look(one, now=DUE + GRACE_S).state == "fine"
    says = f"draw 1 (entry {index}) has no result: round 7 was due 2026-11-01T13:00:00Z"
    assert watcher.alarm(one, now=DUE + GRACE_S + 1) == says
    one.now = DUE + GRACE_S + 1
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())
    watcher.fine(one.publish())  # late is late, and then it is there


def result_of(one: Office, index: int, **changes: Any) -> None:
    one.now = max(one.now, DUE)
    said = msgspec.structs.replace(one.drawn(index, beacon_value(7)), **changes)
    one.record(Kind.DRAW_RESULT, said.encode())


def too_early(one: Office, index: int) -> None:
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())


def second_commit(one: Office, index: int) -> None:
    one.commit(1, beacon(8, DUE + 60))


def late_commit(one: Office, index: int) -> None:
    one.now = DUE
    one.commit(2, beacon(7))
    result_of(one, index)


def result_without_commit(one: Office, index: int) -> None:
    result_of(one, index, commit=3)
    result_of(one, index)


def two_results(one: Office, index: int) -> None:
    result_of(one, index)
    result_of(one, index, selected=())


def false_frame(one: Office, index: int) -> None:
    one.commit(2, beacon(9), frame=Checkpoint(one.origin, 5, one.root(6)))


def frame_ahead(one: Office, index: int) -> None:
    one.commit(2, beacon(9), frame=Checkpoint(one.origin, len(one.leaves) + 1, one.root()))


def foreign_frame(one: Office, index: int) -> None:
    one.commit(2, beacon(9), frame=Checkpoint("other.example/1", 5, one.root(5)))


def a_round_long_known(one: Office, index: int) -> None:
    one.commit(2, Beacon(QUICKNET.name, 1000, beacon().due))


def no_draw_at_all(one: Office, index: int) -> None:
    one.record(Kind.DRAW_COMMIT, b"{}")


@pytest.mark.parametrize(
    ("cheat", "says"),
    [
        (lambda o, i: result_of(o, i, round=8), "used round 8 of the beacon, round 7 was committed to"),
        (lambda o, i: result_of(o, i, value=beacon_value(8)), "not the 5 that its commit gives"),
        (lambda o, i: result_of(o, i, selected=(1, 2)), "draw 1 selects 2 entries, not the 5"),
        (lambda o, i: result_of(o, i, number=2), "expected draw 1 of entry 10"),
        (result_without_commit, "is the result of a draw in entry 3, where no draw is open"),
        (two_results, "draw 1 has a second result in entry 12"),
        (too_early, "was recorded 2026-11-01T12:00:00Z, before round 7 was due 2026-11-01T13:00:00Z"),
        (second_commit, "is for draw 1, expected 2: each number is committed once"),
        (late_commit, "was recorded 2026-11-01T13:00:00Z, not before its round 7 was due"),
        (false_frame, "frame of 5 entries has another root than the register then had"),
        (frame_ahead, "frame has 12 entries, there were 11 before it"),
        (foreign_frame, "frame is of register 'other.example/1'"),
        (
            a_round_long_known,
            "which is not so: round 1000 of drand:52db9ba70e0cc0f6ea is due 2023-08-23T15:59:24Z",
        ),
        (no_draw_at_all, "draw-commit in entry 11: Object missing required field"),
    ],
)
def test_a_steered_draw_is_named(cheat: Callable[[Office, int], None], says: str) -> None:
    one, watcher, index = drawn()
    cheat(one, index)
    one.publish()
    assert says in watcher.alarm(one)
    assert says in watcher.alarm(one)


def test_a_document_that_is_missing_or_another_is_an_alarm_until_it_is_there() -> None:
    one, watcher, index = drawn()
    (path,) = [path for path in files(one) if path.startswith("document/")]
    document = files(one).pop(path)
    says = f"the document of the draw-commit in entry {index} is missing: {path}"
    assert watcher.alarm(one) == says
    files(one)[path] = document.replace(b'"take":1', b'"take":2')
    assert files(one)[path] != document
    assert f"the document of the draw-commit in entry {index} is another one" in watcher.alarm(one)
    files(one)[path] = document
    watcher.fine(one)
    result_of(one, index)
    one.publish()
    documents = {path: data for path, data in files(one).items() if path.startswith("document/")}
    for path in documents:
        del files(one)[path]
    found = watcher.look(one)
    assert [re.sub(r" is missing.*", "", alarm.what) for alarm in found.alarms] == [
        "the document of the draw-result in entry 11",
        "the document of the draw-commit in entry 10",
    ]
    files(one).update(documents)
    assert watcher.fine(one).draws[0].state == "holds"


def test_a_draw_without_beacon_is_labelled() -> None:
    one = office(9)
    index = one.commit(1, None)
    one.record(Kind.DRAW_RESULT, one.drawn(index, b"").encode())
    (row,) = Watcher(one).fine(one.publish()).draws
    assert (row.state, row.label, row.value) == ("holds", NOT_VERIFIABLE, "")


@pytest.mark.parametrize(
    ("known", "says"), [(7, ""), (8, "the value is not that of round 7 of simulated.example:1")]
)
def test_a_value_is_compared_with_the_beacon_s_where_it_is_known(known: int, says: str) -> None:
    one, _, index = drawn()
    result_of(one, index)
    watcher = Watcher(one.publish(), rounds={("simulated.example:1", 7): beacon_value(known)})
    if says:
        assert says in watcher.alarm(one)
    else:
        assert watcher.fine(one).draws[0].value == "given"


def test_draws_are_numbered_by_their_commits() -> None:
    one, watcher, index = drawn()
    second = one.commit(2, beacon(8, DUE + 60))
    one.publish()
    assert [row.number for row in watcher.fine(one).draws] == [1, 2]
    one.now = DUE + 60
    one.record(Kind.DRAW_RESULT, one.drawn(second, beacon_value(8)).encode())
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())
    assert [row.state for row in watcher.fine(one.publish()).draws] == ["holds", "holds"]


# what a stranger does with the evidence


def test_a_stranger_verifies_the_evidence_without_our_code() -> None:
    one = office(20)
    watcher = Watcher(one)
    watcher.fine(one)
    one.leaves[5] = one.make(Kind.NOTICE)
    one.add(7).rebuilt()
    watcher.alarm(one)
    ((_, evidence),) = watcher.state.evidence.items()
    assert two_histories(evidence, one.signing[0].public.raw) == (21, 28)


def test_evidence_that_proves_nothing_is_refused() -> None:
    one = office(20)
    small, large = one.note(5), one.note()
    for proof in (
        Equivocation(first=large, second=large),
        Equivocation(first=small, second=large, began=one.root(5), proof=()),
    ):
        with pytest.raises(Untrusted):
            proof.verify(one.keys)


def test_statements_of_others_are_counted_and_not_accused() -> None:
    from assay.register import scitt

    one = office(3)
    issuer = private("ed25519", "issuer")
    statement = scitt.sign(
        b"{}", issuer=ISSUER, subject="lantern", key=issuer, content_type="application/json"
    )
    one.leaves.append(statement)
    found = Watcher(one).fine(one.publish())
    assert found.statements == 1


ISSUER = "https://issuer.example"
