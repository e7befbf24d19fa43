"""A snapshot of advisories as an office holds it: OSV records with the day they were taken. A JSON document, by digest."""

from datetime import datetime
from functools import lru_cache
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
    as_of, found = records(data, what=what)
    return malicious_from_osv(found, as_of)


@lru_cache(maxsize=2)
def taken(data: bytes) -> datetime:
    """When the snapshot was taken."""
    return records(data)[0]


def records(data: bytes, *, what: str = "snapshot") -> tuple[datetime, tuple[Record, ...]]:
    """The day it was taken, and all that is in it; Malformed with the reason when it is none."""
    found = strict_json.decode(data, _Snapshot, what=what, limit=LIMIT)
    return times.parse(found.as_of, what=f"{what}: as_of"), found.records
