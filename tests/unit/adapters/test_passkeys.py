"""Answers of authenticators: right ones, and those that differ in one thing."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.authenticator import (
    ATTESTED,
    ORIGIN,
    PRESENT,
    SITE,
    VERIFIED,
    Authenticator,
    Wrong,
    b64url,
    passkeys,
    unb64url,
)

from assay.adapters.passkeys import WebAuthnPasskeys
from assay.errors import Malformed, Untrusted
from assay.office.identity.account import Passkey
from assay.office.identity.ports import Enrolled

CHALLENGE = bytes(range(32))
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SITE_PASSKEYS = passkeys()


def creation() -> bytes:
    return SITE_PASSKEYS.creation(CHALLENGE, account="acc", name="ada@x.example", label="Ada", known=["AAAA"])


def kept(enrolled: Enrolled) -> Passkey:
    return Passkey(
        id=enrolled.id, account="acc", public_key=enrolled.public_key, sign_count=enrolled.sign_count,
        synced=enrolled.synced, label="", created=NOW,
    )  # fmt: skip


def test_what_a_browser_is_asked_for() -> None:
    asked = json.loads(creation())
    assert asked["rp"] == {"id": SITE, "name": "Office"}
    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["excludeCredentials"] == [{"id": "AAAA", "type": "public-key"}]
    assert [one["alg"] for one in asked["pubKeyCredParams"]] == [-49, -48, -8, -7, -257]
    request = json.loads(SITE_PASSKEYS.request(CHALLENGE))
    assert (request["userVerification"], request["allowCredentials"]) == ("required", [])


@pytest.mark.parametrize("counting", [True, False])
def test_enrols_and_confirms(counting: bool) -> None:
    device = Authenticator(counting=counting)
    enrolled = SITE_PASSKEYS.created(device.create(creation()), CHALLENGE)
    assert (enrolled.id, enrolled.sign_count, enrolled.synced) == (device.ids[0], 0, not counting)
    answer = device.get(SITE_PASSKEYS.request(CHALLENGE, known=[enrolled.id]))
    assert SITE_PASSKEYS.named(answer) == enrolled.id
    assert SITE_PASSKEYS.confirmed(answer, CHALLENGE, kept(enrolled)) == int(counting)


BOTH = [
    pytest.param(Wrong(origin="https://office.example.evil.example"), id="origin of another site"),
    pytest.param(Wrong(origin="http://office.example"), id="origin without TLS"),
    pytest.param(Wrong(origin=ORIGIN + ":8443"), id="origin with another port"),
    pytest.param(Wrong(site="evil.example"), id="another site's hash"),
    pytest.param(Wrong(challenge=bytes(32)), id="another challenge"),
    pytest.param(Wrong(challenge=CHALLENGE[:-1]), id="part of the challenge"),
    pytest.param(Wrong(challenge=b""), id="no challenge"),
    pytest.param(Wrong(client={"crossOrigin": True}), id="inside another page"),
    pytest.param(Wrong(client={"crossOrigin": 1}), id="inside another page, loosely"),
    pytest.param(Wrong(client={"topOrigin": "https://evil.example"}), id="under another page"),
]


@pytest.mark.parametrize(
    "wrong",
    [
        *BOTH,
        pytest.param(Wrong(kind="webauthn.get"), id="of the other kind"),
        pytest.param(Wrong(flags=PRESENT | ATTESTED), id="not verified"),
        pytest.param(Wrong(flags=VERIFIED | ATTESTED), id="nobody there"),
        pytest.param(Wrong(flags=PRESENT | VERIFIED), id="no key attested"),
        pytest.param(Wrong(flags=PRESENT | VERIFIED | ATTESTED | 0x10), id="synced and not able to be"),
        pytest.param(Wrong(attestation={"fmt": "tpm"}), id="an attestation that nobody asked for"),
        pytest.param(Wrong(attestation={"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x" * 70}}), id="a false own signature"),
        pytest.param(Wrong(attestation={"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x", "x5c": [b"x"]}}), id="certificates"),
        pytest.param(Wrong(attestation={"attStmt": {"sig": b"x"}}), id="none with a signature"),
        pytest.param(Wrong(attestation={"authData": b"short"}), id="short"),
        pytest.param(Wrong(attestation={"authData": 5}), id="no bytes"),
    ],
)  # fmt: skip
def test_enrols_nothing_else(wrong: Wrong) -> None:
    with pytest.raises(Untrusted):
        SITE_PASSKEYS.created(Authenticator().create(creation(), wrong), CHALLENGE)


@pytest.mark.parametrize(
    "wrong",
    [
        *BOTH,
        pytest.param(Wrong(kind="webauthn.create"), id="of the other kind"),
        pytest.param(Wrong(flags=PRESENT), id="not verified"),
        pytest.param(Wrong(flags=VERIFIED), id="nobody there"),
        pytest.param(Wrong(holder=b"other"), id="another account's"),
        pytest.param(Wrong(holder=b""), id="nobody's"),
    ],
)
def test_confirms_nothing_else(wrong: Wrong) -> None:
    device = Authenticator()
    passkey = kept(SITE_PASSKEYS.created(device.create(creation()), CHALLENGE))
    request = SITE_PASSKEYS.request(CHALLENGE)
    SITE_PASSKEYS.confirmed(device.get(request), CHALLENGE, passkey)
    with pytest.raises(Untrusted):
        SITE_PASSKEYS.confirmed(device.get(request, wrong), CHALLENGE, passkey)


def test_another_key_does_not_confirm() -> None:
    one, other = Authenticator(), Authenticator()
    mine = kept(SITE_PASSKEYS.created(one.create(creation()), CHALLENGE))
    theirs = kept(SITE_PASSKEYS.created(other.create(creation()), CHALLENGE))
    answer = other.get(SITE_PASSKEYS.request(CHALLENGE))
    with pytest.raises(Untrusted):
        SITE_PASSKEYS.confirmed(answer, CHALLENGE, mine)
    with pytest.raises(Untrusted, match="another passkey"):
        SITE_PASSKEYS.confirmed(answer, CHALLENGE, msgspec.structs.replace(theirs, id=mine.id))


@pytest.mark.parametrize(
    "answer",
    [b"", b"null", b"[]", b"{}", b'{"id": 5}', b'{"id": "\\u00e9"}', b'{"id": "a", "id": "b"}', b"{" * 200, b" " * 70_000],
    ids=repr,
)  # fmt: skip
def test_an_answer_that_names_nothing_is_malformed(answer: bytes) -> None:
    with pytest.raises(Malformed):
        SITE_PASSKEYS.named(answer)


DEVICE = Authenticator()
CREATED = DEVICE.create(creation())
PASSKEY = kept(SITE_PASSKEYS.created(CREATED, CHALLENGE))
GOT = DEVICE.get(SITE_PASSKEYS.request(CHALLENGE))

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=80).map(b64url),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "authenticatorData", "signature", "userHandle",
                     "attestationObject"]),
    values,
)  # fmt: skip
def test_whatever_is_changed_is_refused(name: str, value: object) -> None:
    for answer in (json.loads(CREATED), json.loads(GOT)):
        inside = answer["response"] if name in answer["response"] else answer
        if name not in inside or inside[name] == value or (name == "userHandle" and value is None):
            continue
        inside[name] = value
        data = json.dumps(answer).encode()
        with pytest.raises((Malformed, Untrusted)):
            verify(data)


def verify(answer: bytes) -> Enrolled | int:
    if b"attestationObject" in answer:
        return SITE_PASSKEYS.created(answer, CHALLENGE)
    return SITE_PASSKEYS.confirmed(answer, CHALLENGE, PASSKEY)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_of_an_attestation_raises_nothing_else(at: int, byte: int) -> None:
    """Nothing is signed in an attestation of form "none": another key is another passkey, which is no harm."""
    answer = json.loads(CREATED)
    made = bytearray(unb64url(answer["response"]["attestationObject"]))
    made[at % len(made)] = byte
    answer["response"]["attestationObject"] = b64url(bytes(made))
    with suppress(Malformed, Untrusted):
        enrolled = SITE_PASSKEYS.created(json.dumps(answer).encode(), CHALLENGE)
        changed = msgspec.structs.replace(PASSKEY, public_key=enrolled.public_key)
        SITE_PASSKEYS.confirmed(GOT, CHALLENGE, changed)


@given(
    st.sampled_from(["authenticatorData", "clientDataJSON", "signature"]),
    st.integers(0, 400),
    st.integers(1, 255),
)
def test_a_changed_byte_of_an_answer_is_refused(name: str, at: int, difference: int) -> None:
    answer = json.loads(GOT)
    data = bytearray(unb64url(answer["response"][name]))
    data[at % len(data)] ^= difference
    answer["response"][name] = b64url(bytes(data))
    with pytest.raises((Malformed, Untrusted)):
        SITE_PASSKEYS.confirmed(json.dumps(answer).encode(), CHALLENGE, PASSKEY)


def test_a_site_has_an_origin() -> None:
    with pytest.raises(ValueError, match="no pages"):
        WebAuthnPasskeys(site=SITE, name="Office", origins=[])
