"""Every advisory of the shared snapshots must decode (facts of the files: their own README)."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import zstandard
from tests.support.shared import shared

from assay.formats import osv

BREAK_THE_SCHEMA = {
    "PYSEC-2017-27", "PYSEC-2019-155", "PYSEC-2021-371", "PYSEC-2023-80", "PYSEC-2026-2852",
}  # fmt: skip
"""Bad commit ids and a bad URL, in fields that are not read here."""


def lines(name: str) -> Iterator[bytes]:
    path = shared("data", "advisories", f"{name}.jsonl.zst")
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        yield from io.BufferedReader(stream)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("pysec", {"records": 7080, "withdrawn": 269, "fixed": 5928, "scored": 3924}, id="pysec"),
        pytest.param("go", {"records": 4291, "withdrawn": 17, "fixed": 3542, "scored": 0}, id="go"),
        pytest.param("rustsec", {"records": 1206, "withdrawn": 13, "informational": 476}, id="rustsec"),
        pytest.param("malicious", {"records": 33020, "withdrawn": 0}, id="malicious"),
        pytest.param("malicious-withdrawn", {"records": 56, "withdrawn": 56}, id="malicious-withdrawn"),
    ],
)
def test_every_record_decodes(name: str, expected: dict[str, int]) -> None:
    counts: dict[str, int] = {"records": 0, "withdrawn": 0, "fixed": 0, "scored": 0, "informational": 0}
    for line in lines(name):
        record = osv.parse_record(line)
        counts["records"] += 1
        counts["withdrawn"] += record.withdrawn is not None
        counts["fixed"] += bool(record.fixed())
        counts["scored"] += record.score() is not None
        counts["informational"] += bool(record.informational)
    assert {key: counts[key] for key in expected} == expected


def test_records_that_break_the_schema_elsewhere_are_still_read() -> None:
    seen: dict[str, Any] = {}
    for line in lines("pysec"):
        record = osv.parse_record(line)
        if record.id in BREAK_THE_SCHEMA:
            seen[record.id] = record
    assert set(seen) == BREAK_THE_SCHEMA
    assert all(record.affected for record in seen.values())
