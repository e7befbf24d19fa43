"""A snapshot of advisories as an office holds it: OSV records with the day they were taken. A JSON document, by digest."""

from typing import Literal

import msgspec

from assay.checks.model import Malicious
from assay.formats import strict_json, times
from assay.formats.osv import Record
from assay.validation.malicious import malicious_from_osv

FORMAT: Literal["urn:assay:snapshot:1"] = "urn:assay:snapshot:1"
LIMIT = 1 << 30


class _Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:snapshot:1"]
    as_of: str
    records: tuple[Record, ...]


def malicious(data: bytes, *, what: str = "snapshot") -> Malicious:
    """The malicious-package reports in a snapshot; Malformed with the reason when it is none."""
    found = strict_json.decode(data, _Snapshot, what=what, limit=LIMIT)
    return malicious_from_osv(found.records, times.parse(found.as_of, what=f"{what}: as_of"))
