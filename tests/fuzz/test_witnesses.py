"""Whatever reaches a witness or somebody who counts witnesses: an answer, or one of our errors, and never a forgotten state."""

from contextlib import suppress

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged
from tests.support.register import KEYS, ORIGIN, STAMP
from tests.support.signing import private
from tests.support.witnesses import History, cosigners, policy, witness

from assay.errors import AssayError
from assay.formats.note import Note
from assay.formats.tlog_witness import AddCheckpoint
from assay.register import checkpoint, cosignature
from assay.register.cosignature import Cosigner
from assay.register.quorum import Quorum

MAIN = History(size=10)
NAME = "witness.example/w1"
POLICY = policy(NAME)
QUORUM = Quorum.parse(POLICY)
REQUEST = MAIN.request(5, 8).encode()


def cosigned() -> bytes:
    signed = checkpoint.open_(MAIN.note(8), KEYS)
    keys = private("ed25519", NAME), private("ml-dsa-44", NAME)
    lines = tuple(cosignature.sign(signed.checkpoint, NAME, key, STAMP) for key in keys)
    return msgspec.structs.replace(signed.note, signatures=(*signed.note.signatures, *lines)).encode()


NOTE = cosigned()


@given(damaged(REQUEST))
def test_requests(data: bytes) -> None:
    one = witness()
    one.add_checkpoint(MAIN.request(0, 5))
    size = 5
    with suppress(AssayError):
        request = AddCheckpoint.parse(data)
        one.add_checkpoint(request)
        # Only lines of strangers may have come to it.
        assert (request.old, request.proof) == (5, MAIN.proof(5, 8))
        assert Note.parse(request.checkpoint).text == Note.parse(MAIN.note(8)).text
        size = 8
    latest = one.state.latest(ORIGIN)
    assert latest is not None
    assert (latest.size, latest.root) == (size, MAIN.root(size))


@given(damaged(NOTE))
def test_notes(data: bytes) -> None:
    with suppress(AssayError):
        note = Note.parse(data)
        found = QUORUM.judge(note)
        assert not found.satisfied or note.text == Note.parse(NOTE).text


@given(
    st.one_of(
        damaged(cosigners(NAME)[0].vkey.encode().encode()), damaged(cosigners(NAME)[1].vkey.encode().encode())
    )
)
def test_verifier_keys(data: bytes) -> None:
    with suppress(AssayError):
        text = data.decode(errors="replace")
        assert Cosigner.parse(text).vkey.encode() == text


@given(damaged(POLICY))
def test_policies(data: bytes) -> None:
    with suppress(AssayError):
        assert Quorum.parse(Quorum.parse(data).policy.encode()).policy == Quorum.parse(data).policy
