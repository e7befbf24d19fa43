"""Concise problem details (RFC 9290): why a request failed, in CBOR."""

import msgspec

from assay.errors import Malformed
from assay.formats import cbor

MEDIA_TYPE = "application/concise-problem-details+cbor"
TITLE, DETAIL = -1, -2


class ConciseProblem(msgspec.Struct, frozen=True):
    title: str
    detail: str

    def encode(self) -> bytes:
        return cbor.encode({TITLE: self.title, DETAIL: self.detail})

    @classmethod
    def parse(cls, data: bytes, *, what: str = "problem") -> "ConciseProblem":
        """Read what :meth:`encode` writes."""
        match cbor.decode(data, what=what):
            case {-1: str() as title, -2: str() as detail} as found if len(found) == 2:
                return cls(title, detail)
        raise Malformed(f"{what} is not a map of a title (-1) and a detail (-2)")
