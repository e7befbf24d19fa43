import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats.digest import Digest
from assay.formats.dsse import MAX_SIGNATURES, DsseSignature, Envelope, pae

EXAMPLE = Envelope(
    "application/vnd.in-toto+json", b'{"a":"\xfb\xff\xfe"}', (DsseSignature(b"\xfb\xff\xfe" * 21, "k"),)
)
envelopes = st.builds(
    Envelope,
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    st.binary(max_size=60),
    st.lists(
        st.builds(
            DsseSignature,
            st.binary(min_size=1, max_size=80),
            st.text(st.characters(codec="utf-8"), max_size=20),
        ),
        min_size=1,
        max_size=MAX_SIGNATURES,
    ).map(tuple),
)


def wire(**changes: Any) -> bytes:
    return json.dumps({**json.loads(EXAMPLE.encode()), **changes}).encode()


@given(envelopes)
def test_round_trips(envelope: Envelope) -> None:
    assert Envelope.parse(envelope.encode()) == envelope


def test_pae_is_the_specification_s_example() -> None:
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_pae_counts_bytes() -> None:
    assert pae("é", "ü".encode()) == "DSSEv1 2 é 2 ü".encode()


@given(envelopes, envelopes)
def test_pae_is_injective(one: Envelope, other: Envelope) -> None:
    same = (one.payload_type, one.payload) == (other.payload_type, other.payload)
    assert (one.signed == other.signed) == same


def test_identity_is_the_payload_s_digest_whatever_signs_it() -> None:
    resigned = Envelope(EXAMPLE.payload_type, EXAMPLE.payload, (DsseSignature(b"other"),))
    assert EXAMPLE.identity == resigned.identity == Digest.sha256(EXAMPLE.payload)


def test_reads_the_url_safe_alphabet() -> None:
    url = base64.urlsafe_b64encode(EXAMPLE.payload).decode()
    assert "_" in url
    assert Envelope.parse(wire(payload=url)) == EXAMPLE


def test_tolerates_unknown_fields_and_a_missing_keyid() -> None:
    sig = json.loads(EXAMPLE.encode())["signatures"][0]["sig"]
    parsed = Envelope.parse(wire(extra=1, signatures=[{"sig": sig, "cert": "x"}]))
    assert parsed.signatures == (DsseSignature(EXAMPLE.signatures[0].signature, ""),)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"signatures": []}, "carries no signature, expected 1 to 16", id="no signature"),
        pytest.param({"signatures": [{"sig": "AAAA"}] * 17}, "carries 17 signatures, over 16", id="too many"),
        pytest.param({"signatures": [{"sig": ""}]}, r"signatures\[0\].sig is empty", id="empty signature"),
        pytest.param({"signatures": [{"sig": "A" * 24000}]}, "over 16384", id="huge signature"),
        pytest.param(
            {"signatures": [{"sig": "AAAA", "keyid": "k" * 1025}]}, "keyid has 1025", id="huge key id"
        ),
        pytest.param({"signatures": [{"sig": "AAAA", "keyid": 1}]}, "Expected `str`", id="keyid a number"),
        pytest.param({"signatures": [{}]}, "sig", id="signature without sig"),
        pytest.param({"payload": "AA"}, "payload is not standard or URL-safe", id="padding missing"),
        pytest.param({"payload": "AB=="}, "one spelling", id="stray low bits"),
        pytest.param({"payload": "+A_A"}, "not standard or URL-safe", id="alphabets mixed"),
        pytest.param({"payload": "AAAA\n"}, "not standard or URL-safe", id="newline"),
        pytest.param({"payload": "AAéA"}, "not standard or URL-safe", id="not ASCII"),
        pytest.param({"payloadType": ""}, "payloadType has 0 characters", id="no type"),
        pytest.param({"payloadType": "t" * 257}, "payloadType has 257", id="long type"),
        pytest.param({"payloadType": None}, "Expected `str`", id="null type"),
    ],
)
def test_rejects(changes: dict[str, Any], message: str) -> None:
    data = wire(**changes)
    assert json.loads(data) != json.loads(EXAMPLE.encode())
    with pytest.raises(Malformed, match=message):
        Envelope.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b'{"payloadType":"t","payloadType":"u","payload":"","signatures":[{"sig":"AAAA"}]}',
            id="key twice",
        ),
        pytest.param(b'{"payload":"x","payload":"",' + EXAMPLE.encode()[1:], id="key twice before ours"),
        pytest.param(EXAMPLE.encode()[:-1], id="truncated"),
        pytest.param(EXAMPLE.encode() + b"{}", id="trailing"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(
            b'{"payloadType":"\\ud800","payload":"","signatures":[{"sig":"AAAA"}]}', id="lone surrogate"
        ),
    ],
)
def test_rejects_bytes(data: bytes) -> None:
    with pytest.raises(Malformed):
        Envelope.parse(data)


def test_an_envelope_still_to_be_signed_is_read_where_it_is_asked_for() -> None:
    bare = Envelope("t", b"x", ())
    assert Envelope.parse(bare.encode(), unsigned=True) == bare
    assert Envelope.parse(EXAMPLE.encode(), unsigned=True) == EXAMPLE


def test_limit() -> None:
    with pytest.raises(TooLarge, match="over the limit of 10"):
        Envelope.parse(EXAMPLE.encode(), limit=10)


@given(st.binary(max_size=100), st.integers(0, len(EXAMPLE.encode()) - 1), st.integers(1, 255))
def test_any_bytes_give_an_assay_error_or_an_envelope(junk: bytes, at: int, flip: int) -> None:
    whole = EXAMPLE.encode()
    for data in (junk, whole[:at], whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]):
        with suppress(AssayError):
            assert isinstance(Envelope.parse(data), Envelope)
