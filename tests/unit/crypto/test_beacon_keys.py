"""Keys of beacons: without the library it is said in one line, and what is no key of theirs is refused."""

import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support.beacons import CERTIFICATE, real

from assay.crypto.bls import BlsKey
from assay.crypto.rsa_certificate import MAX_CERTIFICATES, RsaCertificate
from assay.errors import AssayError, Malformed, TooLarge, Unavailable, Unsupported


def test_without_the_library_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, number, document = real("quicknet")
    for name in [name for name in sys.modules if name.partition(".")[0] == "py_ecc"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "py_ecc", None)
    with pytest.raises(Unavailable) as caught:
        chain.open_(document, number)
    assert (
        str(caught.value)
        == "BLS signatures are verified by py-ecc, in the extra 'server', which is not installed"
    )


def test_a_key_has_one_of_two_lengths() -> None:
    with pytest.raises(Malformed, match="has 47 bytes, expected 48 or 96"):
        BlsKey(bytes(47), b"tag")
    with pytest.raises(Malformed, match="BLS key is no compressed point"):
        BlsKey(bytes(96), b"tag").verify(b"", real("quicknet")[2][:48])


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nist.example")])
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(moment)
        .not_valid_after(moment)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def small() -> bytes:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def curve() -> bytes:
    return pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(b"", Malformed, "is not one or more certificates", id="nothing"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", Malformed, "is not one", id="no DER"),
        pytest.param(CERTIFICATE.replace(b"CERTIFICATE", b"PRIVATE KEY"), Malformed, "is not one", id="another block"),
        pytest.param(CERTIFICATE * (MAX_CERTIFICATES + 1), TooLarge, "has 65 certificates, over 64", id="many"),
        pytest.param(b" " * 300_000, TooLarge, "has 300000 bytes", id="large"),
        pytest.param(small(), Unsupported, "not RSA of 2048 bits", id="a small key"),
        pytest.param(curve(), Unsupported, "not RSA of 2048 bits", id="another kind of key"),
    ],
)  # fmt: skip
def test_certificates_that_are_none(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        RsaCertificate.parse_all(data)
    assert message in str(caught.value)


def test_several_certificates() -> None:
    found = RsaCertificate.parse_all(CERTIFICATE * 2)
    assert [one.identity.hex()[:8] for one in found] == ["5501e3d7"] * 2
    assert found[0].since < found[0].until
