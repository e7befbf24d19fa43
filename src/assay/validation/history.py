"""What the office had seen before: the part of a verdict's inputs that lies in no bundle. A JSON document, by digest."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from assay.formats import strict_json

FORMAT: Literal["urn:assay:history:1"] = "urn:assay:history:1"
LIMIT = 64 * 1024 * 1024


class History(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:history:1"] = FORMAT
    payloads: tuple[str, ...] = ()
    """Payload digests (``sha256:…``) accepted before that this attestation repeats or replaces."""
    uses: Mapping[str, tuple[str, ...]] = {}
    """SHA-256 hex of an artifact -> ``provider/product@version`` it was submitted for before."""

    def encode(self) -> bytes:
        return strict_json.encode(self)

    @classmethod
    def parse(cls, data: bytes, *, what: str = "history") -> "History":
        return strict_json.decode(data, cls, what=what, limit=LIMIT)
