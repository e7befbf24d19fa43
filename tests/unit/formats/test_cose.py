from contextlib import suppress
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import private

from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.formats.cose import Detached, Sign1

KEY = private("ed25519", "cose")
HEADERS = {cose.ALG: -19, cose.KID: b"k"}
EXAMPLE = cose.sign1(HEADERS, b"payload", KEY.sign)


def check(signed: Sign1, **how: Any) -> dict[Any, Any]:
    return signed.check("ed25519", KEY.public.verify, **how)


def test_signs_and_checks() -> None:
    assert check(Sign1.parse(EXAMPLE.encode())) == HEADERS
    assert EXAMPLE.encode().hex().startswith("d28446a2013204416ba0")


def test_what_is_signed_is_rfc_9052_s_structure() -> None:
    assert EXAMPLE.signed(b"aad") == cbor.encode(("Signature1", EXAMPLE.protected, b"aad", b"payload"))


def test_eddsa_of_other_writers_is_read() -> None:
    check(cose.sign1({cose.ALG: -8}, b"payload", KEY.sign))


@pytest.mark.parametrize(
    ("headers", "error", "message"),
    [
        pytest.param({}, Unsupported, "algorithm is None", id="no algorithm"),
        pytest.param({cose.ALG: -257}, Unsupported, "algorithm is -257", id="algorithm we do not read"),
        pytest.param({cose.ALG: -7}, Malformed, "-7 .ecdsa-p256., the trusted key is ed25519", id="ECDSA"),
        pytest.param({cose.ALG: "Ed25519"}, Unsupported, "algorithm is 'Ed25519'", id="algorithm as text"),
        pytest.param({cose.ALG: {}}, Unsupported, "algorithm is {}", id="algorithm as map"),
        pytest.param({cose.ALG: True}, Unsupported, "algorithm is True", id="algorithm as truth value"),
        pytest.param(
            {cose.ALG: -48}, Malformed, "-48 .ml-dsa-44., the trusted key is ed25519", id="not the key's"
        ),
        pytest.param({cose.ALG: -19, cose.CRIT: (99,)}, Unsupported, "critical", id="critical header"),
    ],
)
def test_the_algorithm_is_the_key_s(headers: dict[Any, Any], error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        check(cose.sign1(headers, b"payload", KEY.sign))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param((EXAMPLE.protected, {}, b"payload", EXAMPLE.signature), id="no tag"),
        pytest.param(cbor.Tag(98, (EXAMPLE.protected, {}, b"payload", EXAMPLE.signature)), id="another tag"),
        pytest.param(cbor.Tag(18, (EXAMPLE.protected, {}, None, EXAMPLE.signature)), id="detached payload"),
        pytest.param(cbor.Tag(18, (EXAMPLE.protected, {}, b"payload")), id="three parts"),
        pytest.param(
            cbor.Tag(18, (EXAMPLE.protected, {}, b"payload", EXAMPLE.signature, b"")), id="five parts"
        ),
        pytest.param(cbor.Tag(18, (HEADERS, {}, b"payload", EXAMPLE.signature)), id="header not encoded"),
    ],
)
def test_rejects_other_shapes(value: Any) -> None:
    with pytest.raises(Malformed, match="not tag 18 over"):
        Sign1.parse(cbor.encode(value))


def test_rejects_an_unprotected_header() -> None:
    data = msgspec.structs.replace(EXAMPLE, unprotected={4: b"k"}).encode()
    with pytest.raises(Malformed, match="has an unprotected header"):
        Sign1.parse(data)
    assert check(Sign1.parse(data, foreign=True), foreign=True) == HEADERS


def test_rejects_a_header_that_is_no_map() -> None:
    with pytest.raises(Malformed, match="protected header is not a map"):
        msgspec.structs.replace(EXAMPLE, protected=b"\x80").headers()


def test_every_changed_byte_is_rejected() -> None:
    data = EXAMPLE.encode()
    for at in range(len(data)):
        for flip in (1, 0x80):
            with pytest.raises(AssayError):
                check(Sign1.parse(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]))


def test_another_key_is_untrusted() -> None:
    with pytest.raises(Untrusted, match="does not verify"):
        EXAMPLE.check("ed25519", private("ed25519", "other").public.verify)


ECDSA = private("ecdsa-p256", "cose")


def joined(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@given(st.binary(max_size=20))
def test_ecdsa_of_other_writers_is_read(payload: bytes) -> None:
    for identifier in (-7, -9):
        signed = cose.sign1({cose.ALG: identifier}, payload, lambda message: joined(ECDSA.sign(message)))
        signed.check("ecdsa-p256", ECDSA.public.verify)


@pytest.mark.parametrize("length", [0, 63, 65, 70])
def test_ecdsa_joins_r_and_s(length: int) -> None:
    signed = cose.sign1({cose.ALG: -7}, b"payload", lambda _: bytes(length))
    with pytest.raises(Malformed, match=f"signature has {length} bytes, expected 64"):
        signed.check("ecdsa-p256", ECDSA.public.verify)


def test_ecdsa_of_zeros_is_untrusted() -> None:
    with pytest.raises(Untrusted, match="does not verify"):
        cose.sign1({cose.ALG: -7}, b"x", lambda _: bytes(64)).check("ecdsa-p256", ECDSA.public.verify)


DETACHED = Detached(EXAMPLE.protected, {396: 1}, EXAMPLE.signature)


def test_a_detached_payload_is_brought_along() -> None:
    assert Detached.parse(DETACHED.encode(), what="receipt") == DETACHED
    assert check(DETACHED.attach(b"payload")) == HEADERS
    with pytest.raises(Untrusted, match="does not verify"):
        check(DETACHED.attach(b"another"))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(EXAMPLE.encode(), Unsupported, "receipt carries its payload, expected a detached one", id="attached"),
        pytest.param(DETACHED.encode()[1:], Malformed, "receipt is not tag 18 over", id="no tag"),
        pytest.param(cbor.encode(cbor.Tag(18, (b"", {}, None, None))), Malformed, "is not tag 18 over", id="no signature"),
        pytest.param(cbor.encode(cbor.Tag(18, (b"", b"", None, b""))), Malformed, "is not tag 18 over", id="header no map"),
        pytest.param(DETACHED.encode() + b"\0", Malformed, "deterministic form", id="trailing byte"),
    ],
)  # fmt: skip
def test_rejects_what_is_not_detached(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        Detached.parse(data, what="receipt")


def test_what_headers_say_is_one_short_line() -> None:
    assert cose.told("a\n" * 900) == repr("a\n" * 900)[:99] + "…"
    assert cose.told({1: b"x"}) == "{1: b'x'}"
    assert cose.labels({}) == "nothing"
    assert cose.labels({1: 0, "x\x1b": 0}) == "1, 'x\\x1b'"


@given(st.binary(max_size=100))
def test_any_bytes_give_an_assay_error(junk: bytes) -> None:
    with suppress(AssayError):
        Sign1.parse(junk).headers()
    with suppress(AssayError):
        msgspec.structs.replace(EXAMPLE, protected=junk).headers()
