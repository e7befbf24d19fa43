"""BLS signatures on BLS12-381 (draft-irtf-cfrg-bls-signature), keys in the one group and signatures in the other; the only importer of ``py_ecc``.

The library is pure Python: a verification takes about half a second, loading it another half.
"""

import hashlib
from types import ModuleType
from typing import Any

import msgspec

from assay.errors import Malformed, Unavailable, Untrusted

G1_BYTES, G2_BYTES = 48, 96
"""Of a compressed point."""


class BlsKey(msgspec.Struct, frozen=True):
    """A public key of 48 bytes (on G1, its signatures on G2) or of 96 bytes (on G2, its signatures on G1)."""

    raw: bytes
    dst: bytes
    """The tag under which messages are hashed to a point (RFC 9380)."""

    def __post_init__(self) -> None:
        if len(self.raw) not in {G1_BYTES, G2_BYTES}:
            raise Malformed(f"BLS key has {len(self.raw)} bytes, expected {G1_BYTES} or {G2_BYTES}")

    @property
    def signature_bytes(self) -> int:
        return G2_BYTES if len(self.raw) == G1_BYTES else G1_BYTES

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when *signature* over *message* is good, else :class:`Untrusted`.

        :class:`Malformed` when key or signature is no point of its group of prime order, or the neutral one.
        """
        if len(signature) != self.signature_bytes:
            raise Malformed(f"BLS signature has {len(signature)} bytes, expected {self.signature_bytes}")
        curve = _library()
        key, sign = _point(curve, self.raw, "key"), _point(curve, signature, "signature")
        hashed = _hashed(message, self.dst, on_g1=len(signature) == G1_BYTES)
        if len(signature) == G1_BYTES:
            pairs = ((curve.G2, curve.neg(sign)), (key, hashed))
        else:
            pairs = ((sign, curve.neg(curve.G1)), (hashed, key))
        product = curve.FQ12.one()
        for on_g2, on_g1 in pairs:
            product *= curve.pairing(on_g2, on_g1, final_exponentiate=False)
        if curve.final_exponentiate(product) != curve.FQ12.one():
            raise Untrusted(f"BLS signature does not verify under key {self.raw.hex()[:12]}")


def _library() -> ModuleType:
    try:
        from py_ecc import optimized_bls12_381  # noqa: PLC0415 - in the extra `server`, and slow to load
    except ImportError as error:
        raise Unavailable(
            "BLS signatures are verified by py-ecc, in the extra 'server', which is not installed"
        ) from error
    return optimized_bls12_381


def _point(curve: ModuleType, data: bytes, what: str) -> Any:
    """A point of the group of prime order, not the neutral one, from its compressed form."""
    from py_ecc.bls import point_compression  # noqa: PLC0415
    from py_ecc.bls.typing import G1Compressed, G2Compressed  # noqa: PLC0415

    x = int.from_bytes(data[:G1_BYTES], "big")
    try:
        if len(data) == G1_BYTES:
            point: Any = point_compression.decompress_G1(G1Compressed(x))
        else:
            point = point_compression.decompress_G2(G2Compressed((x, int.from_bytes(data[G1_BYTES:], "big"))))
    except ValueError as error:
        raise Malformed(f"BLS {what} is no compressed point of BLS12-381") from error
    if curve.is_inf(point) or not curve.is_inf(curve.multiply(point, curve.curve_order)):
        raise Malformed(f"BLS {what} is not in the group of prime order, or is its neutral element")
    return point


def _hashed(message: bytes, dst: bytes, *, on_g1: bool) -> Any:
    from py_ecc.bls import hash_to_curve  # noqa: PLC0415

    to_curve: Any = hash_to_curve.hash_to_G1 if on_g1 else hash_to_curve.hash_to_G2
    return to_curve(message, dst, hashlib.sha256)
