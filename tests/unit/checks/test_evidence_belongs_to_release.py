from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, COMMIT, FACTS, RELEASE, VERIFIED, WHEEL, exhibit, findings

from assay.checks.evidence_belongs_to_release import CHECK
from assay.checks.model import Finding
from assay.evidence.analysis import AnalysisReport, Revision
from assay.evidence.model import UNSIGNED, Exhibit, Signature
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.evidence.statement import OtherPredicate, Resource, Statement, TestResult
from assay.evidence.tests import TestReport
from assay.evidence.vulnerabilities import VulnerabilityReport
from assay.formats.attestation import Artifact, ArtifactKind, Release
from assay.formats.digest import Digest

AT = datetime(2026, 10, 20, tzinfo=UTC)
REPORT = Digest.sha256(b"the report")
PROVIDER = "Lighthouse Works (fictional)"


def judged(
    kind: ArtifactKind,
    value: Any,
    *uses: str,
    others: tuple[Exhibit[Any], ...] = (),
    releases: tuple[Release, ...] = (RELEASE,),
    about: tuple[str, ...] = (),
    **changes: Any,
) -> list[Finding]:
    artifact = Artifact(REPORT, "report", kind, releases=about)
    return findings(
        CHECK,
        exhibit(value, "report", digest=REPORT),
        *others,
        attestation=msgspec.structs.replace(ATTESTATION, artifacts=(artifact,), releases=releases),
        facts=msgspec.structs.replace(FACTS, artifact_uses={REPORT.value: uses} if uses else {}),
        **changes,
    )


def outcome(*arguments: Any, **changes: Any) -> str:
    (finding,) = judged(*arguments, **changes)
    return finding.outcome.value


TESTS = TestReport(10, 0, 0, 0, timestamp=AT)
BILL = Sbom("CycloneDX", "1.6", root=Component("r", "beacon", "1.0"))
FILE = ReleaseFile("beacon-1.0.whl", "wheel", 1, (), name="beacon", version="1.0")


def test_satisfied_where_it_was_never_used() -> None:
    assert outcome("test-report", TESTS) == "satisfied"


def test_not_satisfied_where_it_was_used_for_another() -> None:
    (finding,) = judged("sbom", BILL, f"{PROVIDER}/beacon@1.0")
    assert finding.outcome == "not_satisfied"
    assert finding.message == (
        "report was submitted before as evidence for Lighthouse Works (fictional)/beacon@1.0, now for lantern@2.1.0"
    )
    assert finding.evidence == (REPORT,)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        pytest.param(f"{PROVIDER}/lantern@2.1.0", "satisfied", id="the same release again"),
        pytest.param(f"{PROVIDER}/Lantern@2.1.0", "satisfied", id="the same in other letters"),
        pytest.param("Reseller/lantern@2.1.0", "satisfied", id="the same by another provider"),
        pytest.param(f"{PROVIDER}/lantern@2.0.0", "not_satisfied", id="an earlier version"),
        pytest.param(f"{PROVIDER}/blue-lantern@2.1.0", "not_satisfied", id="a longer name"),
        pytest.param(f"{PROVIDER}/beacon@2.1.0", "not_satisfied", id="another product"),
    ],
)
def test_uses(use: str, expected: str) -> None:
    assert outcome("release", FILE, use) == expected


OTHER = f"{PROVIDER}/beacon@1.0"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param("sbom", Sbom("CycloneDX", "1.6", root=Component("r", "Lantern", "2.1.0")), "satisfied", id="bill of this release"),
        pytest.param("sbom", Sbom("SPDX", "2.3", root=Component("r", "x", digests=(WHEEL,))), "satisfied", id="bill with its digest"),
        pytest.param("sbom", Sbom("CycloneDX", "1.6", timestamp=AT), "unknown", id="dated bill of nothing"),
        pytest.param("sbom", Sbom("CycloneDX", "1.6"), "unknown", id="bill without date, serial or root"),
        pytest.param("sbom", BILL, "not_satisfied", id="bill of another product"),
        pytest.param("statement", Statement("x", (Resource(digests=(WHEEL,)),), OtherPredicate()), "satisfied", id="statement on this wheel"),
        pytest.param("statement", Statement("x", (Resource(digests=(Digest("gitCommit", COMMIT),)),), OtherPredicate()), "satisfied", id="statement on this commit"),
        pytest.param("statement", Statement("x", (Resource(digests=(Digest.sha256(b"other"),)),), OtherPredicate()), "not_satisfied", id="statement on something else"),
        pytest.param("statement", Statement("x", (), OtherPredicate()), "unknown", id="statement on nothing"),
        pytest.param("analysis", AnalysisReport((), (), (Revision("r", COMMIT),), AT), "satisfied", id="analysis of this commit"),
        pytest.param("analysis", AnalysisReport((), (), (Revision("r", "2e" * 20),), AT), "not_satisfied", id="analysis of another commit"),
        pytest.param("analysis", AnalysisReport(("ruff",), ()), "unknown", id="clean analysis without date is the same everywhere"),
        pytest.param("test-report", TestReport(0, 0, 0, 0), "unknown", id="tests without date"),
        pytest.param("test-report", TESTS, "unknown", id="dated tests, as of a run that two products share"),
        pytest.param("analysis", AnalysisReport((), (), (), AT), "unknown", id="dated analysis without a commit"),
        pytest.param("vulnerabilities", VulnerabilityReport("osv", created=AT), "unknown", id="an empty scan is the same everywhere"),
        pytest.param("release", ReleaseFile("lantern-2.1.0.whl", "wheel", 1, (), name="lantern", version="2.1.0"), "satisfied", id="file of this release"),
        pytest.param("release", ReleaseFile("blob", "other", 1, ()), "unknown", id="file that says nothing of itself"),
        pytest.param("release", FILE, "not_satisfied", id="file of another product"),
    ],
)  # fmt: skip
def test_what_the_evidence_says_itself(kind: ArtifactKind, value: Any, expected: str) -> None:
    assert outcome(kind, value) == "satisfied"
    assert outcome(kind, value, OTHER) == expected


@pytest.mark.parametrize(
    ("signature", "subject", "expected"),
    [
        pytest.param(VERIFIED, WHEEL, "satisfied", id="verified"),
        pytest.param(UNSIGNED, WHEEL, "unknown", id="anybody can write an unsigned statement"),
        pytest.param(VERIFIED, Digest.sha256(b"another"), "unknown", id="verified, on something else"),
    ],
)
def test_a_statement_ties_a_shared_run_to_this_release(
    signature: Signature, subject: Digest, expected: str
) -> None:
    tie = Statement(
        "t", (Resource(digests=(subject,)),), TestResult("PASSED", (Resource(digests=(REPORT,)),))
    )
    assert outcome("test-report", TESTS, OTHER, others=(exhibit(tie, signature=signature),)) == expected


def test_one_attestation_may_share_a_run_between_its_releases() -> None:
    beacon = Release("beacon", "1.0")
    both = (RELEASE, beacon)
    assert outcome("test-report", TESTS, OTHER, releases=both) == "satisfied"
    assert (
        outcome("test-report", TESTS, OTHER, releases=both, about=("lantern@2.1.0", "beacon@1.0"))
        == "satisfied"
    )
    assert outcome("sbom", BILL, f"{PROVIDER}/buoy@1.0", releases=both) == "not_satisfied"
    assert outcome("test-report", TESTS, OTHER, releases=both, about=("lantern@2.1.0",)) == "unknown"


def test_what_is_about_another_release_of_the_attestation_is_not_looked_at() -> None:
    beacon = Release("beacon", "1.0")
    assert outcome("sbom", BILL, releases=(RELEASE, beacon), about=("beacon@1.0",)) == "not_applicable"


@pytest.mark.parametrize(
    "kind", ["disclosure-policy", "environment", "lockfile", "workflow", "security-txt", "document"]
)
def test_what_is_shared_by_nature_is_not_looked_at(kind: ArtifactKind) -> None:
    assert outcome(kind, TESTS, OTHER) == "not_applicable"


def test_only_the_kinds_asked_for_count() -> None:
    assert outcome("sbom", BILL, OTHER, parameters={"kinds": ("release",)}) == "not_applicable"


def test_many_uses_are_counted() -> None:
    (finding,) = judged("sbom", BILL, *(f"P/beacon@{number}" for number in range(9)))
    assert "beacon@2 and 6 more" in finding.message


def test_unreadable_evidence_that_was_used_elsewhere_is_unknown() -> None:
    artifact = Artifact(REPORT, "report", "sbom")
    (finding,) = findings(
        CHECK,
        attestation=msgspec.structs.replace(ATTESTATION, artifacts=(artifact,)),
        facts=msgspec.structs.replace(FACTS, artifact_uses={REPORT.value: (OTHER,)}),
    )
    assert finding.outcome == "unknown"
