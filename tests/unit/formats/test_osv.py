"""OSV reports in their four forms."""

import json
from typing import Any

import pytest

from assay.errors import Malformed, Unsupported
from assay.formats import osv
from assay.formats.osv import Package

RECORD: dict[str, Any] = {
    "schema_version": "1.7.5",
    "id": "PYSEC-2026-9001",
    "modified": "2026-10-01T00:00:00Z",
    "aliases": ["CVE-2026-90001"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Wick.Trim"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4.2"}]},
                {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "1f" * 20}]},
            ],
        },
        {
            "package": {"ecosystem": "PyPI", "name": "other"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}],
        },
    ],
}
WICK = {"name": "wick-trim", "version": "1.4.1", "ecosystem": "PyPI"}


def parse(value: Any) -> osv.Report:
    return osv.parse(json.dumps(value).encode(), what="report.json")


def test_scanner_results_keep_the_package_and_its_own_fixes() -> None:
    report = parse(
        {
            "results": [
                {"source": {"path": "uv.lock"}, "packages": [{"package": WICK, "vulnerabilities": [RECORD]}]}
            ]
        }
    )
    (scanned,) = report.packages
    (hit,) = scanned.hits
    assert (report.kind, report.complete) == ("osv-scanner", False)
    assert scanned.package == Package("PyPI", "wick-trim", version="1.4.1")
    assert (hit.id, hit.aliases, hit.score, hit.fixed) == (
        "PYSEC-2026-9001",
        ("CVE-2026-90001",),
        7.5,
        ("1.4.2",),
    )


def test_scanner_group_score_wins_where_the_record_has_only_version_4() -> None:
    package = {
        "package": WICK,
        "vulnerabilities": [{**RECORD, "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}]}],
        "groups": [{"ids": ["PYSEC-2026-9001"], "max_severity": "8.7"}],
    }
    (scanned,) = parse({"results": [{"packages": [package]}]}).packages
    assert scanned.hits[0].score == 8.7


def test_scanner_says_what_it_scanned_only_when_it_lists_clean_packages() -> None:
    clean = {"package": {"name": "flame", "version": "3.0", "ecosystem": "PyPI"}}
    assert parse({"results": [{"packages": [clean]}]}).complete
    assert not parse({"results": []}).complete


def test_pip_audit_lists_clean_and_skipped_packages() -> None:
    report = parse(
        {
            "dependencies": [
                {"name": "flame", "version": "3.0", "vulns": []},
                {"name": "wick-trim", "version": "1.4.1", "vulns": [
                    {"id": "PYSEC-2026-9001", "fix_versions": ["1.4.2"], "aliases": ["CVE-2026-90001"], "description": "d"},
                ]},
                {"name": "lantern", "skip_reason": "not on the index"},
            ],
            "fixes": [],
        }
    )  # fmt: skip
    assert (report.kind, report.complete) == ("pip-audit", True)
    assert [len(item.hits) for item in report.packages] == [0, 1, 0]
    assert [item.skipped for item in report.packages] == ["", "", "not on the index"]
    assert report.packages[1].hits[0].fixed == ("1.4.2",)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(RECORD, id="one record"),
        pytest.param([RECORD], id="a list of records"),
        pytest.param({"vulns": [RECORD]}, id="an API answer"),
    ],
)
def test_plain_records_are_about_each_package_they_name(value: Any) -> None:
    report = parse(value)
    assert [(item.package.name, item.hits[0].fixed) for item in report.packages] == [
        ("Wick.Trim", ("1.4.2",)),
        ("other", ("9.9",)),
    ]


def test_lists_may_be_null_as_the_schema_allows() -> None:
    (scanned,) = parse(
        {"id": "X-1", "modified": "2026-01-01T00:00:00Z", "aliases": None, "affected": None}
    ).packages
    assert scanned.hits[0].aliases == ()


def test_informational_only_when_every_affected_package_says_so() -> None:
    notice = {
        "package": {"ecosystem": "crates.io", "name": "snuffer"},
        "database_specific": {"informational": "unmaintained"},
    }
    plain = {
        "package": {"ecosystem": "crates.io", "name": "snuffer"},
        "database_specific": {"informational": None},
    }
    base = {"id": "RUSTSEC-2026-0001", "modified": "2026-01-01T00:00:00Z"}
    assert parse({**base, "affected": [notice]}).packages[0].hits[0].informational == "unmaintained"
    assert parse({**base, "affected": [notice, plain]}).packages[0].hits[0].informational == ""


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        pytest.param({"runs": []}, Unsupported, "is not OSV", id="another format"),
        pytest.param(3, Unsupported, "is not OSV", id="a number"),
        pytest.param({"id": "X-1"}, Malformed, "missing required field `modified`", id="no modified"),
        pytest.param([{"name": "x"}], Malformed, "missing required field `id`", id="list of something else"),
        pytest.param(
            {"results": [{"packages": [{}]}]}, Malformed, "missing required field `package`", id="no package"
        ),
        pytest.param({"results": {}}, Unsupported, "is not OSV", id="results not a list"),
        pytest.param(
            {"dependencies": [{"version": "1"}]}, Malformed, "missing required field `name`", id="no name"
        ),
    ],
)
def test_refuses(value: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        parse(value)
