"""RSA keys in X.509 certificates that are trusted by themselves: no chain is built, whoever configures a certificate vouches for it."""

import hashlib
from datetime import datetime
from typing import Self

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from assay.errors import Malformed, TooLarge, Unsupported, Untrusted

MAX_BYTES = 256 * 1024
MAX_CERTIFICATES = 64
MIN_BITS = 2048


class RsaCertificate(msgspec.Struct, frozen=True):
    der: bytes
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        _key(self.der)

    @classmethod
    def parse_all(cls, pem: bytes, *, what: str = "certificates") -> tuple[Self, ...]:
        """Every certificate in *pem*, at least one, all of RSA keys of 2,048 bits or more."""
        if len(pem) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(pem)} bytes, over {MAX_BYTES}")
        try:
            found = x509.load_pem_x509_certificates(pem)
            made = tuple(
                cls(one.public_bytes(Encoding.DER), one.not_valid_before_utc, one.not_valid_after_utc)
                for one in found
            )
        except ValueError as error:
            raise Malformed(f"{what} is not one or more certificates in PEM") from error
        if len(made) > MAX_CERTIFICATES:
            raise TooLarge(f"{what} has {len(made)} certificates, over {MAX_CERTIFICATES}")
        return made

    @property
    def identity(self) -> bytes:
        """SHA-512 of the DER, by which the NIST beacon names it."""
        return hashlib.sha512(self.der).digest()

    def verify(self, message: bytes, signature: bytes, *, at: datetime) -> None:
        """Return when *signature* (PKCS #1 v1.5, SHA-512) is good and the certificate valid *at* that moment, else Untrusted."""
        name = self.identity.hex()[:12]
        if not self.since <= at <= self.until:
            raise Untrusted(f"certificate {name} is valid from {self.since} to {self.until}, not at {at}")
        try:
            _key(self.der).verify(signature, message, padding.PKCS1v15(), hashes.SHA512())
        except InvalidSignature as error:
            raise Untrusted(f"RSA signature does not verify under certificate {name}") from error


def _key(der: bytes) -> rsa.RSAPublicKey:
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("the certificate's key cannot be read") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MIN_BITS:
        raise Unsupported(f"the certificate's key is not RSA of {MIN_BITS} bits or more")
    return key
