"""What timestamps of witnesses prove of an entry and a moment: yes, no, and could not tell."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import KEYS, STAMP, receipt
from tests.support.register import log as entries
from tests.support.signing import private
from tests.support.witnesses import policy

from assay.errors import Untrusted
from assay.formats.note import Note
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.quorum import Quorum
from assay.register.sighting import Sightings, before, cosigned

W1, W2, W3 = (f"witness.example/w{n}" for n in (1, 2, 3))
ALL = Quorum.parse(policy(W1, W2, W3, threshold="2"))
NAMES = tuple(ALL.cosigners)
DUE = datetime.fromtimestamp(1000, UTC)


def both(*short: str, at: int) -> dict[str, int]:
    return {f"{name}-{kind}": at for name in short for kind in ("ed", "pq")}


@pytest.mark.parametrize(
    ("with_it", "without", "answer", "says"),
    [
        pytest.param(both("w1", "w2", at=999), {}, "yes", "seen before 1970-01-01T00:16:40Z by w1-ed, w1-pq, w2-ed, w2-pq", id="two of three"),
        pytest.param(both("w1", at=999), {}, "unknown", "asks for 2 of w1, w2, w3", id="one of three"),
        pytest.param(both("w1", "w2", at=1000), {}, "unknown", "seen before 1970-01-01T00:16:40Z by no witness", id="at the very second"),
        pytest.param({**both("w1", at=999), "w2-ed": 999}, {}, "unknown", "asks for", id="half a witness"),
        pytest.param({}, both("w1", "w2", at=1000), "no", "not seen by 1970-01-01T00:16:40Z by w1-ed", id="two had not"),
        pytest.param({}, both("w1", "w2", at=999), "unknown", "by no witness", id="two had not, a second before"),
        pytest.param({}, both("w1", at=5000), "unknown", "by no witness", id="one had not, the others may have"),
        pytest.param(both("w1", at=10), both("w2", "w3", at=5000), "no", "by w2-ed, w2-pq, w3-ed, w3-pq", id="one is not enough"),
        pytest.param(both("w1", "w2", at=10), both("w1", "w2", at=5000), "yes", "seen before", id="who saw it has seen it"),
        pytest.param({"stranger": 1}, {}, "unknown", "asks for", id="a stranger"),
    ],
)  # fmt: skip
def test_before(with_it: dict[str, int], without: dict[str, int], answer: str, says: str) -> None:
    found = before(Sightings().add(8, 7, with_it).add(7, 7, without), DUE, ALL)
    assert found.answer == answer
    assert says in found.says


def test_a_policy_without_witnesses_cannot_tell() -> None:
    none = Quorum.parse(b"quorum none\n")
    assert before(Sightings().add(8, 7, {"w1": 1}), DUE, none).answer == "unknown"


times = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2000))


@given(st.lists(st.tuples(st.integers(1, 15), times), max_size=6), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_more_never_takes_back_a_yes(
    found: list[tuple[int, dict[str, int]]], random: object
) -> None:
    def after(rows: list[tuple[int, dict[str, int]]]) -> Sightings:
        one = Sightings()
        for size, row in rows:
            one = one.add(size, 7, row)
        return one

    whole = after(found)
    assert after(found[::-1]) == whole == after(found + found)
    answers = [before(after(found[:count]), DUE, ALL).answer for count in range(len(found) + 1)]
    first = answers.index("yes") if "yes" in answers else len(answers)
    assert set(answers[first:]) <= {"yes"}


def test_reads_the_times_of_those_whom_the_policy_names() -> None:
    note = Note.parse(receipt(3, entries(5)).checkpoint)
    head = Checkpoint.parse(note.text)
    lines = tuple(
        cosignature.sign(head, name, key, STAMP + at)
        for at, (name, key) in enumerate(
            (
                (W1, private("ed25519", W1)),
                (W2, private("ml-dsa-44", W2)),
                ("x.example/y", private("ed25519", "stranger")),
            )
        )
    )
    signed = Note(note.text, (*note.signatures, *lines))
    assert cosigned(signed, ALL) == {"w1-ed": STAMP, "w2-pq": STAMP + 1}
    assert cosigned(note, ALL) == {}
    assert KEYS.origin == head.origin
    forged = Note(note.text, (cosignature.sign(head, W1, private("ed25519", W1), STAMP),))
    other = Note(forged.text.replace("\n5\n", "\n6\n"), forged.signatures)
    assert other.text != forged.text
    with pytest.raises(Untrusted, match="does not verify"):
        cosigned(other, ALL)
