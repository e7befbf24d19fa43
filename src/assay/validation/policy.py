"""The office's policy: what the law leaves to an authority. A JSON document, named by digest in every verdict."""

from datetime import date
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.formats import strict_json

FORMAT: Literal["urn:assay:policy:1"] = "urn:assay:policy:1"
LIMIT = 1 << 20


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:policy:1"] = FORMAT
    name: str = ""
    in_scope_from: date = date(2022, 9, 14)
    """Software released, or changed in its major version, from this day on is in scope (OMB M-22-18)."""
    accepted_builders: tuple[str, ...] = ()
    """Builder ids of provenance that are relied on: exact, or a prefix that ends in ``*``."""

    def encode(self) -> bytes:
        return strict_json.encode(self)

    @classmethod
    def parse(cls, data: bytes, *, what: str = "policy") -> "Policy":
        policy = strict_json.decode(data, cls, what=what, limit=LIMIT)
        for builder in policy.accepted_builders:
            if not builder or "*" in builder[:-1] or builder == "*":
                raise Malformed(f"{what}: builder {builder!r} is not an id, or a prefix that ends in '*'")
        return policy
