"""What went in at one end of a line comes out at the other, however the stream is cut."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.offices import NOW

from assay.adapters.line import wire
from assay.adapters.line.wire import Answer, Deposit, Frames
from assay.errors import Duplicate, Malformed, TooLarge, Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Appended, Submission, Wanted
from assay.register.edge import Edge
from assay.register.merkle import leaf_hash

SUBMISSION = Submission(
    payload=Digest.sha256(b"payload"), envelope=Digest.sha256(b"envelope"), customers=None,
    artifacts=(Digest.sha256(b"wheel"),), received=NOW, provider="Müller", product="lantern", version="2", state="submitted",
)  # fmt: skip
DEPOSITS = [
    Deposit(Wanted(b"leaf", b"[]", SUBMISSION), (b"envelope", b"")),
    Deposit(Wanted(b"", b"[1]")),
    Deposit(Wanted(b"another", b"[]")),
]


def frames(data: bytes, step: int) -> list[bytes]:
    one = Frames()
    return [frame for at in range(0, len(data), step) for frame in one.feed(data[at : at + step])]


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 50))
def test_frames_survive_any_cut(bodies: list[bytes], step: int) -> None:
    stream = b"".join(len(one).to_bytes(4, "big") + one for one in bodies)
    assert frames(stream, step) == bodies


def test_a_frame_longer_than_any_of_ours_is_a_fault() -> None:
    with pytest.raises(ValueError, match="over 1073741824"):
        frames(b"\xff\xff\xff\xff", 4)


def test_deposits_round_trip() -> None:
    (frame,) = frames(wire.parcel(7, DEPOSITS), 5)
    found = wire.read_parcel(frame)
    assert (found.serial, list(found.deposits)) == (7, DEPOSITS)


def appended() -> list[Appended]:
    """Two of one commit, and one of the next."""
    first = Edge().extend([leaf_hash(b"before"), leaf_hash(b"leaf"), leaf_hash(b"")])
    second = first.after.extend([leaf_hash(b"another")])
    one, two, three = (deposit.wanted for deposit in DEPOSITS)
    return [
        Appended(1, one, first, b"note"),
        Appended(2, two, first, b"note"),
        Appended(3, three, second, b"later"),
    ]


def test_answers_come_with_all_that_receipts_are_made_of() -> None:
    made = appended()
    (frame,) = frames(wire.answers(9, made), 1000)
    told = wire.read_answers(frame)
    assert (told.serial, len(told.commits)) == (9, 2)
    found = wire.opened(told, DEPOSITS)
    for one, other in zip(found, made, strict=True):
        assert isinstance(one, Appended)
        assert msgspec.structs.astuple(one) == msgspec.structs.astuple(other)
        assert one.growth.inclusion(one.index) == other.growth.inclusion(other.index)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (Duplicate("there before"), Duplicate, "there before"),
        (TooLarge("too long"), Malformed, "too long"),
        (Unavailable("the disk is full"), Unavailable, "the disk is full"),
        (ZeroDivisionError("ours"), RuntimeError, "ZeroDivisionError: ours"),
    ],
)
def test_refusals_keep_their_kind(error: Exception, kind: type[Exception], text: str) -> None:
    answers: list[Answer] = [appended()[0], error, error]
    (frame,) = frames(wire.answers(1, answers), 64)
    good, *wrong = wire.opened(wire.read_answers(frame), DEPOSITS)
    assert isinstance(good, Appended)
    assert [(type(one), str(one)) for one in wrong] == [(kind, text)] * 2
