"""Reports and VEX documents, whichever format they came in."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.errors import AssayError, Malformed, Unsupported
from assay.evidence.vulnerabilities import (
    Triage,
    Vex,
    Vulnerability,
    VulnerabilityReport,
    read_report,
    read_vex,
)
from assay.formats.digest import Digest

DIGEST = Digest("sha256", "ab" * 32)
RECORD = {
    "id": "PYSEC-2026-9001",
    "modified": "2026-10-01T00:00:00Z",
    "aliases": ["CVE-2026-90001"],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "wick-trim"}}],
}
SCAN = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "lantern.whl", "digest": {"sha256": DIGEST.value}}],
    "predicateType": "https://in-toto.io/attestation/vulns/v0.2",
    "predicate": {
        "scanner": {
            "uri": "pkg:generic/scanner@1",
            "db": {"lastUpdate": "2026-10-19T00:00:00Z"},
            "result": [
                {
                    "id": "CVE-2026-90001",
                    "severity": [{"method": "nvd", "score": "medium"}, {"method": "cvss", "score": "5.2"}],
                }
            ],
        },
        "metadata": {"scanStartedOn": "2026-10-20T08:00:00Z", "scanFinishedOn": "2026-10-20T08:01:00Z"},
    },
}
OPENVEX: dict[str, Any] = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://lighthouse.example/vex/1",
    "author": "Lighthouse Works (fictional)",
    "timestamp": "2026-10-21T09:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2026-90001", "aliases": ["PYSEC-2026-9001"]},
            "products": [
                {"@id": "pkg:pypi/lantern@2.1.0", "subcomponents": [{"@id": "pkg:pypi/wick-trim@1.4.1"}]},
                {"@id": "pkg:pypi/lantern-cli@2.1.0"},
            ],
            "status": "affected",
            "action_statement": "update to 2.1.1",
            "timestamp": "2026-10-20T09:00:00Z",
        }
    ],
}


def report(value: Any) -> VulnerabilityReport:
    return read_report(json.dumps(value).encode(), name="report.json")


def vex(value: Any) -> Vex:
    return read_vex(json.dumps(value).encode(), name="vex.json")


def envelope(statement: Any) -> dict[str, Any]:
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": payload,
        "signatures": [{"sig": "AAAA"}],
    }


@pytest.mark.parametrize(
    ("ecosystem", "name", "purl"),
    [
        pytest.param("PyPI", "Wick.Trim", "pkg:pypi/wick-trim@1.0", id="pypi"),
        pytest.param("npm", "@light/wick", "pkg:npm/%40light/wick@1.0", id="npm scope"),
        pytest.param("Go", "git.example/light/wick", "pkg:golang/git.example/light/wick@1.0", id="go"),
        pytest.param("Maven", "example.light:wick", "pkg:maven/example.light/wick@1.0", id="maven"),
        pytest.param("crates.io", "wick", "pkg:cargo/wick@1.0", id="cargo"),
        pytest.param("Debian:12", "wick", "pkg:deb/wick@1.0", id="distribution"),
        pytest.param("Unheard", "wick", "", id="unknown ecosystem"),
    ],
)
def test_packages_become_purls(ecosystem: str, name: str, purl: str) -> None:
    package = {
        "package": {"ecosystem": ecosystem, "name": name, "version": "1.0"},
        "vulnerabilities": [RECORD],
    }
    (found,) = report({"results": [{"packages": [package]}]}).found
    assert (found.component, found.name, found.version) == (purl, name, "1.0")


def test_osv_keeps_what_the_check_needs() -> None:
    package = {
        "package": {"ecosystem": "PyPI", "name": "wick-trim", "version": "1.4.1"},
        "vulnerabilities": [RECORD],
    }
    found = report({"results": [{"packages": [package]}]})
    assert (found.format, found.scanner, found.scanned, found.created) == ("osv", "osv-scanner", None, None)
    assert found.found == (
        Vulnerability(
            "PYSEC-2026-9001", ("CVE-2026-90001",), "pkg:pypi/wick-trim@1.4.1", "wick-trim", "1.4.1", "pypi",
            modified=datetime(2026, 10, 1, tzinfo=UTC),
        ),
    )  # fmt: skip


def test_a_withdrawn_record_is_kept_as_such() -> None:
    assert report({**RECORD, "withdrawn": "2026-10-02T00:00:00Z"}).found[0].withdrawn


def test_scanned_leaves_out_what_was_skipped() -> None:
    found = report(
        {
            "dependencies": [
                {"name": "flame", "version": "3.0", "vulns": []},
                {"name": "lantern", "skip_reason": "local"},
            ]
        }
    )
    assert found.scanned == ("pkg:pypi/flame@3.0",)


@pytest.mark.parametrize("value", [pytest.param(SCAN, id="bare"), pytest.param(envelope(SCAN), id="in DSSE")])
def test_reads_an_in_toto_scan(value: Any) -> None:
    found = report(value)
    assert found.format == "in-toto-vulns"
    assert found.created == datetime(2026, 10, 20, 8, 1, tzinfo=UTC)
    assert found.database == datetime(2026, 10, 19, tzinfo=UTC)
    assert found.subjects == (DIGEST,)
    assert found.found == (Vulnerability("CVE-2026-90001", severity=5.2),)


BOM: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"timestamp": "2026-10-20T08:00:00Z"},
    "components": [
        {
            "type": "library",
            "name": "wick-trim",
            "version": "1.4.1",
            "bom-ref": "w",
            "purl": "pkg:pypi/wick-trim@1.4.1",
        }
    ],
}
ANALYSED = {
    "id": "CVE-2026-90001",
    "affects": [{"ref": "w"}],
    "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
}


def test_reads_cyclonedx_as_report_and_as_vex() -> None:
    found = report({**BOM, "vulnerabilities": [ANALYSED]})
    assert (found.format, found.scanned) == ("cyclonedx", ("pkg:pypi/wick-trim@1.4.1",))
    assert found.found[0].component == "pkg:pypi/wick-trim@1.4.1"
    (statement,) = vex({**BOM, "vulnerabilities": [ANALYSED]}).statements
    assert (statement.status, statement.justification) == ("not_affected", "code_not_reachable")


def test_reads_openvex_one_statement_for_each_product() -> None:
    document = vex(OPENVEX)
    assert (document.format, document.timestamp) == ("openvex", datetime(2026, 10, 21, 9, tzinfo=UTC))
    assert document.statements == (
        Triage(
            ("CVE-2026-90001", "PYSEC-2026-9001"), "affected", ("pkg:pypi/lantern@2.1.0",), ("pkg:pypi/wick-trim@1.4.1",),
            action="update to 2.1.1", timestamp=datetime(2026, 10, 20, 9, tzinfo=UTC),
        ),
        Triage(
            ("CVE-2026-90001", "PYSEC-2026-9001"), "affected", ("pkg:pypi/lantern-cli@2.1.0",),
            action="update to 2.1.1", timestamp=datetime(2026, 10, 20, 9, tzinfo=UTC),
        ),
    )  # fmt: skip


def test_openvex_as_a_predicate_is_about_the_subjects() -> None:
    plain = {**OPENVEX, "statements": [{"vulnerability": {"name": "CVE-2026-90001"}, "status": "fixed"}]}
    statement = {**SCAN, "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": plain}
    (triage,) = vex(envelope(statement)).statements
    assert triage.products == (str(DIGEST),)


def test_reads_csaf() -> None:
    document = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": "Lantern (fictional)",
            "publisher": {
                "category": "vendor",
                "name": "Lighthouse Works",
                "namespace": "https://lighthouse.example",
            },
            "tracking": {"id": "LW-1", "status": "final", "current_release_date": "2026-10-21T09:00:00Z"},
        },
        "product_tree": {
            "full_product_names": [
                {
                    "name": "Lantern 2.1.0",
                    "product_id": "P1",
                    "product_identification_helper": {"purl": "pkg:pypi/lantern@2.1.0"},
                }
            ]
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2026-90001",
                "product_status": {"known_not_affected": ["P1"]},
                "flags": [{"label": "component_not_present", "product_ids": ["P1"]}],
            }
        ],
    }
    found = vex(document)
    assert found.author == "Lighthouse Works"
    assert found.statements == (
        Triage(
            ("CVE-2026-90001",), "not_affected", ("pkg:pypi/lantern@2.1.0",), justification="component_not_present",
            timestamp=datetime(2026, 10, 21, 9, tzinfo=UTC),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        pytest.param(
            {**SCAN, "predicateType": "https://slsa.dev/provenance/v1"},
            Unsupported,
            "has the predicate",
            id="predicate",
        ),
        pytest.param(
            {**SCAN, "predicate": {}}, Malformed, "missing required field `scanner`", id="empty predicate"
        ),
        pytest.param(
            {**BOM}, Malformed, "no list of vulnerabilities, which is not the same", id="plain bill"
        ),
        pytest.param({"hello": 1}, Unsupported, "is not OSV", id="something else"),
        pytest.param(
            {**RECORD, "modified": "yesterday"}, Malformed, "modified 'yesterday'", id="date in words"
        ),
    ],
)
def test_refuses_reports(value: Any, error: type[AssayError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        report(value)


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        pytest.param({"hello": 1}, Unsupported, "is no VEX", id="something else"),
        pytest.param(
            {**BOM, "vulnerabilities": [{"id": "CVE-2026-90001"}]},
            Malformed,
            "with an analysis",
            id="no analysis",
        ),
        pytest.param({**SCAN}, Unsupported, "expected https://openvex.dev", id="another predicate"),
    ],
)
def test_refuses_vex(value: Any, error: type[AssayError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        vex(value)
