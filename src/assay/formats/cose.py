"""COSE_Sign1 (RFC 9052 section 4.2), tagged, with everything that matters in the protected header.

Ed25519 is written as -19, the fully specified identifier of RFC 9864, which deprecates the polymorphic EdDSA (-8);
-8 is read for signatures of others. ML-DSA is -48 and -49 (RFC 9964).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import cbor

TAG = 18
ALG, CRIT, KID, CWT_CLAIMS, TYP = 1, 2, 4, 15, 16
ISS, SUB = 1, 2
IDENTIFIERS = {"ed25519": -19, "ml-dsa-44": -48, "ml-dsa-65": -49}
_READ = {**{identifier: name for name, identifier in IDENTIFIERS.items()}, -8: "ed25519"}


class Sign1(msgspec.Struct, frozen=True):
    protected: bytes
    """The encoded protected header: exactly the bytes that are signed."""
    payload: bytes
    signature: bytes
    unprotected: Mapping[Any, Any] = {}

    @classmethod
    def parse(cls, data: bytes, *, what: str = "COSE_Sign1", foreign: bool = False) -> "Sign1":
        """Read a tagged COSE_Sign1 in deterministic CBOR with an empty unprotected header.

        *foreign* takes what other writers may do: map keys in any order and an unprotected header.
        """
        value = cbor.decode(data, what=what, any_order=foreign)
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
        headers = cbor.decode(self.protected, what=what, any_order=foreign)
        if not isinstance(headers, dict):
            raise Malformed(f"{what} is not a map")
        return headers

    def signed(self, external: bytes = b"") -> bytes:
        """The Sig_structure that the signature covers (RFC 9052 section 4.4)."""
        return to_be_signed(self.protected, self.payload, external)

    def check(
        self, algorithm: str, verify: Callable[[bytes, bytes], None], *, foreign: bool = False
    ) -> dict[Any, Any]:
        """The protected header, after ``verify(message, signature)`` of a trusted key of *algorithm* accepted it."""
        headers = self.headers(foreign=foreign)
        stated = headers.get(ALG)
        if isinstance(stated, bool) or not isinstance(stated, int) or stated not in _READ:
            raise Unsupported(f"COSE algorithm is {stated!r}, expected one of {', '.join(map(str, _READ))}")
        if _READ[stated] != algorithm:
            raise Malformed(f"COSE algorithm is {stated} ({_READ[stated]}), the trusted key is {algorithm}")
        if CRIT in headers:
            raise Unsupported(f"COSE header is critical: {headers[CRIT]!r}, none is understood")
        verify(self.signed(), self.signature)
        return headers


def sign1(headers: Mapping[Any, Any], payload: bytes, sign: Callable[[bytes], bytes]) -> Sign1:
    """A COSE_Sign1 over *payload*; *headers* name the algorithm of the key behind *sign*."""
    protected = cbor.encode(headers)
    return Sign1(protected, payload, sign(to_be_signed(protected, payload)))


def to_be_signed(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    return cbor.encode(("Signature1", protected, external, payload))
