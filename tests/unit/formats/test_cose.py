from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import private

from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.formats.cose import Sign1

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


@given(st.binary(max_size=100))
def test_any_bytes_give_an_assay_error(junk: bytes) -> None:
    with suppress(AssayError):
        Sign1.parse(junk).headers()
    with suppress(AssayError):
        msgspec.structs.replace(EXAMPLE, protected=junk).headers()
