from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, NOW, VERIFIED, case, exhibit, findings, unreadable

from assay.checks.evidence_fresh import CHECK
from assay.checks.model import Outcome
from assay.evidence.analysis import AnalysisReport
from assay.evidence.environment import EnvironmentStatement, Fact
from assay.evidence.model import UNSIGNED, Signature
from assay.evidence.policy import SecurityInsights
from assay.evidence.repository import Scorecard
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Provenance, Resource, Statement
from assay.evidence.tests import TestReport
from assay.evidence.vulnerabilities import Vex, VulnerabilityReport
from assay.formats.digest import Digest
from assay.validation.run import run

MADE = ATTESTATION.made


def sbom(moment: datetime | None) -> Sbom:
    return Sbom("CycloneDX", "1.6", timestamp=moment)


def outcomes(*values: Any, **changes: Any) -> list[str]:
    return [finding.outcome.value for finding in findings(CHECK, *map(exhibit, values), **changes)]


@pytest.mark.parametrize(
    "value",
    [
        sbom(MADE),
        AnalysisReport((), (), completed=MADE),
        TestReport(1, 0, 0, 0, timestamp=MADE),
        VulnerabilityReport("osv", created=MADE),
        Vex("openvex", timestamp=MADE),
        Scorecard("git.example/a", "", MADE, 5.0, ()),
        SecurityInsights("2.1.0", reviewed=MADE),
        EnvironmentStatement("us", facts=(Fact("logging", "logs", stated=MADE.date()),)),
        Statement("https://slsa.dev/provenance/v1", (), Provenance("v1", "b", "t", finished=MADE)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_satisfied_for_each_class(value: Any) -> None:
    assert outcomes(value) == ["satisfied"]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(MADE + timedelta(hours=24), "satisfied", id="within the slack of clocks"),
        pytest.param(MADE + timedelta(hours=24, seconds=1), "not_satisfied", id="after the attestation"),
        pytest.param(NOW + timedelta(hours=25), "not_satisfied", id="future"),
        pytest.param(NOW - timedelta(days=730), "satisfied", id="as old as may be"),
        pytest.param(NOW - timedelta(days=731), "unknown", id="too old by now"),
        pytest.param(MADE - timedelta(days=730), "unknown", id="just young enough when attested"),
        pytest.param(MADE - timedelta(days=731), "not_satisfied", id="too old when attested"),
        pytest.param(None, "unknown", id="no date"),
    ],
)
def test_dates_of_a_bill(moment: datetime | None, expected: str) -> None:
    assert outcomes(sbom(moment)) == [expected]


def test_messages_name_both_dates() -> None:
    (old,) = findings(CHECK, exhibit(sbom(datetime(2020, 1, 1, tzinfo=UTC)), "bom.json"))
    assert (
        old.message
        == "the bill's timestamp 2020-01-01T00:00:00Z lies 2485 days before the attestation, evidence of this class may be 730 days old"
    )
    (late,) = findings(CHECK, exhibit(sbom(datetime(2026, 10, 30, tzinfo=UTC))))
    assert late.message == (
        "the bill's timestamp 2026-10-30T00:00:00Z is later than 2026-10-21T09:00:00Z, "
        "when the attestation that names it was made"
    )
    (future,) = findings(CHECK, exhibit(sbom(datetime(2027, 1, 1, tzinfo=UTC))))
    assert future.message == (
        "the bill's timestamp 2027-01-01T00:00:00Z is in the future: the moment of this check is 2026-11-01T12:00:00Z"
    )


def test_a_new_scan_with_old_advisory_data_is_old() -> None:
    report = VulnerabilityReport("osv", created=MADE, database=MADE - timedelta(days=91))
    assert outcomes(report) == ["satisfied", "not_satisfied"]


def test_no_limit_still_has_a_future() -> None:
    assert outcomes(Vex("csaf", timestamp=datetime(2001, 1, 1, tzinfo=UTC))) == ["satisfied"]
    assert outcomes(Vex("csaf", timestamp=NOW + timedelta(days=2))) == ["not_satisfied"]


def test_only_the_classes_asked_for_count() -> None:
    old = sbom(datetime(2020, 1, 1, tzinfo=UTC))
    asked = {"max_age_days": {"vulnerabilities": 90}}
    assert outcomes(old, VulnerabilityReport("osv", created=MADE), parameters=asked) == ["satisfied"]
    assert outcomes(old, parameters=asked) == ["unknown"]


def test_each_fact_of_a_statement_has_its_date() -> None:
    facts = (
        Fact("logging", "logs", stated=date(2025, 1, 1)),
        Fact("encryption", "disks", stated=date(2026, 10, 1)),
    )
    assert outcomes(EnvironmentStatement("us", facts=facts)) == ["not_satisfied", "satisfied"]


def test_the_latest_review_of_security_insights_counts() -> None:
    old = datetime(2020, 1, 1, tzinfo=UTC)
    assert outcomes(SecurityInsights("2.1.0", updated=old, reviewed=MADE)) == ["satisfied"]
    assert outcomes(SecurityInsights("2.1.0", updated=old)) == ["not_satisfied"]
    assert outcomes(SecurityInsights("2.1.0")) == ["unknown"]


def test_an_attestation_from_the_future() -> None:
    attestation = msgspec.structs.replace(ATTESTATION, made=NOW + timedelta(days=2))
    first, *_ = findings(CHECK, exhibit(sbom(MADE)), attestation=attestation)
    assert first.outcome == "not_satisfied"
    assert first.message.startswith(
        "the attestation is dated 2026-11-03T12:00:00Z, after the moment of this check"
    )


@pytest.mark.parametrize(
    ("signature", "named", "expected"),
    [
        pytest.param(VERIFIED, "tests", ["satisfied"], id="verified"),
        pytest.param(UNSIGNED, "tests", ["unknown"], id="unsigned"),
        pytest.param(VERIFIED, "others", ["unknown"], id="of another file"),
    ],
)
def test_a_verified_provenance_dates_what_it_names(
    signature: Signature, named: str, expected: list[str]
) -> None:
    subject = Resource(digests=(Digest.sha256(named.encode()),))
    statement = Statement(
        "https://slsa.dev/provenance/v1", (subject,), Provenance("v1", "b", "t", finished=MADE)
    )
    found = findings(
        CHECK,
        exhibit(TestReport(1, 0, 0, 0), "tests"),
        exhibit(statement, signature=signature),
        parameters={"max_age_days": {"test-report": 400}},
    )
    assert [finding.outcome.value for finding in found] == expected


def test_nothing_dated_is_unknown() -> None:
    assert outcomes() == ["unknown"]


def test_only_unreadable_evidence_of_the_classes_asked_for_leaves_it_open() -> None:
    limits = {"max_age_days": {"analysis": 400}}
    fresh = exhibit(AnalysisReport((), (), completed=MADE))
    asked = run(CHECK, case(fresh, unreadable("analysis"), check=CHECK, parameters=limits))
    assert [finding.outcome for finding in asked.findings] == [Outcome.UNKNOWN, Outcome.SATISFIED]
    assert asked.findings[0].message == "broken-analysis could not be read: truncated at byte 17"
    other = run(CHECK, case(fresh, unreadable("sbom"), check=CHECK, parameters=limits))
    assert other.outcome is Outcome.SATISFIED
