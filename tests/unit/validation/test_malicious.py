"""Snapshots of malicious packages, from OSV records."""

import io
from datetime import UTC, datetime
from typing import Any

import msgspec
import zstandard
from tests.support.shared import shared

from assay.checks.model import Span
from assay.formats import osv
from assay.formats.osv import Record
from assay.validation import malicious
from assay.validation.malicious import malicious_from_osv

AS_OF = datetime(2025, 6, 4, tzinfo=UTC)


def record(name: str, *events: dict[str, str], versions: tuple[str, ...] = (), **changes: Any) -> Record:
    affected: dict[str, Any] = {"package": {"ecosystem": changes.pop("ecosystem", "npm"), "name": name}}
    if events:
        affected["ranges"] = [{"type": "SEMVER", "events": list(events)}]
    if versions:
        affected["versions"] = list(versions)
    return msgspec.convert(
        {"id": "MAL-2026-1", "modified": "2026-01-01T00:00:00Z", "affected": [affected], **changes}, Record
    )


def test_versions_ranges_and_everything() -> None:
    snapshot = malicious_from_osv(
        [
            record("all", {"introduced": "0"}),
            record("some", versions=("1.0.0", "1.0.1")),
            record("both", {"introduced": "0"}, versions=("9.9.9",)),
            record(
                "range",
                {"introduced": "1.0.0"},
                {"fixed": "1.2.0"},
                {"introduced": "2.0.0"},
                {"last_affected": "2.1.0"},
            ),
            record("open", {"introduced": "5.0.0"}),
        ],
        AS_OF,
    )
    assert snapshot.packages == {
        ("npm", "all"): (),
        ("npm", "some"): ("1.0.0", "1.0.1"),
        ("npm", "both"): ("9.9.9",),
    }
    assert snapshot.spans == {
        ("npm", "both"): (Span("0"),),
        ("npm", "range"): (Span("1.0.0", fixed="1.2.0"), Span("2.0.0", last="2.1.0")),
        ("npm", "open"): (Span("5.0.0"),),
    }


def test_two_reports_of_one_name_are_joined() -> None:
    joined = malicious_from_osv([record("a", versions=("1",)), record("a", versions=("2",))], AS_OF)
    assert joined.packages == {("npm", "a"): ("1", "2")}
    whole = malicious_from_osv([record("a", versions=("1",)), record("a", {"introduced": "0"})], AS_OF)
    assert (whole.packages, whole.spans) == ({("npm", "a"): ()}, {})


def test_what_counts_for_nothing() -> None:
    snapshot = malicious_from_osv(
        [
            record("taken-back", {"introduced": "0"}, withdrawn="2026-02-01T00:00:00Z"),
            record("vulnerable", {"introduced": "0"}, id="GHSA-xxxx"),
            record("elsewhere", {"introduced": "0"}, ecosystem="Unheard"),
        ],
        AS_OF,
    )
    assert (snapshot.packages, snapshot.spans, snapshot.ecosystems) == ({}, {}, ())


def test_an_ecosystem_with_few_reports_is_not_spoken_for() -> None:
    records = [record(f"bad{n}", {"introduced": "0"}) for n in range(malicious.MIN_REPORTS)]
    assert malicious_from_osv(records[1:], AS_OF).ecosystems == ()
    assert malicious_from_osv(records, AS_OF).ecosystems == ("npm",)


def test_the_shared_snapshot() -> None:
    path = shared("data", "advisories", "malicious.jsonl.zst")
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        snapshot = malicious_from_osv((osv.parse_record(line) for line in io.BufferedReader(stream)), AS_OF)
    assert snapshot.ecosystems == ("gem", "npm", "nuget", "pypi")
    assert len(snapshot.packages.keys() | snapshot.spans.keys()) == 33_020
    assert ("npm", "fsevents") not in snapshot.packages
    assert snapshot.spans["npm", "fsevents"] == (Span("1.0.0", fixed="1.2.11"),)
