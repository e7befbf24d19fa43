"""A digest with its algorithm; the name of every artifact."""

import hashlib
import re
from typing import Self

import msgspec

from assay.errors import Malformed, Unsupported

LENGTHS = {"sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "md5": 32, "gitCommit": 40}
_HEX = re.compile(r"[0-9a-f]+\Z")


class Digest(msgspec.Struct, frozen=True, order=True, gc=False):
    """Algorithm (lower case, as in-toto's DigestSet writes it) and lower-case hexadecimal value."""

    algorithm: str
    value: str

    @classmethod
    def sha256(cls, data: bytes | bytearray | memoryview) -> Self:
        return cls("sha256", hashlib.sha256(data).hexdigest())

    @classmethod
    def parse(cls, text: str, *, what: str = "digest") -> Self:
        """Read ``algorithm:hex`` in its one spelling."""
        algorithm, colon, value = text.partition(":")
        if not colon:
            raise Malformed(f"{what} {text[:80]!r} is not of the form algorithm:hex")
        return cls.of(algorithm, value, what=what)

    @classmethod
    def of(cls, algorithm: str, value: str, *, what: str = "digest") -> Self:
        """Check the length and alphabet for algorithms we know; refuse the others."""
        expected = LENGTHS.get(algorithm)
        if expected is None:
            raise Unsupported(f"{what} is {algorithm[:40]!r}, expected one of {', '.join(LENGTHS)}")
        if len(value) != expected or not _HEX.match(value):
            raise Malformed(f"{what} is not {expected} lower-case hexadecimal digits ({algorithm})")
        return cls(algorithm, value)

    @property
    def raw(self) -> bytes:
        return bytes.fromhex(self.value)

    @property
    def short(self) -> str:
        return self.value[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"
