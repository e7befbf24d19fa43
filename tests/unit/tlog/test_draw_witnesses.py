"""A monitor compares the witnesses' times with the round that a draw was committed to."""

import pytest
from tests.support.signing import private
from tests.support.watched import DUE, Office, beacon, beacon_value
from tests.support.witnesses import policy

from assay.adapters.monitor_state import MemoryMonitorState
from assay.adapters.tiles.memory import MemoryTiles
from assay.formats.note import Note
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.leaf import Kind
from assay.register.quorum import Quorum
from assay.tlog.monitor import Look, Monitor, View
from assay.tlog.watched import Watched

WITNESS = "witness.example/w1"
QUORUM = Quorum.parse(policy(WITNESS))


def witnessed(one: Office, at: int) -> Office:
    """Published, and the checkpoint cosigned at that time."""
    one.publish()
    assert isinstance(one.store, MemoryTiles)
    note = Note.parse(one.store.files["checkpoint"])
    head = Checkpoint.parse(note.text)
    lines = tuple(
        cosignature.sign(head, WITNESS, private(algorithm, WITNESS), at)
        for algorithm in ("ed25519", "ml-dsa-44")
    )
    one.store.files["checkpoint"] = Note(note.text, (*note.signatures, *lines)).encode()
    return one


class Watcher:
    def __init__(self, office: Office, *, quorum: Quorum | None = QUORUM) -> None:
        self.state = MemoryMonitorState()
        quorums = {office.origin: quorum} if quorum else {}
        self.monitor = Monitor(self.state, [office.keys], quorums=quorums)

    def look(self, office: Office) -> Look:
        found = self.monitor.look(View("main", office.store), now=office.now)
        kept = self.state.load()
        assert kept is not None
        assert Watched.parse(kept).encode() == kept
        return found


def drawn(one: Office, index: int) -> Office:
    one.now = DUE + 5
    one.record(Kind.DRAW_RESULT, one.drawn(index, beacon_value(7)).encode())
    return one


def committed() -> tuple[Office, int]:
    one = Office().add(9).publish()
    return one, one.commit(1, beacon())


def test_seen_before_its_round() -> None:
    one, index = committed()
    watcher = Watcher(one)
    assert watcher.look(witnessed(one, DUE - 1)).draws[0].witnessed == "before"
    found = watcher.look(witnessed(drawn(one, index), DUE + 6))
    assert (found.state, found.draws[0].state, found.draws[0].witnessed) == ("fine", "holds", "before")


def test_the_earliest_time_counts_and_is_remembered() -> None:
    one, index = committed()
    watcher = Watcher(one)
    watcher.look(witnessed(one, DUE - 1))
    assert watcher.look(witnessed(one, DUE + 1)).draws[0].witnessed == "before"
    assert watcher.look(drawn(one, index).publish()).state == "fine"  # without any witness now


def test_not_seen_by_its_round_is_an_alarm() -> None:
    """The witness cosigned the tree without the commit when the round was already due."""
    one = witnessed(Office().add(9), DUE)
    watcher = Watcher(one)
    assert watcher.look(one).state == "fine"
    index = one.commit(1, beacon())  # dated before, recorded after
    found = watcher.look(witnessed(drawn(one, index), DUE + 6))
    assert found.state == "alarm"
    assert found.alarms[0].what == (
        f"draw-commit in entry {index} was not seen by 2026-11-01T13:00:00Z by w1-ed, w1-pq, when its round 7 was due"
    )


def test_late_times_alone_tell_nothing() -> None:
    one, index = committed()
    watcher = Watcher(one)
    assert watcher.look(witnessed(one, DUE + 1)).draws[0].witnessed == "could not tell"
    found = watcher.look(witnessed(drawn(one, index), DUE + 6))
    assert (found.state, found.draws[0].state) == ("unknown", "holds")
    assert found.unknown == (f"draw 1 (entry {index}): whether witnesses saw its commit before its round",)
    assert watcher.look(one).state == "fine"  # it is said once


@pytest.mark.parametrize("quorum", [None, Quorum.parse(b"quorum none\n")])
def test_without_a_policy_nobody_asks(quorum: Quorum | None) -> None:
    one, index = committed()
    watcher = Watcher(one, quorum=quorum)
    found = watcher.look(witnessed(drawn(one, index), DUE + 6))
    assert (found.state, found.draws[0].witnessed) == ("fine", "")


def test_a_line_that_does_not_verify_is_said() -> None:
    one, _ = committed()
    witnessed(one, DUE - 1)
    assert isinstance(one.store, MemoryTiles)
    note = Note.parse(one.store.files["checkpoint"])
    *others, last = note.signatures
    damaged = type(last)(last.name, last.key_id, last.signature[:-1] + bytes([last.signature[-1] ^ 1]))
    one.store.files["checkpoint"] = Note(note.text, (*others, damaged)).encode()
    found = Watcher(one).look(one)
    assert found.state == "unknown"
    assert "does not verify" in found.unknown[0]
    assert found.draws[0].witnessed == "could not tell"


def test_a_draw_without_beacon_has_no_round_to_be_seen_before() -> None:
    one = Office().add(9).publish()
    index = one.commit(1, None)
    watcher = Watcher(one)
    one.record(Kind.DRAW_RESULT, one.drawn(index, b"").encode())
    found = watcher.look(witnessed(one, DUE))
    assert (found.state, found.draws[0].witnessed) == ("fine", "")
