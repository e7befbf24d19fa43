import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import ED25519, KEYS, ML_DSA_44, ORIGIN, STAMP, signed
from tests.support.signing import private
from tests.support.witnesses import cosigners, policy

from assay.errors import Malformed, Unsupported, Untrusted
from assay.formats.note import Note, Vkey
from assay.register import checkpoint, cosignature
from assay.register.body import Checkpoint
from assay.register.quorum import Quorum

ROOT = b"r" * 32
BODY = Checkpoint(ORIGIN, 5, ROOT)
NAMES = tuple(f"witness.example/w{n}" for n in range(1, 7))
LINES = {name: cosignature.sign(BODY, name, private("ed25519", name), STAMP) for name in NAMES}
LOG = Note.parse(signed(5, ROOT))


def note(*names: str) -> Note:
    return msgspec.structs.replace(LOG, signatures=(*LOG.signatures, *(LINES[name] for name in names)))


def quorum(*rules: str) -> Quorum:
    lines = [f"witness {name[-2:]} {cosigners(name)[0].vkey.encode()}" for name in NAMES]
    return Quorum.parse("\n".join([*lines, *rules, ""]).encode())


TWO_LEVELS = quorum("group X 2 w1 w2 w3", "group Y any w4 w5 w6", "group XY all X Y", "quorum XY")
CASES: dict[str, tuple[Quorum, Callable[[set[str]], bool]]] = {
    "one witness": (quorum("quorum w2"), lambda w: "w2" in w),
    "any of three": (quorum("group g any w1 w2 w3", "quorum g"), lambda w: bool(w & {"w1", "w2", "w3"})),
    "all of three": (quorum("group g all w1 w2 w3", "quorum g"), lambda w: w >= {"w1", "w2", "w3"}),
    "two levels": (TWO_LEVELS, lambda w: len(w & {"w1", "w2", "w3"}) >= 2 and bool(w & {"w4", "w5", "w6"})),
    "a group of one": (quorum("group g 1 w1", "group h all g", "quorum h"), lambda w: "w1" in w),
    "an unused group": (quorum("group g all w1 w2", "quorum w3"), lambda w: "w3" in w),
    "none": (quorum("quorum none"), lambda _: True),
}


@pytest.mark.parametrize("case", CASES)
def test_every_set_of_witnesses(case: str) -> None:
    policy_, expected = CASES[case]
    seen = set()
    for count in range(len(NAMES) + 1):
        for some in itertools.combinations(NAMES, count):
            names = {name[-2:] for name in some}
            found = policy_.judge(note(*some))
            assert found.satisfied == policy_.satisfied_by(note(*some)) == expected(names), some
            assert set(found.by) == names
            assert set(found.missing) == {name[-2:] for name in NAMES} - names
            seen.add(found.satisfied)
    assert seen == ({True} if case == "none" else {True, False})


@given(st.sets(st.sampled_from(NAMES)), st.sampled_from(NAMES))
def test_one_more_witness_never_hurts(some: set[str], more: str) -> None:
    for policy_, _ in CASES.values():
        assert policy_.satisfied_by(note(*(some | {more}))) >= policy_.satisfied_by(note(*some))


def test_says_what_is_there_and_what_is_asked_for() -> None:
    assert TWO_LEVELS.judge(note(NAMES[0])).reason == "cosigned by w1; the policy asks for 2 of X, Y"
    assert (
        quorum("quorum w2").judge(note()).reason
        == "cosigned by no witness of the policy; the policy asks for w2"
    )
    assert quorum("quorum none").judge(note()).reason == "the policy asks for no witness"
    assert not quorum("quorum none").requires_witnesses
    assert TWO_LEVELS.requires_witnesses


def test_both_keys_of_a_witness() -> None:
    both = Quorum.parse(policy(NAMES[0]))
    quantum = cosignature.sign(BODY, NAMES[0], private("ml-dsa-44", NAMES[0]), STAMP)
    whole = msgspec.structs.replace(LOG, signatures=(*LOG.signatures, LINES[NAMES[0]], quantum))
    assert both.satisfied_by(whole)
    assert not both.satisfied_by(note(NAMES[0]))


def test_a_line_that_fails_refuses_the_note_even_if_others_are_enough() -> None:
    bad = msgspec.structs.replace(LINES[NAMES[1]], signature=LINES[NAMES[0]].signature)
    forged = msgspec.structs.replace(LOG, signatures=(*LOG.signatures, LINES[NAMES[0]], bad))
    with pytest.raises(Untrusted, match="does not verify"):
        quorum("quorum w1").judge(forged)
    twice = msgspec.structs.replace(LOG, signatures=(*LOG.signatures, LINES[NAMES[0]], LINES[NAMES[0]]))
    with pytest.raises(Malformed, match="carries 2 signatures"):
        quorum("quorum w1").judge(twice)


def test_a_cosignature_of_another_tree_does_not_count() -> None:
    other = cosignature.sign(Checkpoint(ORIGIN, 6, ROOT), NAMES[0], private("ed25519", NAMES[0]), STAMP)
    with pytest.raises(Untrusted, match="does not verify"):
        quorum("quorum w1").judge(msgspec.structs.replace(LOG, signatures=(*LOG.signatures, other)))


def test_no_signature_of_the_log_counts_as_a_witness() -> None:
    own = Vkey(ORIGIN, 0x06, KEYS.ml_dsa_44[0].raw).encode()
    with pytest.raises(Malformed, match="has the key of a log, which cannot witness itself"):
        Quorum.parse(f"log {own}\nwitness w {own}\nquorum w\n".encode())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"witness w {Vkey('w.example', 0x01, ED25519.public.raw).encode()}", "type 0x01, expected a cosigner's"),
        (f"witness w {Vkey('w.example', 0x06, ED25519.public.raw).encode()}", "32 bytes, expected 1312"),
        (f"log {Vkey('l.example', 0x04, ED25519.public.raw).encode()}", "type 0x04, expected 0x01"),
        (f"log {Vkey('l.example', 0x02, b'x' * 80).encode()}", "type 0x02, expected 0x01"),
        (f"log {Vkey('l.example', 0x01, b'x' * 31).encode()}", "31 bytes, expected 32"),
    ],
)  # fmt: skip
def test_keys_of_the_wrong_kind(line: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        Quorum.parse(f"{line}\nquorum none\n".encode())
    assert issubclass(Unsupported, Malformed)


def test_the_logs_of_a_policy() -> None:
    keys = [Vkey(ORIGIN, 0x01, ED25519.public.raw), Vkey(ORIGIN, 0x06, ML_DSA_44.public.raw)]
    found = Quorum.parse(
        "".join(f"log {key.encode()}\n" for key in keys).encode() + b"quorum none\n"
    ).log_keys(ORIGIN)
    assert found is not None
    assert checkpoint.open_(signed(5, ROOT), found).checkpoint == BODY
    assert quorum("quorum none").log_keys(ORIGIN) is None
