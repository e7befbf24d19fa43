"""Public keys as COSE_Key (RFC 9052 section 7): Ed25519 as OKP (RFC 9053), ML-DSA as AKP (RFC 9964). Written only."""

from collections.abc import Sequence
from typing import Any

from assay.formats import cbor, cose

MEDIA_TYPE = "application/cbor"
KTY, KID, ALG = 1, 2, 3
OKP, AKP = 1, 7
CRV, X, PUB = -1, -2, -1
ED25519 = 6


def cose_key(algorithm: str, raw: bytes, kid: bytes) -> dict[int, Any]:
    """*algorithm* is one of :data:`assay.formats.cose.IDENTIFIERS`; *raw* as its standard writes it."""
    common = {KID: kid, ALG: cose.IDENTIFIERS[algorithm]}
    if algorithm == "ed25519":
        return {KTY: OKP, **common, CRV: ED25519, X: raw}
    return {KTY: AKP, **common, PUB: raw}


def encode(key: dict[int, Any]) -> bytes:
    return cbor.encode(key)


def encode_set(keys: Sequence[dict[int, Any]]) -> bytes:
    """A COSE_KeySet."""
    return cbor.encode(keys)
