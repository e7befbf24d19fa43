"""COSE_Sign1 (RFC 9052 section 4.2), tagged, with everything that matters in the protected header.

Ed25519 is written as -19, the fully specified identifier of RFC 9864, which deprecates the polymorphic EdDSA (-8);
-8 is read for signatures of others. ML-DSA is -48 and -49 (RFC 9964). ECDSA is read, under its older and its fully
specified identifier; COSE joins r and s, everybody else uses DER, so it is rewritten for the verifier.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import cbor
from assay.formats.text import shown

TAG = 18
ALG, CRIT, CONTENT_TYPE, KID, CWT_CLAIMS, TYP = 1, 2, 3, 4, 15, 16
X5CHAIN, X5T = 33, 34
PAYLOAD_HASH_ALG, PREIMAGE_TYPE, PAYLOAD_LOCATION = 258, 259, 260
"""Hash envelopes (RFC 9995)."""
RECEIPTS, VDS, VDP = 394, 395, 396
"""Receipts, verifiable data structure and its proofs (RFC 9942)."""
ISS, SUB = 1, 2
IDENTIFIERS = {"ed25519": -19, "ml-dsa-44": -48, "ml-dsa-65": -49}
READ: Mapping[int, str] = {
    **{identifier: name for name, identifier in IDENTIFIERS.items()},
    -50: "ml-dsa-87",
    -8: "ed25519",
    -7: "ecdsa-p256",
    -9: "ecdsa-p256",
    -35: "ecdsa-p384",
    -51: "ecdsa-p384",
}
"""Algorithms of signatures that are checked, by COSE identifier."""
_HALF = {"ecdsa-p256": 32, "ecdsa-p384": 48}


class Sign1(msgspec.Struct, frozen=True):
    protected: bytes
    """The encoded protected header: exactly the bytes that are signed."""
    payload: bytes
    signature: bytes
    unprotected: Mapping[Any, Any] = {}

    @classmethod
    def parse(
        cls, data: bytes, *, what: str = "COSE_Sign1", foreign: bool = False, limit: int = cbor.MAX_BYTES
    ) -> "Sign1":
        """Read a tagged COSE_Sign1 in deterministic CBOR with an empty unprotected header.

        *foreign* takes what other writers may do: map keys in any order and an unprotected header.
        """
        value = cbor.decode(data, what=what, any_order=foreign, limit=limit)
        match value:
            case cbor.Tag(
                18, (bytes() as protected, dict() as unprotected, bytes() as payload, bytes() as signature)
            ):
                pass
            case _:
                raise Malformed(f"{what} is not tag 18 over [protected, unprotected, payload, signature]")
        if unprotected and not foreign:
            raise Malformed(f"{what} has an unprotected header, expected an empty one")
        return cls(protected, payload, signature, unprotected)

    def encode(self) -> bytes:
        return cbor.encode(cbor.Tag(TAG, (self.protected, self.unprotected, self.payload, self.signature)))

    def headers(self, *, what: str = "protected header", foreign: bool = False) -> dict[Any, Any]:
        """The protected header as a map."""
        return read_headers(self.protected, what=what, foreign=foreign)

    def signed(self, external: bytes = b"") -> bytes:
        """The Sig_structure that the signature covers (RFC 9052 section 4.4)."""
        return to_be_signed(self.protected, self.payload, external)

    def check(
        self, algorithm: str, verify: Callable[[bytes, bytes], None], *, foreign: bool = False
    ) -> dict[Any, Any]:
        """The protected header, after ``verify(message, signature)`` of a trusted key of *algorithm* accepted it."""
        headers = self.headers(foreign=foreign)
        stated = headers.get(ALG)
        if isinstance(stated, bool) or not isinstance(stated, int) or stated not in READ:
            raise Unsupported(
                f"COSE algorithm is {told(stated)}, expected one of {', '.join(map(str, READ))}"
            )
        if READ[stated] != algorithm:
            raise Malformed(f"COSE algorithm is {stated} ({READ[stated]}), the trusted key is {algorithm}")
        if CRIT in headers:
            raise Unsupported(f"COSE header is critical: {told(headers[CRIT])}, none is understood")
        verify(
            self.signed(), _as_der(self.signature, _HALF[algorithm]) if algorithm in _HALF else self.signature
        )
        return headers


class Detached(msgspec.Struct, frozen=True):
    """A tagged COSE_Sign1 without its payload: whoever checks it brings the payload, from elsewhere."""

    protected: bytes
    unprotected: Mapping[Any, Any]
    signature: bytes

    @classmethod
    def parse(cls, data: bytes, *, what: str, foreign: bool = False) -> "Detached":
        """Read what :meth:`encode` writes; *foreign* takes map keys in any order."""
        value = cbor.decode(data, what=what, any_order=foreign)
        match value:
            case cbor.Tag(18, (bytes() as protected, dict() as unprotected, None, bytes() as signature)):
                return cls(protected, unprotected, signature)
            case cbor.Tag(18, (bytes(), dict(), bytes(), bytes())):
                raise Unsupported(f"{what} carries its payload, expected a detached one")
            case _:
                raise Malformed(f"{what} is not tag 18 over [protected, unprotected, null, signature]")

    def encode(self) -> bytes:
        return cbor.encode(cbor.Tag(TAG, (self.protected, self.unprotected, None, self.signature)))

    def attach(self, payload: bytes) -> Sign1:
        return Sign1(self.protected, payload, self.signature)


def sign1(headers: Mapping[Any, Any], payload: bytes, sign: Callable[[bytes], bytes]) -> Sign1:
    """A COSE_Sign1 over *payload*; *headers* name the algorithm of the key behind *sign*."""
    protected = cbor.encode(headers)
    return Sign1(protected, payload, sign(to_be_signed(protected, payload)))


def read_headers(protected: bytes, *, what: str, foreign: bool = False) -> dict[Any, Any]:
    """The encoded protected header as a map."""
    headers = cbor.decode(protected, what=what, any_order=foreign)
    if not isinstance(headers, dict):
        raise Malformed(f"{what} is not a map")
    return headers


def told(value: Any) -> str:
    """A value of a header, for a message: one short line."""
    return shown(repr(value), 100)


def labels(header: Mapping[Any, Any]) -> str:
    """The labels of a header, for a message."""
    return shown(", ".join(map(repr, header)), 100) or "nothing"


def to_be_signed(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    return cbor.encode(("Signature1", protected, external, payload))


def _as_der(signature: bytes, half: int) -> bytes:
    """r and s of *half* bytes each (RFC 9053 section 2.1) as the DER sequence of two integers."""
    if len(signature) != 2 * half:
        raise Malformed(f"COSE signature has {len(signature)} bytes, expected {2 * half}")
    numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
    encoded = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers]
    content = b"".join(bytes([2, len(one)]) + one for one in encoded)
    return bytes([0x30, len(content)]) + content
