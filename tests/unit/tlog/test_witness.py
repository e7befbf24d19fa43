"""A witness's answers, one request after the other (c2sp.org/tlog-witness)."""

import msgspec
import pytest
from tests.support.register import ED25519, KEYS, ML_DSA_44, ORIGIN, STAMP, signed
from tests.support.signing import private
from tests.support.witnesses import History, MemoryWitnessState, witness

from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats.note import Note, NoteSignature
from assay.formats.tlog_witness import AddCheckpoint
from assay.register import checkpoint, cosignature
from assay.register.identity import LogKeys
from assay.register.merkle import EMPTY_ROOT
from assay.tlog.witness import Conflict, Forked, NotConsistent, Seen, Unknown, Witness

MAIN = History()
FORK = History("fork", shared=3)


def verified(one: Witness, lines: tuple[NoteSignature, ...], note: bytes) -> list[int]:
    """The times of the cosignatures, all of which verify."""
    parsed = Note.parse(note)
    whole = msgspec.structs.replace(parsed, signatures=(*parsed.signatures, *lines))
    body = checkpoint.open_(whole.encode(), KEYS).checkpoint
    return [found.timestamp for found in cosignature.verified(whole, body, one.cosigners)]


def test_cosigns_a_log_as_it_grows() -> None:
    one = witness()
    old = 0
    for new in (0, 1, 5, 5, 8, 21, 40):
        request = MAIN.request(old, new)
        assert verified(one, one.add_checkpoint(request), request.checkpoint) == [STAMP, STAMP]
        old = new
    latest = one.state.latest(ORIGIN)
    assert latest is not None
    assert (latest.size, latest.root, latest.stamp) == (40, MAIN.root(40), STAMP)
    assert checkpoint.open_(latest.note, KEYS).checkpoint.size == 40


def test_both_keys_sign() -> None:
    lines = witness().add_checkpoint(MAIN.request(0, 5))
    assert [len(line.signature) for line in lines] == [8 + 64, 8 + 2420]
    assert {line.name for line in lines} == {"witness.example/w1"}


AT_8 = [MAIN.request(0, 5), MAIN.request(5, 8)]
"""What was asked before each of the following."""


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        pytest.param(MAIN.request(5, 12), Conflict, "old size is 5, the checkpoint cosigned last has size 8", id="old too small"),
        pytest.param(MAIN.request(9, 12), Conflict, "old size is 9", id="old too large"),
        pytest.param(MAIN.request(0, 12), Conflict, "old size is 0", id="as if it were the first"),
        pytest.param(MAIN.request(5, 5), Conflict, "old size is 5", id="an older checkpoint again"),
        pytest.param(AddCheckpoint(8, (), MAIN.note(5)), Malformed, "old size 8 is larger than the checkpoint's, 5", id="going back"),
        pytest.param(AddCheckpoint(2**63 - 1, (), MAIN.note(12)), Malformed, "larger than the checkpoint's", id="huge"),
        pytest.param(FORK.request(8, 8), Forked, "signed two trees of size 8", id="another tree of the size"),
        pytest.param(FORK.request(0, 8), Forked, "signed two trees of size 8", id="another tree of the size, as if new"),
        pytest.param(FORK.request(8, 12), NotConsistent, "does not lead to the", id="a fork that grew"),
        pytest.param(AddCheckpoint(8, MAIN.proof(8, 12), FORK.note(12)), NotConsistent, "lead to the newer root", id="proof of ours"),
        pytest.param(AddCheckpoint(8, (), MAIN.note(12)), NotConsistent, "too few", id="no proof"),
        pytest.param(AddCheckpoint(8, MAIN.proof(8, 12)[:-1], MAIN.note(12)), NotConsistent, "consistency", id="proof cut"),
        pytest.param(AddCheckpoint(8, MAIN.proof(8, 21)[::-1], MAIN.note(21)), NotConsistent, "consistency", id="proof turned"),
        pytest.param(AddCheckpoint(8, (*MAIN.proof(8, 12), bytes(32)), MAIN.note(12)), NotConsistent, "too many", id="proof longer"),
        pytest.param(AddCheckpoint(8, (bytes(32),), MAIN.note(8)), NotConsistent, "too many", id="proof of the same size"),
        pytest.param(AddCheckpoint(8, (), b"x\n"), Unknown, "does not know the log 'x'", id="not a note of a known log"),
        pytest.param(
            AddCheckpoint(8, (), MAIN.note(12).replace(b"3f9c", b"3f9d")), Unknown, "does not know the log 'register.example/3f9d'",
            id="unknown log",
        ),
        pytest.param(AddCheckpoint(8, (), b"\xff\n"), Unknown, "does not know", id="not UTF-8"),
        pytest.param(AddCheckpoint(8, (), ORIGIN.encode() + b"\n"), Malformed, "no blank line", id="not a note"),
        pytest.param(AddCheckpoint(8, (), MAIN.note(12).replace(b"\n12\n", b"\n012\n")), Malformed, "canonical", id="leading zero"),
    ],
)  # fmt: skip
def test_refuses(request_: AddCheckpoint, error: type[AssayError], message: str) -> None:
    one = witness()
    for before in AT_8:
        one.add_checkpoint(before)
    state = one.state.latest(ORIGIN)
    with pytest.raises(error, match=message) as caught:
        one.add_checkpoint(request_)
    assert type(caught.value) is error
    if isinstance(caught.value, Conflict):
        assert caught.value.size == 8
    assert one.state.latest(ORIGIN) == state
    assert one.add_checkpoint(MAIN.request(8, 12))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(AddCheckpoint(0, (bytes(32),), MAIN.note(5)), "1 hashes of proof from size 0, expected none", id="a proof from 0"),
        pytest.param(AddCheckpoint(0, (), signed(0, b"r" * 32)), "tree of size 0 has root", id="an empty tree with a root"),
    ],
)  # fmt: skip
def test_refuses_at_first(request_: AddCheckpoint, message: str) -> None:
    one = witness()
    with pytest.raises(NotConsistent, match=message):
        one.add_checkpoint(request_)
    assert one.state.latest(ORIGIN) is None


def test_from_an_empty_tree_anything_may_grow() -> None:
    one = witness()
    one.add_checkpoint(MAIN.request(0, 0))
    found = one.state.latest(ORIGIN)
    assert found is not None
    assert (found.size, found.root) == (0, EMPTY_ROOT)
    assert one.add_checkpoint(FORK.request(0, 9))


def unsigned(note: bytes, *keep: int) -> bytes:
    parsed = Note.parse(note)
    return msgspec.structs.replace(parsed, signatures=tuple(parsed.signatures[at] for at in keep)).encode()


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(unsigned(MAIN.note(5), 0), id="Ed25519 only"),
        pytest.param(unsigned(MAIN.note(5), 1), id="ML-DSA-44 only"),
        pytest.param(MAIN.note(5).replace(b"\n5\n", b"\n6\n"), id="altered"),
        pytest.param(
            checkpoint.sign(checkpoint.Checkpoint(ORIGIN, 5, MAIN.root(5)),
                            (private("ed25519", "thief"), private("ml-dsa-44", "thief")), STAMP), id="another's keys",
        ),
    ],
)  # fmt: skip
def test_a_log_with_two_keys_is_not_believed_on_one(note: bytes) -> None:
    one = witness()
    with pytest.raises(Untrusted):
        one.add_checkpoint(AddCheckpoint(0, (), note))
    assert one.state.latest(ORIGIN) is None


def test_a_log_with_one_key_is_believed_on_it() -> None:
    keys = LogKeys(origin=ORIGIN, ed25519=(ED25519.public,))
    one = Witness(
        "w.example", (private("ed25519", "w"),), {ORIGIN: keys}, MemoryWitnessState(), lambda: STAMP
    )
    assert one.add_checkpoint(AddCheckpoint(0, (), unsigned(MAIN.note(5), 0)))
    with pytest.raises(Malformed, match="has no key that signs checkpoints"):
        Witness(
            "w.example", (ED25519,), {ORIGIN: LogKeys(origin=ORIGIN)}, MemoryWitnessState(), lambda: STAMP
        )


def test_strangers_lines_are_ignored_and_not_kept() -> None:
    one = witness()
    parsed = Note.parse(MAIN.note(5))
    noisy = msgspec.structs.replace(
        parsed,
        signatures=(NoteSignature("x.example", b"1234", b"?" * 99), *parsed.signatures),
    )
    one.add_checkpoint(AddCheckpoint(0, (), noisy.encode()))
    latest = one.state.latest(ORIGIN)
    assert latest is not None
    assert latest.note == parsed.encode()


def test_time_never_goes_back_and_is_never_zero() -> None:
    state = MemoryWitnessState()
    for now, old, new, expected in (
        (100, 0, 5, 100),
        (50, 5, 8, 100),
        (50, 8, 8, 100),
        (120, 8, 8, 120),
        (0, 8, 9, 0),
    ):
        one, request = witness(state=state, now=now), MAIN.request(old, new)
        if expected:
            assert verified(one, one.add_checkpoint(request), request.checkpoint) == [expected, expected]
        else:
            with pytest.raises(Unavailable, match="the clock says 0"):
                one.add_checkpoint(request)


def test_the_same_checkpoint_in_the_same_second_writes_nothing() -> None:
    class Counting(MemoryWitnessState):
        writes = 0

        def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
            self.writes += 1
            return super().advance(origin, expected, new)

    state = Counting()
    for old in (0, 5, 5, 5):
        witness(state=state).add_checkpoint(MAIN.request(old, 5))
    assert state.writes == 1


def test_both_trees_of_a_fork_are_kept() -> None:
    one = witness()
    one.add_checkpoint(MAIN.request(0, 8))
    for _ in range(2):
        with pytest.raises(Forked):
            one.add_checkpoint(FORK.request(8, 8))
    kept = [checkpoint.open_(note, KEYS).checkpoint.root for note in one.state.forks(ORIGIN)]
    assert kept == [FORK.root(8)]
    latest = one.state.latest(ORIGIN)
    assert latest is not None
    assert checkpoint.open_(latest.note, KEYS).checkpoint.root == MAIN.root(8)


def cosigned(one: Witness, note: bytes, lines: tuple[NoteSignature, ...]) -> bytes:
    parsed = Note.parse(note)
    return msgspec.structs.replace(parsed, signatures=(*parsed.signatures, *lines)).encode()


@pytest.mark.parametrize("behind", [None, 5], ids=["state lost", "state of yesterday"])
def test_a_state_put_back_is_noticed_by_a_signature_of_ours(behind: int | None) -> None:
    before = witness()
    lines = before.add_checkpoint(MAIN.request(0, 8))
    again = witness()
    if behind:
        again.add_checkpoint(MAIN.request(0, behind))
    shown = AddCheckpoint(
        behind or 0, MAIN.proof(behind, 8) if behind else (), cosigned(before, MAIN.note(8), lines)
    )
    with pytest.raises(
        Unavailable, match=f"cosigned size 8 of {ORIGIN} before, and its state ends at {behind or 0}"
    ):
        again.add_checkpoint(shown)
    with pytest.raises(Unavailable, match="the state is an older copy"):  # for good, whatever comes
        again.add_checkpoint(MAIN.request(behind or 0, 9))
    assert before.add_checkpoint(AddCheckpoint(8, (), cosigned(before, MAIN.note(8), lines)))


def test_a_signature_of_ours_on_another_tree_of_the_size_is_noticed() -> None:
    other, one = witness(), witness()
    lines = other.add_checkpoint(FORK.request(0, 8))
    one.add_checkpoint(MAIN.request(0, 8))
    with pytest.raises(Unavailable, match="older copy"):
        one.add_checkpoint(AddCheckpoint(8, (), cosigned(other, FORK.note(8), lines)))


def test_what_a_log_publishes_is_looked_at() -> None:
    before, again = witness(), witness()
    lines = before.add_checkpoint(MAIN.request(0, 8))
    published = cosigned(before, MAIN.note(8), lines)
    before.look_at(published)
    again.look_at(MAIN.note(8))  # not cosigned: tells nothing
    assert again.state.stopped(ORIGIN) == ""
    with pytest.raises(Unavailable, match="the state is an older copy"):
        again.look_at(published)
    assert again.state.stopped(ORIGIN)
    with pytest.raises(Unknown):
        again.look_at(b"junk")


def test_lines_forged_in_our_name_stop_nothing() -> None:
    one = witness()
    forged = tuple(
        NoteSignature(cosigner.name, cosigner.vkey.key_id, b"\0" * 7 + b"\1" + b"x" * 64)
        for cosigner in one.cosigners
    )
    assert one.add_checkpoint(AddCheckpoint(0, (), cosigned(one, MAIN.note(8), forged)))


def test_a_state_that_changes_all_the_time() -> None:
    class Busy(MemoryWitnessState):
        def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
            return False

    with pytest.raises(Unavailable, match="changed 8 times"):
        witness(state=Busy()).add_checkpoint(MAIN.request(0, 5))


def test_the_loser_of_a_race_is_told_the_new_size() -> None:
    class Raced(MemoryWitnessState):
        """Somebody else gets size 20 in between."""

        def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
            if new.size == 8:
                super().advance(origin, expected, Seen(20, MAIN.root(20), MAIN.note(20), STAMP))
            return super().advance(origin, expected, new)

    with pytest.raises(Conflict, match="cosigned last has size 20"):
        witness(state=Raced()).add_checkpoint(MAIN.request(0, 8))


def test_every_changed_byte_of_a_request_is_refused_or_changes_nothing() -> None:
    """The old size, the proof and the checkpoint's text; of the signatures every 53rd byte."""
    data = MAIN.request(5, 8).encode()
    body = data.index(b"\n\n", data.index(ORIGIN.encode()))
    for at in [*range(body + 140), *range(body + 140, len(data), 53)]:
        one = witness()
        one.add_checkpoint(MAIN.request(0, 5))
        with pytest.raises(AssayError):
            one.add_checkpoint(AddCheckpoint.parse(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]))
        latest = one.state.latest(ORIGIN)
        assert latest is not None
        assert latest.size == 5


def test_a_witness_is_well_named_and_has_keys() -> None:
    with pytest.raises(Malformed, match="has a space"):
        Witness("a b", (ED25519,), {}, MemoryWitnessState(), lambda: STAMP)
    with pytest.raises(ValueError, match="needs a key"):
        Witness("a", (), {}, MemoryWitnessState(), lambda: STAMP)
    assert ML_DSA_44.algorithm == "ml-dsa-44"
