import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import private

from assay.crypto.keys import (
    ALGORITHMS,
    PUBLIC_BYTES,
    SIGNATURE_BYTES,
    Algorithm,
    PrivateKey,
    PublicKey,
    algorithm,
)
from assay.errors import Malformed, Unsupported, Untrusted

each = pytest.mark.parametrize("name", ALGORITHMS)


@each
def test_signs_and_verifies(name: Algorithm) -> None:
    key = private(name, "a")
    signature = key.sign(b"message")
    key.public.verify(b"message", signature)
    assert len(signature) in SIGNATURE_BYTES[name]
    assert len(key.public.raw) == PUBLIC_BYTES[name]


@each
def test_rejects_another_message_and_another_key(name: Algorithm) -> None:
    key, other = private(name, "a"), private(name, "b")
    signature = key.sign(b"message")
    for wrong, message in ((key, b"massage"), (other, b"message")):
        with pytest.raises(Untrusted, match=f"does not verify under key {wrong.public.keyid[:12]}"):
            wrong.public.verify(message, signature)


@each
def test_every_changed_byte_of_a_signature_is_rejected(name: Algorithm) -> None:
    key = private(name, "a")
    signature = key.sign(b"message")
    step = 1 if len(signature) < 100 else 97
    changed = [
        signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1 :] for i in range(0, len(signature), step)
    ]
    assert len(changed) >= 20
    assert not any(key.public.made(b"message", one) for one in changed)


@given(st.sampled_from(ALGORITHMS), st.binary(max_size=80))
def test_any_bytes_as_signature_only_raise_untrusted(name: Algorithm, junk: bytes) -> None:
    assert not private(name, "a").public.made(b"message", junk)


@each
def test_the_seed_is_the_key(name: Algorithm) -> None:
    seed = hashlib.sha256(b"seed").digest()
    assert PrivateKey.from_seed(name, seed).public == PrivateKey.from_seed(name, seed).public
    assert PrivateKey.from_seed(name, seed).unsafe_seed() == seed


@each
def test_keyid_is_the_digest_of_the_spki_and_pem_round_trips(name: Algorithm) -> None:
    public = private(name, "a").public
    assert public.keyid == hashlib.sha256(public.spki).hexdigest()
    assert public.spki.endswith(public.raw)
    assert PublicKey.from_pem(public.pem) == public


def test_keyid_of_rfc_8410_example() -> None:
    """RFC 8410 section 10.1: the public key in SubjectPublicKeyInfo."""
    raw = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
    spki = bytes.fromhex("302a300506032b6570032100") + raw
    assert PublicKey("ed25519", raw).keyid == hashlib.sha256(spki).hexdigest()


@each
def test_a_key_of_another_length_is_malformed(name: Algorithm) -> None:
    raw = private(name, "a").public.raw
    for wrong in (raw[:-1], raw + b"\0", b""):
        with pytest.raises(Malformed, match=f"has {len(wrong)} bytes, expected {PUBLIC_BYTES[name]}"):
            PublicKey(name, wrong)


def test_a_point_off_the_curve_is_malformed() -> None:
    with pytest.raises(Malformed, match="not a valid key"):
        PublicKey("ecdsa-p256", b"\4" + b"\1" * 64)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(bytes(32), id="order 4"),
        pytest.param(b"\1" + bytes(31), id="order 1"),
        pytest.param(b"\xec" + b"\xff" * 30 + b"\x7f", id="order 2"),
        pytest.param(b"\xec" + b"\xff" * 31, id="order 2, sign bit set"),
        pytest.param(b"\xed" + b"\xff" * 30 + b"\x7f", id="zero written as p"),
        pytest.param(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), id="order 8"
        ),
        pytest.param(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            id="order 8, other",
        ),
    ],
)
def test_a_key_that_verifies_forgeries_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="small order"):
        PublicKey("ed25519", raw)


def test_an_unknown_algorithm_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="'rsa', expected one of ed25519, ml-dsa-44, ml-dsa-65, ecdsa-p256"):
        algorithm("rsa")


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", id="not a key"),
        pytest.param(b"\xff\x00", id="binary"),
    ],
)
def test_what_is_no_pem_is_malformed(pem: bytes) -> None:
    with pytest.raises(Malformed, match="not a PEM block"):
        PublicKey.from_pem(pem)


def test_misuse_is_a_bug() -> None:
    with pytest.raises(ValueError, match="a seed has 32 bytes, this one 31"):
        PrivateKey.from_seed("ed25519", bytes(31))
    with pytest.raises(ValueError):
        PrivateKey.from_seed("ecdsa-p256", bytes(32))


def test_a_private_key_does_not_show_or_store_itself() -> None:
    key = private("ed25519", "a")
    assert key.unsafe_seed().hex() not in repr(key)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
