"""What every ledger keeps to."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from assay.adapters.sql.ledger import SqlLedger
from assay.errors import AssayError, Duplicate, Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Backing, Handed, Held, Ledger, Submission, Wanted
from assay.register import merkle
from assay.register.edge import Edge

Again = Callable[[], SqlLedger]


@pytest.fixture(params=["file", "postgres"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Again]:
    """Opens one and the same database, as often as it is called."""
    opened: list[SqlLedger] = []

    def make() -> SqlLedger:
        if request.param == "file":
            opened.append(SqlLedger.sqlite(tmp_path / "office.sqlite"))
        else:
            opened.append(SqlLedger.postgres(request.getfixturevalue("database")))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(params=["memory", "file", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        made = SqlLedger.memory()
    elif request.param == "file":
        made = SqlLedger.sqlite(tmp_path / "office.sqlite")
    else:
        made = SqlLedger.postgres(request.getfixturevalue("database"))
    yield made
    made.close()


def submission(name: bytes, state: str = "submitted") -> Submission:
    return Submission(
        payload=Digest.sha256(name),
        envelope=Digest.sha256(b"envelope of " + name),
        customers=None,
        artifacts=(Digest.sha256(b"shared"), Digest.sha256(b"own of " + name)),
        received=datetime(2026, 11, 1, tzinfo=UTC),
        provider="Lighthouse Works (fictional)",
        product="lantern",
        version="2.1.0",
        state=state,
    )


def record(ledger: Ledger, leaf: bytes, state: Submission | None = None) -> int:
    (index,) = ledger.record([Wanted(leaf, b"[]", state)], 100).indexes
    if isinstance(index, AssayError):
        raise index
    return index


def test_starts_empty(ledger: Ledger) -> None:
    head = ledger.head()
    assert (head.edge, head.stamp, head.settled) == (Edge(), 0, 0)
    assert ledger.submissions() == ()
    assert ledger.leaves(0, 0) == ()
    with pytest.raises(Unavailable, match="has 0 of the leaves from 0 to 1"):
        ledger.leaves(0, 1)
    with pytest.raises(Unavailable, match="no entry 0"):
        ledger.openings(0)


@pytest.mark.parametrize("widths", [(1,) * 37, (37,), (1, 2, 30, 4), (5, 0, 32)], ids=str)
def test_the_tree_is_that_of_its_leaves(ledger: Ledger, widths: tuple[int, ...]) -> None:
    leaves = [f"leaf {n}".encode() for n in range(37)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    size = 0
    for width in widths:
        recorded = ledger.record(
            [Wanted(leaf, b"[%d]" % at) for at, leaf in enumerate(leaves[size : size + width], size)], 5
        )
        assert recorded.indexes == tuple(range(size, size + width))
        assert (recorded.growth.before.size, recorded.growth.after.size) == (size, size + width)
        size += width
        assert recorded.growth.after == ledger.head().edge
        assert ledger.head().edge.root == merkle.root_of(hashes[:size])
    assert ledger.leaves(0, 37) == tuple(leaves)
    assert ledger.leaves(3, 5) == tuple(leaves[3:5])
    assert [ledger.openings(at) for at in range(37)] == [b"[%d]" % at for at in range(37)]


def test_forgets_settled_leaves_and_grows_on(ledger: Ledger) -> None:
    for n in range(10):
        record(ledger, b"%d" % n)
    ledger.settle(6)
    assert ledger.head().settled == 6
    assert ledger.leaves(6, 10) == (b"6", b"7", b"8", b"9")
    with pytest.raises(Unavailable, match="has 4 of the leaves from 5 to 10"):
        ledger.leaves(5, 10)
    assert ledger.openings(2) == b"[]"
    assert record(ledger, b"10") == 10
    assert ledger.head().edge.root == merkle.root_of([merkle.leaf_hash(b"%d" % n) for n in range(11)])
    for size in (5, 12):
        with pytest.raises(ValueError, match="settled 6 of 11"):
            ledger.settle(size)


def test_a_submission_goes_forward_only(ledger: Ledger) -> None:
    record(ledger, b"genesis")
    assert record(ledger, b"submission", submission(b"a")) == 1
    stored = ledger.submission(Digest.sha256(b"a"))
    assert stored == msgspec.structs.replace(submission(b"a"), entry=1)
    record(ledger, b"complete", msgspec.structs.replace(stored, state="complete"))
    with pytest.raises(Refused, match="'complete' already"):
        record(ledger, b"again", msgspec.structs.replace(stored, state="incomplete"))
    record(ledger, b"published", msgspec.structs.replace(stored, state="published"))
    final = ledger.submission(Digest.sha256(b"a"))
    assert final is not None
    assert (final.entry, final.publication, final.state) == (1, 3, "published")
    assert ledger.head().edge.size == 4


def test_a_payload_is_taken_once_and_a_refused_one_leaves_no_entry(ledger: Ledger) -> None:
    record(ledger, b"first", submission(b"a"))
    with pytest.raises(Duplicate, match="submitted before"):
        record(ledger, b"second", submission(b"a"))
    assert ledger.head().edge.size == 1
    with pytest.raises(Refused, match="starts as 'submitted'"):
        record(ledger, b"third", submission(b"b", state="determined"))
    assert ledger.head().edge.size == 1


def test_in_a_batch_each_is_refused_alone(ledger: Ledger) -> None:
    record(ledger, b"before", submission(b"a"))
    wanted = [
        Wanted(b"one", b"[]", submission(b"b")),
        Wanted(b"twice", b"[]", submission(b"b")),
        Wanted(b"old", b"[]", submission(b"a")),
        Wanted(b"plain", b"[]"),
        Wanted(b"on", b"[]", msgspec.structs.replace(submission(b"b", "complete"), entry=1)),
        Wanted(b"back", b"[]", submission(b"b", "incomplete")),
        Wanted(b"nowhere", b"[]", submission(b"c", "complete")),
        Wanted(b"last", b"[]", submission(b"d")),
    ]
    recorded = ledger.record(wanted, 7)
    said = [one if isinstance(one, int) else type(one) for one in recorded.indexes]
    assert said == [1, Duplicate, Duplicate, 2, 3, Refused, Refused, 4]
    assert ledger.leaves(0, 5) == (b"before", b"one", b"plain", b"on", b"last")
    assert [(one.entry, one.state) for one in ledger.submissions()] == [
        (0, "submitted"),
        (1, "complete"),
        (4, "submitted"),
    ]


NOT_TEXT = msgspec.structs.replace(submission(b"not text"), product="lan\ud800tern")
TOO_MUCH = Held("org_1", Digest.sha256(b"too much"), 2**70)
SPOILT = (
    Wanted(b"not text", b"[]", NOT_TEXT),
    Wanted(b"too much", b"[]", submission(b"too much"), held=(TOO_MUCH,)),
)


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda one: one.leaf.decode())
@pytest.mark.parametrize("around", [1, 6])
def test_what_cannot_be_stored_keeps_no_other_out(ledger: Ledger, spoilt: Wanted, around: int) -> None:
    before = [Wanted(b"before %d" % at, b"[]", submission(b"before %d" % at)) for at in range(around)]
    after = [Wanted(b"after %d" % at, b"[]", submission(b"after %d" % at)) for at in range(around)]
    recorded = ledger.record([*before, spoilt, *after], 7)
    fault = recorded.indexes[around]
    assert type(fault) is Unavailable
    assert "the entry could not be recorded" in str(fault)
    good = recorded.indexes[:around] + recorded.indexes[around + 1 :]
    assert good == tuple(range(2 * around))
    assert ledger.leaves(0, 2 * around) == tuple(one.leaf for one in (*before, *after))
    assert recorded.growth.after == ledger.head().edge
    assert len(ledger.submissions()) == 2 * around
    assert record(ledger, b"next") == 2 * around


def test_of_many_that_cannot_be_stored_each_is_told(ledger: Ledger) -> None:
    wanted = [one for at in range(3) for one in (Wanted(b"good %d" % at, b"[]"), *SPOILT)]
    on = submission(b"not text", "complete")
    recorded = ledger.record([*wanted, Wanted(b"follows", b"[]", on)], 7)
    said = [one if isinstance(one, int) else type(one) for one in recorded.indexes]
    assert said == [0, *[Unavailable] * 2, 1, *[Unavailable] * 2, 2, *[Unavailable] * 2, Refused]
    assert ledger.leaves(0, 3) == (b"good 0", b"good 1", b"good 2")


def test_what_is_wanted_once_is_taken_once(ledger: Ledger) -> None:
    assert ledger.found("a") is None
    recorded = ledger.record(
        [Wanted(b"%d" % at, b"[]", once=key) for at, key in enumerate(("", "a", "", "a", "b"))], 7
    )
    assert [one if isinstance(one, int) else type(one) for one in recorded.indexes] == [0, 1, 2, Duplicate, 3]
    (again,) = ledger.record([Wanted(b"again", b"[]", once="a")], 8).indexes
    assert (type(again), str(again)) == (Duplicate, "it was recorded before, as entry 1")
    assert (ledger.found("a"), ledger.found("b")) == (1, 3)


def test_a_batch_of_refusals_changes_nothing(ledger: Ledger) -> None:
    record(ledger, b"first", submission(b"a"))
    before = ledger.head()
    recorded = ledger.record([Wanted(b"second", b"[]", submission(b"a"))], 9000)
    assert recorded.growth.before == recorded.growth.after == before.edge
    assert ledger.head() == before


def test_tells_earlier_uses_of_an_artifact(ledger: Ledger) -> None:
    record(ledger, b"a", submission(b"a"))
    record(ledger, b"b", submission(b"b"))
    shared, own = Digest.sha256(b"shared"), Digest.sha256(b"own of b")
    assert ledger.uses([shared, own], 0) == ()
    assert [(digest, used.entry) for digest, used in ledger.uses([shared, own], 1)] == [(shared, 0)]
    found = {(digest, used.entry) for digest, used in ledger.uses([shared, own], 2)}
    assert found == {(shared, 0), (own, 1), (shared, 1)}


def test_tells_the_first_releases_that_an_artifact_came_with(ledger: Ledger) -> None:
    shared, none = Digest.sha256(b"shared"), Digest.sha256(b"nobody's")
    for n, version in enumerate(("1", "1", "2", "1", "3", "4")):
        one = msgspec.structs.replace(submission(b"%d" % n), artifacts=(shared,), version=version)
        record(ledger, b"%d" % n, one)
    first = submission(b"0")

    def found(before: int, most: int) -> list[str]:
        releases = ledger.releases([none, shared], before, most)
        assert none not in releases
        some = releases.get(shared, ())
        assert {(one.provider, one.product, one.public) for one in some} <= {
            (first.provider, first.product, False)
        }
        return [one.version for one in some]

    assert found(0, 9) == []
    assert found(1, 9) == ["1"]
    assert found(6, 9) == ["1", "2", "3", "4"]
    assert found(5, 9) == ["1", "2", "3"]
    assert [found(6, most) for most in (1, 2, 3)] == [["1"], ["1", "2"], ["1", "2", "3"]]


def test_tells_what_is_held_behind_entries(ledger: Ledger) -> None:
    record(ledger, b"genesis")
    record(ledger, b"submission", submission(b"a"))
    stored = ledger.submissions()[0]
    verdict = Digest.sha256(b"verdict")
    record(ledger, b"complete", msgspec.structs.replace(stored, state="complete", verdict=verdict))
    handed = Handed(
        envelope=stored.envelope, customers=None, artifacts=stored.artifacts, received=stored.received
    )
    behind = (
        Backing(openings=b"[]"),
        Backing(openings=b"[]", about=1, handed=handed),
        Backing(openings=b"[]", about=1, verdict=verdict),
    )
    assert ledger.backing(0, 3) == behind
    assert ledger.backing(1, 2) == behind[1:2]
    assert ledger.backing(2, 2) == ()
    with pytest.raises(Unavailable, match="has 1 of the entries from 2 to 4"):
        ledger.backing(2, 4)


def test_erases_openings_and_nothing_else(ledger: Ledger) -> None:
    record(ledger, b"genesis")
    record(ledger, b"submission", submission(b"a"))
    for _ in range(2):
        ledger.erase(1)
        with pytest.raises(Unavailable, match="openings of entry 1 were erased"):
            ledger.openings(1)
    assert [one.openings for one in ledger.backing(0, 2)] == [b"[]", None]
    assert ledger.opened([0, 1, 7]) == {0: b"[]"}
    assert ledger.opened([]) == {}
    assert ledger.leaves(1, 2) == (b"submission",)
    with pytest.raises(Unavailable, match="no entry 2"):
        ledger.erase(2)


def test_lists_by_state_in_order_of_entry(ledger: Ledger) -> None:
    for name in (b"a", b"b", b"c"):
        record(ledger, name, submission(name))
    first = ledger.submissions("submitted")[0]
    record(ledger, b"more", msgspec.structs.replace(first, state="complete"))
    assert [one.entry for one in ledger.submissions("submitted")] == [1, 2]
    assert [one.entry for one in ledger.submissions()] == [0, 1, 2]


def test_stamps_never_go_back(ledger: Ledger) -> None:
    assert ledger.record([Wanted(b"a", b"[]")], 100).stamp == 100
    assert ledger.record([Wanted(b"b", b"[]")], 90).stamp == 100
    assert ledger.stamp(90) == 100
    assert ledger.stamp(101) == 101
    assert ledger.head().stamp == 101


def test_a_writer_that_was_overtaken_is_refused(again: Again) -> None:
    old, new = again(), again()
    record(old, b"old")
    record(new, b"new")
    for late in (lambda: record(old, b"fork"), lambda: old.stamp(5), lambda: old.settle(1)):
        with pytest.raises(Unavailable, match="another process writes"):
            late()
    assert new.head().edge.size == 2
    old.erase(0)  # whoever writes: openings are never written again
    assert new.opened([0, 1]) == {1: b"[]"}
    record(new, b"newer")


def test_survives_being_opened_again(again: Again) -> None:
    first = again()
    record(first, b"leaf", submission(b"a"))
    first.close()
    second = again()
    assert second.leaves(0, 1) == (b"leaf",)
    assert second.submission(Digest.sha256(b"a")) is not None


def test_a_head_whose_edge_was_changed_is_noticed(tmp_path: Path) -> None:
    ledger = SqlLedger.sqlite(tmp_path / "office.sqlite")
    record(ledger, b"leaf")
    ledger.close()
    with sqlite3.connect(tmp_path / "office.sqlite") as connection:
        connection.execute("UPDATE head SET edge = ?", (bytes(32),))
    with pytest.raises(Unavailable, match="whose edge does not give its root"):
        SqlLedger.sqlite(tmp_path / "office.sqlite").head()


@pytest.mark.parametrize(
    "table", ["head (one INTEGER PRIMARY KEY, size INTEGER)", "cases (payload TEXT, body BLOB)"]
)
def test_a_database_of_an_earlier_form_is_named(tmp_path: Path, table: str) -> None:
    with sqlite3.connect(tmp_path / "office.sqlite") as connection:
        connection.execute(f"CREATE TABLE {table}")
    with pytest.raises(Unavailable, match="of an earlier form"):
        SqlLedger.sqlite(tmp_path / "office.sqlite")
