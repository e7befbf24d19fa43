import struct
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import ED25519, KEYS, ML_DSA_44, ORIGIN, STAMP, signed
from tests.support.signing import private

from assay.errors import AssayError, Malformed, TooLarge, Untrusted
from assay.formats.note import Note, NoteSignature
from assay.register import checkpoint
from assay.register.checkpoint import Checkpoint
from assay.register.merkle import EMPTY_ROOT

# The example of c2sp.org/tlog-checkpoint.
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = b"r" * 32
NOTE = signed(5, ROOT)
PARSED = Note.parse(NOTE)
checkpoints = st.builds(
    Checkpoint,
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=30),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=9), max_size=2
    ).map(tuple),
)


@given(checkpoints)
def test_round_trips(one: Checkpoint) -> None:
    assert Checkpoint.parse(one.encode()) == one


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("20852163", "020852163", "canonical form", id="leading zero"),
        pytest.param("20852163", "+20852163", "not a decimal", id="sign"),
        pytest.param("20852163", "20_852_163", "not a decimal", id="digit separators"),
        pytest.param("20852163", " 20852163", "not a decimal", id="space"),
        pytest.param("20852163", "２0852163", "not a decimal", id="full-width digit"),
        pytest.param("20852163", "9" * 19, "has size 9999", id="size past 2**63"),
        pytest.param("20852163", "9" * 20, "not a decimal", id="size of 20 digits"),
        pytest.param("2I=\n", "2J=\n", "not standard base64", id="base64 with stray low bits"),
        pytest.param("CsUYapGG", "", "a root of 26 bytes, expected 32", id="short root"),
        pytest.param("2I=\n", "2I=", "each ended by a newline", id="no final newline"),
        pytest.param("2I=\n", "2I=\n\n", "non-empty lines", id="empty extension"),
        pytest.param("example.com/behind-the-sofa", "", "non-empty lines", id="empty origin"),
        pytest.param("2I=\n", "2I=\r\n", "not standard base64", id="carriage return"),
        pytest.param("20852163\n", "", "non-empty lines", id="two lines"),
    ],
)
def test_rejects(old: str, new: str, message: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(Malformed, match=message):
        Checkpoint.parse(EXAMPLE.replace(old, new))


def test_limit() -> None:
    with pytest.raises(TooLarge, match="over 4096"):
        Checkpoint.parse(EXAMPLE + "x" * 5000 + "\n")


def test_both_signatures_verify() -> None:
    found = checkpoint.open_(NOTE, KEYS)
    assert found.checkpoint == Checkpoint(ORIGIN, 5, ROOT)
    assert found.timestamp == STAMP
    assert [len(line.signature) for line in found.note.signatures] == [64, 8 + 2420]


def test_an_empty_log_has_a_checkpoint() -> None:
    assert checkpoint.open_(signed(0, EMPTY_ROOT), KEYS).checkpoint.size == 0


def test_the_cosigned_message_is_laid_out_as_the_specification_says() -> None:
    message = checkpoint.cosigned_message("w.example/1", 7, "log.example", ROOT, end=9)
    names = b"subtree/v1\n\0\x0bw.example/1", b"\x0blog.example"
    assert message == names[0] + bytes(7) + b"\7" + names[1] + bytes(15) + b"\x09" + ROOT
    assert len(message) == 12 + 12 + 8 + 12 + 16 + 32


def altered(*signatures: NoteSignature, text: str = PARSED.text) -> bytes:
    return Note(text, signatures).encode()


CLASSICAL, QUANTUM = PARSED.signatures


@pytest.mark.parametrize(
    ("note", "message"),
    [
        pytest.param(altered(CLASSICAL), "lacks a signature by ml-dsa-44 under a known key", id="post-quantum missing"),
        pytest.param(altered(QUANTUM), "lacks a signature by ed25519", id="classical missing"),
        pytest.param(altered(CLASSICAL, CLASSICAL, QUANTUM), "2 signatures of key", id="signed twice"),
        pytest.param(altered(CLASSICAL, QUANTUM, text=PARSED.text.replace("\n5\n", "\n6\n")), "does not verify", id="size"),
        pytest.param(altered(CLASSICAL, QUANTUM, text=PARSED.text + "extra\n"), "extension lines", id="extension line"),
        pytest.param(
            altered(CLASSICAL, QUANTUM, text=PARSED.text.replace("3f9c", "3f9d")), "is of 'register.example/3f9d'",
            id="another log",
        ),
        pytest.param(
            altered(CLASSICAL, msgspec.structs.replace(QUANTUM, signature=bytes(8) + QUANTUM.signature[8:])),
            "has timestamp 0", id="timestamp zero",
        ),
        pytest.param(
            altered(CLASSICAL, msgspec.structs.replace(QUANTUM, signature=b"\xff" * 8 + QUANTUM.signature[8:])),
            "has timestamp 18446744073709551615", id="timestamp past 2**63",
        ),
        pytest.param(
            altered(CLASSICAL, msgspec.structs.replace(QUANTUM, signature=struct.pack(">Q", STAMP + 1) + QUANTUM.signature[8:])),
            "does not verify", id="timestamp moved",
        ),
        pytest.param(
            altered(CLASSICAL, msgspec.structs.replace(QUANTUM, signature=b"x")), "does not verify|has timestamp", id="short",
        ),
        pytest.param(
            altered(msgspec.structs.replace(CLASSICAL, name="register.example/other"), QUANTUM),
            "lacks a signature by ed25519", id="under another name",
        ),
        pytest.param(
            altered(msgspec.structs.replace(CLASSICAL, signature=QUANTUM.signature[:64]), QUANTUM), "does not verify", id="forged",
        ),
    ],
)  # fmt: skip
def test_refuses(note: bytes, message: str) -> None:
    assert note != NOTE
    with pytest.raises(AssayError, match=message):
        checkpoint.open_(note, KEYS)


def test_every_changed_byte_is_rejected() -> None:
    """Text and signatures; base64 of the long signature every 61st byte."""
    places = [*range(len(PARSED.text) + 130), *range(len(PARSED.text) + 130, len(NOTE), 61), len(NOTE) - 1]
    for at in places:
        with pytest.raises(AssayError):
            checkpoint.open_(NOTE[:at] + bytes([NOTE[at] ^ 1]) + NOTE[at + 1 :], KEYS)


def test_the_policy_may_ask_for_one_scheme_but_not_for_none() -> None:
    only = altered(CLASSICAL)
    assert checkpoint.open_(only, KEYS, required=("ed25519",)).timestamp == 0
    extended = Checkpoint(ORIGIN, 5, ROOT, ("extra",)).encode()
    line = NoteSignature(ORIGIN, CLASSICAL.key_id, ED25519.sign(extended.encode()))
    assert checkpoint.open_(
        altered(line, text=extended), KEYS, required=("ed25519",)
    ).checkpoint.extensions == ("extra",)
    with pytest.raises(ValueError, match="proves nothing"):
        checkpoint.open_(NOTE, KEYS, required=())


def test_a_known_key_that_fails_refuses_even_where_it_is_not_required() -> None:
    broken = altered(CLASSICAL, msgspec.structs.replace(QUANTUM, signature=QUANTUM.signature[:-1] + b"x"))
    with pytest.raises(Untrusted, match="does not verify"):
        checkpoint.open_(broken, KEYS, required=("ed25519",))


def test_strangers_signatures_are_ignored() -> None:
    stranger = NoteSignature("witness.example/w1", b"1234", b"?" * 72)
    same_name = NoteSignature(ORIGIN, b"1234", b"?" * 64)
    assert checkpoint.open_(altered(stranger, CLASSICAL, same_name, QUANTUM), KEYS).checkpoint.size == 5


def test_old_and_new_keys_sign_while_a_rotation_is_under_way() -> None:
    new = private("ed25519", "new"), private("ml-dsa-44", "new")
    data = checkpoint.sign(Checkpoint(ORIGIN, 5, ROOT), (ED25519, ML_DSA_44, *new), STAMP)
    later = msgspec.structs.replace(KEYS, ed25519=(new[0].public,), ml_dsa_44=(new[1].public,))
    for keys in (KEYS, later):
        assert checkpoint.open_(data, keys).checkpoint.size == 5


def test_misuse_is_a_bug() -> None:
    one = Checkpoint(ORIGIN, 5, ROOT)
    for keys, stamp in (((ED25519,), 0), ((ED25519,), 2**63), ((), 1)):
        with pytest.raises(ValueError, match="at least one key, at a time after 0"):
            checkpoint.sign(one, keys, stamp)
    with pytest.raises(ValueError, match="does not cover extension lines"):
        checkpoint.sign(Checkpoint(ORIGIN, 5, ROOT, ("x",)), (ED25519,), 1)
    with pytest.raises(ValueError, match="not with ml-dsa-65"):
        checkpoint.sign(one, (private("ml-dsa-65", "x"),), 1)
    with pytest.raises(Malformed, match="expected 1 to 255"):
        checkpoint.cosigned_message("", 1, ORIGIN, ROOT, end=1)


@given(st.binary(max_size=80), st.integers(0, len(NOTE) - 1))
def test_any_bytes_give_an_assay_error(junk: bytes, cut: int) -> None:
    for data in (junk, NOTE[:cut]):
        with pytest.raises(AssayError):
            checkpoint.open_(data, KEYS)
        with suppress(AssayError):
            Checkpoint.parse(data.decode(errors="replace"))
