"""Ids and secrets, and the one refusal."""

import base64
import hashlib
import hmac

from assay.errors import Unauthenticated
from assay.office.ports import Entropy

SECRET_BYTES = 32


def identifier(entropy: Entropy) -> str:
    """16 characters of base 32, of 80 random bits."""
    return base64.b32encode(entropy.bytes(10)).decode("ascii").lower()


def secret(entropy: Entropy) -> str:
    """52 characters of base 32, of 256 random bits."""
    return base64.b32encode(entropy.bytes(SECRET_BYTES)).decode("ascii").lower().rstrip("=")


def digest(text: str) -> bytes:
    """SHA-256: good for secrets that are random, not for passwords."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def key(text: str) -> str:
    """The id under which what a secret opens is stored."""
    return digest(text).hex()


def same(one: bytes, other: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(one, other)


def unauthenticated() -> Unauthenticated:
    return Unauthenticated("not logged in: what was shown is not valid here, or not any more")
