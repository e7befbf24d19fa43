"""What every ledger keeps to."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from assay.adapters.sql.ledger import SqlLedger
from assay.errors import Duplicate, Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Ledger, Submission
from assay.register import merkle, proof


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return SqlLedger.memory() if request.param == "memory" else SqlLedger.sqlite(tmp_path / "office.sqlite")


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


def test_starts_empty(ledger: Ledger) -> None:
    head = ledger.head()
    assert (head.size, head.root, head.stamp) == (0, merkle.EMPTY_ROOT, 0)
    assert ledger.submissions() == ()
    with pytest.raises(Unavailable, match="no entry 0"):
        ledger.entry(0)


def test_the_tree_is_that_of_its_leaves(ledger: Ledger) -> None:
    leaves = [f"leaf {n}".encode() for n in range(37)]
    for at, leaf in enumerate(leaves):
        assert ledger.record(leaf, b"[]") == at
        head = ledger.head()
        assert head.root == merkle.root_of([merkle.leaf_hash(one) for one in leaves[: at + 1]])
        for index in (0, at // 2, at):
            positions = proof.inclusion_positions(index, head.size)
            path = proof.inclusion_proof(
                index, head.size, dict(zip(positions, ledger.nodes(positions), strict=True))
            )
            proof.verify_inclusion(merkle.leaf_hash(leaves[index]), index, head.size, path, head.root)
    assert [ledger.entry(at).leaf for at in range(37)] == leaves


def test_a_submission_goes_forward_only(ledger: Ledger) -> None:
    ledger.record(b"genesis", b"[]")
    assert ledger.record(b"submission", b"[]", submission(b"a")) == 1
    stored = ledger.submission(Digest.sha256(b"a"))
    assert stored == msgspec.structs.replace(submission(b"a"), entry=1)
    ledger.record(b"complete", b"[]", msgspec.structs.replace(stored, state="complete"))
    with pytest.raises(Refused, match="'complete' already"):
        ledger.record(b"again", b"[]", msgspec.structs.replace(stored, state="incomplete"))
    ledger.record(b"published", b"[]", msgspec.structs.replace(stored, state="published"))
    final = ledger.submission(Digest.sha256(b"a"))
    assert final is not None
    assert (final.entry, final.publication, final.state) == (1, 3, "published")
    assert ledger.head().size == 4


def test_a_payload_is_taken_once_and_a_refused_one_leaves_no_entry(ledger: Ledger) -> None:
    ledger.record(b"first", b"[]", submission(b"a"))
    with pytest.raises(Duplicate, match="submitted before"):
        ledger.record(b"second", b"[]", submission(b"a"))
    assert ledger.head().size == 1
    with pytest.raises(Refused, match="starts as 'submitted'"):
        ledger.record(b"third", b"[]", submission(b"b", state="determined"))
    assert ledger.head().size == 1


def test_tells_earlier_uses_of_an_artifact(ledger: Ledger) -> None:
    ledger.record(b"a", b"[]", submission(b"a"))
    ledger.record(b"b", b"[]", submission(b"b"))
    shared, own = Digest.sha256(b"shared"), Digest.sha256(b"own of b")
    assert ledger.uses([shared, own], 0) == ()
    assert [(digest, used.entry) for digest, used in ledger.uses([shared, own], 1)] == [(shared, 0)]
    found = {(digest, used.entry) for digest, used in ledger.uses([shared, own], 2)}
    assert found == {(shared, 0), (own, 1), (shared, 1)}


def test_lists_by_state_in_order_of_entry(ledger: Ledger) -> None:
    for name in (b"a", b"b", b"c"):
        ledger.record(name, b"[]", submission(name))
    first = ledger.submissions("submitted")[0]
    ledger.record(b"more", b"[]", msgspec.structs.replace(first, state="complete"))
    assert [one.entry for one in ledger.submissions("submitted")] == [1, 2]
    assert [one.entry for one in ledger.submissions()] == [0, 1, 2]


def test_stamps_never_go_back(ledger: Ledger) -> None:
    assert ledger.stamp(100) == 100
    assert ledger.stamp(90) == 100
    assert ledger.stamp(101) == 101
    assert ledger.head().stamp == 101


def test_a_writer_that_was_overtaken_is_refused(tmp_path: Path) -> None:
    old, new = SqlLedger.sqlite(tmp_path / "office.sqlite"), SqlLedger.sqlite(tmp_path / "office.sqlite")
    old.record(b"old", b"[]")
    new.record(b"new", b"[]")
    with pytest.raises(Unavailable, match="another process writes"):
        old.record(b"fork", b"[]")
    assert new.head().size == 2


def test_survives_being_opened_again(tmp_path: Path) -> None:
    first = SqlLedger.sqlite(tmp_path / "office.sqlite")
    first.record(b"leaf", b"[]", submission(b"a"))
    first.close()
    again = SqlLedger.sqlite(tmp_path / "office.sqlite")
    assert again.entry(0).leaf == b"leaf"
    assert again.submission(Digest.sha256(b"a")) is not None
