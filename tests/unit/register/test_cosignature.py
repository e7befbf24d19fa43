import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.register import ORIGIN, STAMP, signed
from tests.support.signing import private

from assay.crypto.keys import PrivateKey
from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats.note import Note, NoteSignature, Vkey
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.cosignature import Cosigner

NAME = "witness.example/w1"
ROOT = b"r" * 32
BODY = Checkpoint(ORIGIN, 5, ROOT)
KEYS = {"ed25519": private("ed25519", "w1"), "ml-dsa-44": private("ml-dsa-44", "w1")}
BOTH = tuple(Cosigner(NAME, key.public) for key in KEYS.values())
LINES = {name: cosignature.sign(BODY, NAME, key, STAMP) for name, key in KEYS.items()}


def note(*lines: NoteSignature, body: Checkpoint = BODY) -> Note:
    return Note(body.encode(), lines)


def test_the_ed25519_message_is_that_of_the_specification() -> None:
    body = Checkpoint.parse(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    assert cosignature.message(body, BOTH[0], 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_signs_and_verifies(algorithm: str) -> None:
    key, line = KEYS[algorithm], LINES[algorithm]
    cosigner = Cosigner(NAME, key.public)
    assert Cosigner.parse(cosigner.vkey.encode()) == cosigner
    assert cosignature.verify(BODY, line, cosigner).timestamp == STAMP
    assert line.signature[:8] == struct.pack(">Q", STAMP)
    assert {"ed25519": 0x04, "ml-dsa-44": 0x06}[algorithm] == cosigner.vkey.kind


def test_several_witnesses_in_one_note() -> None:
    others = [private("ed25519", f"w{n}") for n in range(2, 9)]
    names = [f"witness.example/w{n}" for n in range(2, 9)]
    lines = [cosignature.sign(BODY, name, key, STAMP) for name, key in zip(names, others, strict=True)]
    known = [Cosigner(name, key.public) for name, key in zip(names, others, strict=True)]
    whole = Note.parse(note(*LINES.values(), *reversed(lines)).encode())
    assert [one.cosigner for one in cosignature.verified(whole, BODY, known)] == known
    assert cosignature.verified(whole, BODY, known[::-1])[0].cosigner == known[-1]
    assert cosignature.verified(whole, BODY, ()) == ()


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_byte_of_line_and_body_counts(algorithm: str) -> None:
    line, cosigner = LINES[algorithm], Cosigner(NAME, KEYS[algorithm].public)
    step = 1 if algorithm == "ed25519" else 37
    for at in range(0, len(line.signature), step):
        flipped = line.signature[:at] + bytes([line.signature[at] ^ 1]) + line.signature[at + 1 :]
        with pytest.raises(Untrusted):
            cosignature.verify(BODY, msgspec.structs.replace(line, signature=flipped), cosigner)
    bodies = [
        msgspec.structs.replace(BODY, origin="register.example/3f9d"),
        msgspec.structs.replace(BODY, size=6),
        *(msgspec.structs.replace(BODY, root=ROOT[:at] + b"s" + ROOT[at + 1 :]) for at in range(32)),
    ]
    for body in bodies:
        with pytest.raises(Untrusted, match="does not verify"):
            cosignature.verify(body, line, cosigner)


def test_what_each_form_covers() -> None:
    extended = msgspec.structs.replace(BODY, extensions=("extra",))
    classical, quantum = BOTH
    with pytest.raises(Untrusted, match="does not verify"):
        cosignature.verify(extended, LINES["ed25519"], classical)
    assert cosignature.verify(extended, LINES["ml-dsa-44"], quantum)  # no statement about extension lines
    renamed = Cosigner("witness.example/w2", quantum.public)
    line = msgspec.structs.replace(LINES["ml-dsa-44"], name=renamed.name, key_id=renamed.vkey.key_id)
    with pytest.raises(Untrusted, match="does not verify"):
        cosignature.verify(BODY, line, renamed)


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        pytest.param(msgspec.structs.replace(LINES["ed25519"], signature=bytes(8) + LINES["ed25519"].signature[8:]),
                     Untrusted, "has timestamp 0, expected the time of signing", id="no time"),
        pytest.param(msgspec.structs.replace(LINES["ml-dsa-44"], signature=b"\x80" + LINES["ml-dsa-44"].signature[1:]),
                     Untrusted, "ML-DSA-44 signature of 'witness.example/w1' has timestamp", id="time past 2**63"),
        pytest.param(msgspec.structs.replace(LINES["ed25519"], signature=LINES["ed25519"].signature + b"x"),
                     Untrusted, "does not verify", id="longer"),
        pytest.param(msgspec.structs.replace(LINES["ed25519"], signature=LINES["ed25519"].signature[:-1]),
                     Untrusted, "does not verify", id="shorter"),
        pytest.param(msgspec.structs.replace(LINES["ed25519"], signature=b"x"), Untrusted, "does not verify|timestamp", id="tiny"),
    ],
)  # fmt: skip
def test_a_known_witness_that_fails_refuses_the_note(
    line: NoteSignature, error: type[AssayError], message: str
) -> None:
    with pytest.raises(error, match=message):
        cosignature.verified(note(line), BODY, BOTH)


def test_two_lines_of_one_key_are_refused_and_strangers_ignored() -> None:
    later = cosignature.sign(BODY, NAME, KEYS["ed25519"], STAMP + 1)
    with pytest.raises(Malformed, match="carries 2 signatures of key"):
        cosignature.verified(note(LINES["ed25519"], later), BODY, BOTH)
    stranger = NoteSignature("witness.example/w9", LINES["ed25519"].key_id, b"x" * 72)
    same_name = NoteSignature(NAME, b"1234", b"x" * 72)
    found = cosignature.verified(note(stranger, LINES["ed25519"], same_name), BODY, BOTH)
    assert [one.line for one in found] == [LINES["ed25519"]]


@pytest.mark.parametrize(
    ("vkey", "message"),
    [
        pytest.param(Vkey(NAME, 0x01, KEYS["ed25519"].public.raw), "type 0x01, expected a cosigner's", id="a log's key"),
        pytest.param(Vkey(NAME, 0x02, b"x" * 65), "type 0x02", id="ECDSA"),
        pytest.param(Vkey(NAME, 0x04, b"x" * 31), "31 bytes, expected 32", id="short"),
        pytest.param(Vkey(NAME, 0x06, KEYS["ed25519"].public.raw), "32 bytes, expected 1312", id="the other algorithm's"),
        pytest.param(Vkey(NAME, 0x04, bytes(32)), "small order", id="small order"),
    ],
)  # fmt: skip
def test_keys_that_cannot_cosign(vkey: Vkey, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        Cosigner.of(vkey)
    assert issubclass(Unsupported, Malformed)


@pytest.mark.parametrize(
    ("key", "stamp", "message"),
    [
        (KEYS["ed25519"], 0, "at a time after 0"),
        (KEYS["ed25519"], 2**63, "at a time after 0"),
        (private("ml-dsa-65", "x"), 1, "not with ml-dsa-65"),
    ],
)
def test_misuse_is_a_bug(key: PrivateKey, stamp: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cosignature.sign(BODY, NAME, key, stamp)


def test_more_misuse() -> None:
    with pytest.raises(ValueError, match="not the body"):
        cosignature.verified(Note.parse(signed(6, ROOT)), BODY, BOTH)
    with pytest.raises(ValueError, match="not of 'other"):
        cosignature.verify(BODY, LINES["ed25519"], Cosigner("other.example", KEYS["ed25519"].public))


@settings(max_examples=50)
@given(st.binary(min_size=1, max_size=90))
def test_any_bytes_give_an_assay_error(junk: bytes) -> None:
    for line in LINES.values():
        with pytest.raises(AssayError):
            cosignature.verified(note(msgspec.structs.replace(line, signature=junk)), BODY, BOTH)
