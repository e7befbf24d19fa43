from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import AT, PROVIDER, pair, signer, trust_root

from assay.errors import AssayError, Malformed, Refused, Untrusted
from assay.formats.dsse import Envelope
from assay.trust import change
from assay.trust.change import KeyChange
from assay.trust.envelope import sign, verify
from assay.trust.root import TrustRoot

OLD, NEW = pair("lighthouse"), pair("lighthouse 2027")
ROOT = trust_root(signer("lighthouse"), signer("beacon"))
ROTATION = change.rotation("lighthouse", OLD, NEW, AT)
LATER = AT + timedelta(days=1)


def verifies(keys: tuple[object, ...], root: TrustRoot, at: object) -> bool:
    envelope = sign("t", b"x", keys)  # type: ignore[arg-type]
    return verify(envelope, root, purpose="provider", provider=PROVIDER, at=at).verified  # type: ignore[arg-type]


def test_rotation_ends_the_old_and_starts_the_new_at_one_moment() -> None:
    root = change.rotate(ROOT, "lighthouse", [key.public for key in NEW], AT)
    before = AT - timedelta(microseconds=1)
    assert [verifies(OLD, root, before), verifies(NEW, root, before)] == [True, False]
    assert [verifies(OLD, root, AT), verifies(NEW, root, AT)] == [False, True]
    assert root.signer("beacon") == ROOT.signer("beacon")


def test_rotation_of_one_algorithm_keeps_the_other() -> None:
    root = change.rotate(ROOT, "lighthouse", [NEW[0].public], AT)
    assert verifies((NEW[0], OLD[1]), root, LATER)


def test_keys_made_at_the_moment_of_the_rotation_are_gone() -> None:
    made = change.rotate(ROOT, "lighthouse", [key.public for key in NEW], AT)
    newest = pair("lighthouse 2028")
    root = change.rotate(made, "lighthouse", [key.public for key in newest], AT)
    assert [verifies(NEW, root, LATER), verifies(newest, root, LATER)] == [False, True]


def test_a_rotation_brings_new_keys() -> None:
    with pytest.raises(Refused, match="already stands under 'lighthouse'"):
        change.rotate(ROOT, "lighthouse", [OLD[0].public], AT)
    with pytest.raises(Malformed, match="stands under both"):
        change.rotate(ROOT, "lighthouse", [pair("beacon")[0].public], AT)
    with pytest.raises(Refused, match="signer 'nobody' is not in the trust root"):
        change.rotate(ROOT, "nobody", [NEW[0].public], AT)


def test_the_earlier_revocation_stays() -> None:
    once = change.revoke(ROOT, OLD[0].public.keyid, AT, "stolen")
    assert change.revoke(once, OLD[0].public.keyid, LATER, "again") == once
    earlier = change.revoke(once, OLD[0].public.keyid, AT - timedelta(days=9), "stolen before")
    assert earlier != once
    with pytest.raises(Refused, match="stands under no signer"):
        change.revoke(ROOT, "00" * 32, AT, "x")


def test_a_signed_rotation_makes_the_same_edit() -> None:
    assert change.apply(ROTATION, ROOT, at=LATER) == change.rotate(
        ROOT, "lighthouse", [key.public for key in NEW], AT
    )


def test_a_signed_revocation_makes_the_same_edit() -> None:
    envelope = change.revocation("lighthouse", OLD, [OLD[0].public.keyid], AT, "stolen")
    assert change.apply(envelope, ROOT, at=LATER) == change.revoke(ROOT, OLD[0].public.keyid, AT, "stolen")


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        pytest.param(change.rotation("lighthouse", (), NEW, AT), "key change of 'lighthouse': signatures[0]", id="old did not sign"),
        pytest.param(change.rotation("lighthouse", OLD[:1], NEW, AT), "no good signature by ml-dsa-65", id="one old key only"),
        pytest.param(change.rotation("lighthouse", pair("beacon"), NEW, AT), "is signed by 'beacon'", id="another signer"),
        pytest.param(
            sign(change.PAYLOAD_TYPE, ROTATION.payload, (*OLD, NEW[0])), "(ml-dsa-65) did not sign its own rotation", id="new did not sign"
        ),
        pytest.param(change.rotation("lighthouse", OLD, NEW, LATER + timedelta(seconds=1)), "after it was received", id="from the future"),
        pytest.param(change.rotation("nobody", OLD, NEW, AT), "'nobody' is not in the trust root", id="unknown signer"),
        pytest.param(
            change.revocation("lighthouse", OLD, [pair("beacon")[0].public.keyid], AT, "x"), "does not stand under 'lighthouse'",
            id="another signer's key",
        ),
    ],
)  # fmt: skip
def test_refuses(envelope: Envelope, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        change.apply(envelope, ROOT, at=LATER)
    assert reason in str(caught.value)


def test_old_keys_cannot_rotate_twice() -> None:
    root = change.apply(ROTATION, ROOT, at=LATER)
    again = change.rotation("lighthouse", OLD, pair("thief"), LATER)
    with pytest.raises(Untrusted, match="was valid only until"):
        change.apply(again, root, at=LATER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b'"version":1', b'"version":2', "version 2, expected", id="later version"),
        pytest.param(b"assay-key-change", b"other", "is 'other' version 1", id="another document"),
        pytest.param(b'"revoke":[]', b'"revoke":[' + b",".join([b'"00"'] * 33) + b"]", "names over 32 keys", id="many revoked"),
        pytest.param(b'"add":[', b'"add":[' + b'{"algorithm":"ed25519","public":""},' * 32, "names over 32 keys", id="many added"),
        pytest.param(b'"signer":', b' "signer":', "not in its canonical form", id="white space"),
        pytest.param(b'"reason":""', b'"reason":"","x":1', "unknown field", id="unknown field"),
        pytest.param(b'"revoke":[]', b'"revoke":["00"]', "either add keys or revoke", id="both"),
        pytest.param(b"2026-11-01T12:00:00Z", b"2026-11-01T13:00:00+01:00", "canonical", id="other spelling of the time"),
    ],
)  # fmt: skip
def test_documents_have_one_spelling(old: bytes, new: bytes, message: str) -> None:
    payload = ROTATION.payload.replace(old, new)
    assert payload != ROTATION.payload
    with pytest.raises(Malformed, match=message):
        KeyChange.parse(payload)


def test_another_payload_type_is_no_key_change() -> None:
    with pytest.raises(Malformed, match="payloadType is 't'"):
        change.apply(sign("t", ROTATION.payload, (*OLD, *NEW)), ROOT, at=LATER)


@given(st.integers(0, len(ROTATION.payload) - 1), st.integers(1, 255))
def test_any_changed_byte_gives_an_assay_error(at: int, flip: int) -> None:
    data = ROTATION.payload[:at] + bytes([ROTATION.payload[at] ^ flip]) + ROTATION.payload[at + 1 :]
    with suppress(AssayError):
        KeyChange.parse(data)
    with pytest.raises(AssayError):
        change.apply(msgspec.structs.replace(ROTATION, payload=data), ROOT, at=LATER)


def test_misuse_is_a_bug() -> None:
    with pytest.raises(ValueError, match="says why"):
        change.revoke(ROOT, OLD[0].public.keyid, AT, "")
    with pytest.raises(ValueError, match="needs new keys"):
        change.rotate(ROOT, "lighthouse", [], AT)
    with pytest.raises(ValueError, match="at least one key"):
        sign("t", b"x", [])
