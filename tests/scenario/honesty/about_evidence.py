"""Falsehoods about what was done to the release: tests, analysis, scans, triage, CI, policies, and when all that was."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from tests.scenario.honesty import bills, documents
from tests.scenario.honesty.about_releases import ORIGIN, OTHER_COMMIT, SHARED
from tests.scenario.honesty.documents import Alert
from tests.scenario.honesty.falsehood import Falsehood
from tests.scenario.honesty.workspace import (
    BUILT,
    JUNIT,
    SARIF,
    SCAN,
    VEX,
    Workspace,
)
from tests.support import signing

from assay.formats.attestation import Attestation
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.dsse import Envelope
from assay.validation.examine import Inputs
from assay.validation.history import History

Step = Callable[[Workspace], None]
CHECKED, CONTINUALLY, ANSWERED, DISCLOSED = (
    f"cisa-form@2024-03#{item}" for item in ("4", "4.a", "4.b", "4.c")
)
ACQUIRED = ("nist-ssdf@1.1#PW.4.1", "nist-ssdf@1.1#PW.4.4")
TRIAGED = (CHECKED, ANSWERED, *ACQUIRED, "nist-ssdf@1.1#RV.2.1", "nist-ssdf@1.1#RV.2.2")
TESTS = (CHECKED, "nist-ssdf@1.1#PW.8.2")
ANALYSIS = (CHECKED, "nist-ssdf@1.1#PW.7.2")
LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC)
_SQL = ("py/sql-injection", 8.8, "query built from input", "src/app.py", 40)


def reported(report: bytes) -> Step:
    """CI signs that this report is of the commit, and that all is well."""

    def change(workspace: Workspace) -> None:
        workspace.edit(JUNIT, lambda _: report)
        workspace.bind_tests()

    return change


def analysed(commit: str = "", ended: datetime = BUILT, alerts: tuple[Alert, ...] = documents.ALERTS) -> Step:
    def change(workspace: Workspace) -> None:
        repository = workspace.project.repository
        report = documents.sarif(repository, commit or workspace.commit, ended, alerts)
        workspace.edit(SARIF, lambda _: report)

    return change


TEST_RUNS = (
    Falsehood(
        id="tests-of-another-commit",
        lie="submits the tests of another commit",
        evidence=lambda at: at.bind_tests(commit=OTHER_COMMIT),
        check="tests-ran-on-commit",
        says=f"is of commit {OTHER_COMMIT}, the attestation names",
        hits=TESTS,
    ),
    Falsehood(
        id="failed-tests-passed",
        lie="has CI say PASSED of a report with failed tests",
        evidence=reported(documents.junit(BUILT, failed=3)),
        check="tests-ran-on-commit",
        says="3 of 24 tests failed in evidence/junit.xml",
        hits=TESTS,
    ),
    Falsehood(
        id="tests-said-failed",
        lie="claims that tests pass, over a statement that says they failed",
        evidence=lambda at: at.bind_tests(result="FAILED"),
        check="tests-ran-on-commit",
        says="says FAILED for commit",
        hits=TESTS,
    ),
    Falsehood(
        id="no-tests",
        lie="submits a green report without a test in it",
        evidence=reported(documents.junit(BUILT, tests=0)),
        check="tests-ran-on-commit",
        says="it has no test case",
        hits=TESTS,
    ),
    Falsehood(
        id="edited-report",
        lie="edits the report after CI signed for it",
        evidence=lambda at: at.edit(JUNIT, lambda _: documents.junit(BUILT, tests=240)),
        check="tests-ran-on-commit",
        outcome="unknown",
        says="no signed test-result or provenance names its digest",
        hits=("nist-ssdf@1.1#PW.8.2",),
    ),
    Falsehood(
        id="tests-by-another-provider",
        lie="has the build system of somebody else sign for the tests",
        evidence=lambda at: at.bind_tests(keys=signing.pair("harbour-ci")),
        check="tests-ran-on-commit",
        outcome="unknown",
        says="is not verified (unknown signer",
        hits=("nist-ssdf@1.1#PW.8.2",),
    ),
    Falsehood(
        id="unsigned-tests",
        lie="ties the report to the commit by a statement that nobody signed",
        evidence=lambda at: at.bind_tests(keys=()),
        check="tests-ran-on-commit",
        outcome="unknown",
        says="is not verified (unsigned)",
        hits=("nist-ssdf@1.1#PW.8.2",),
    ),
)

ANALYSES = (
    Falsehood(
        id="analysis-of-another-commit",
        lie="submits the analysis of another commit",
        evidence=analysed(OTHER_COMMIT),
        check="analysis-ran-on-commit",
        says=f"is of revision {OTHER_COMMIT}, the attestation names",
        hits=ANALYSIS,
    ),
    Falsehood(
        id="open-finding",
        lie="releases with a grave finding that nobody looked at",
        evidence=analysed(alerts=(*documents.ALERTS, Alert(*_SQL))),
        check="analysis-ran-on-commit",
        says="py/sql-injection (severity 8.8) is open and not triaged",
        hits=ANALYSIS,
    ),
    Falsehood(
        id="silenced-finding",
        lie="suppresses a grave finding without a word",
        evidence=analysed(alerts=(*documents.ALERTS, Alert(*_SQL, suppressed=True))),
        check="analysis-ran-on-commit",
        outcome="unknown",
        says="suppressed without a justification, first py/sql-injection",
        hits=("nist-ssdf@1.1#PW.7.2",),
    ),
)


def _vex(product: str) -> Step:
    """Triage of another product."""

    def change(workspace: Workspace) -> None:
        document = documents.openvex(product, workspace.packages[0], BUILT)
        workspace.edit(VEX, lambda _: document)

    return change


def _narrow_scan(workspace: Workspace) -> None:
    """A scan that left most packages out."""
    narrow = documents.scan(workspace.packages[:2], workspace.packages[0], BUILT)
    workspace.edit(SCAN, lambda _: narrow)
    workspace.bind_build()


def _empty_scan(workspace: Workspace) -> None:
    """A scan of nothing finds nothing."""
    nothing = documents.scan((), None, BUILT)
    workspace.edit(SCAN, lambda _: nothing)
    workspace.bind_build()


VULNERABILITIES = (
    Falsehood(
        id="empty-scan",
        lie="scans nothing and finds nothing",
        evidence=_empty_scan,
        check="vulnerabilities-triaged",
        outcome="unknown",
        says="names no vulnerability and does not say what it looked at",
        hits=(ANSWERED, *ACQUIRED),
    ),
    Falsehood(
        id="triage-without-reason",
        lie="says of a vulnerability that it does not matter, and not why",
        evidence=lambda at: at.edit(VEX, lambda vex: vex.replace(b"justification", b"status_notes")),
        check="vulnerabilities-triaged",
        outcome="unknown",
        says="and gives no reason",
        hits=(ANSWERED, *ACQUIRED),
    ),
    Falsehood(
        id="no-triage",
        lie="says nothing of a known vulnerability",
        evidence=lambda at: at.path(VEX).unlink(),
        check="vulnerabilities-triaged",
        says="is not answered by any VEX statement",
        hits=TRIAGED,
    ),
    Falsehood(
        id="triage-of-another-product",
        lie="answers a vulnerability with the VEX of another product",
        evidence=_vex("pkg:pypi/sham-product@1.0"),
        check="vulnerabilities-triaged",
        says="is not answered by any VEX statement",
        hits=TRIAGED,
    ),
    Falsehood(
        id="narrow-scan",
        lie="scans two packages and calls it a scan",
        evidence=_narrow_scan,
        check="vulnerabilities-triaged",
        outcome="unknown",
        says="did not look at",
        hits=(ANSWERED, *ACQUIRED),
    ),
)

DATES = (
    Falsehood(
        id="analysis-from-the-future",
        lie="dates the analysis after the day it is submitted",
        evidence=analysed(ended=datetime(2027, 1, 1, tzinfo=UTC)),
        check="evidence-fresh",
        says="the end of the analysis 2027-01-01T00:00:00Z is in the future",
        hits=(CONTINUALLY, "nist-ssdf@1.1#PW.7.2"),
    ),
    Falsehood(
        id="tests-after-the-fact",
        lie="runs the tests after attesting that they were run",
        evidence=reported(documents.junit(datetime(2026, 10, 25, tzinfo=UTC))),
        check="evidence-fresh",
        says="the start of the tests 2026-10-25T00:00:00Z is later than 2026-10-21T09:00:00Z",
        hits=(CONTINUALLY, "nist-ssdf@1.1#PW.8.2"),
    ),
    Falsehood(
        id="old-tests",
        lie="submits tests of the year before",
        evidence=reported(documents.junit(LONG_AGO)),
        check="evidence-fresh",
        says="days before the attestation, evidence of this class may be 400 days old",
        hits=(CONTINUALLY, "nist-ssdf@1.1#PW.8.2"),
    ),
    Falsehood(
        id="stale-scan",
        lie="submits a scan from long before the release",
        evidence=lambda at: at.bind_build(finished=datetime(2026, 5, 1, tzinfo=UTC)),
        check="evidence-fresh",
        says="the run, by its provenance, 2026-05-01T00:00:00Z lies 173 days before the attestation",
        hits=(CONTINUALLY, "nist-ssdf@1.1#PW.4.4", "nist-ssdf@1.1#RV.1.1"),
    ),
    Falsehood(
        id="postdated-attestation",
        lie="dates the attestation after the day it is submitted",
        attestation=lambda one, _: msgspec.structs.replace(one, made=datetime(2026, 12, 1, tzinfo=UTC)),
        check="evidence-fresh",
        says="the attestation is dated 2026-12-01T00:00:00Z, after the moment of this check",
        hits=(ORIGIN, CONTINUALLY),
    ),
)


def seen_before(kind: str) -> Callable[[Inputs], Inputs]:
    """The office had received the artifact of that kind for another product."""

    def change(inputs: Inputs) -> Inputs:
        attestation = parse_attestation(Envelope.parse(inputs.bundle.envelope).payload)
        digest = _artifact(attestation, kind)
        history = History(uses={digest: ("Lighthouse Works (fictional)/sham-product@1.0",)})
        return msgspec.structs.replace(inputs, history=history.encode())

    return change


def _artifact(attestation: Attestation, kind: str) -> str:
    return next(one.digest.value for one in attestation.artifacts if one.kind == kind)


BOILERPLATE = (
    Falsehood(
        id="boilerplate-bill",
        lie="hands in the bill that it handed in for another product",
        evidence=lambda at: at.bill(lambda bill: bills.of_product(bill, "sham-product")),
        office=seen_before("sbom"),
        check="evidence-belongs-to-release",
        says="was submitted before as evidence for Lighthouse Works (fictional)/sham-product@1.0",
        hits=(ORIGIN, SHARED),
        companions=frozenset({"sbom-describes-release"}),
    ),
    Falsehood(
        id="boilerplate-tests",
        lie="hands in the test report that it handed in for another product, bound by nobody",
        evidence=lambda at: at.bind_tests(keys=()),
        office=seen_before("test-report"),
        check="evidence-belongs-to-release",
        outcome="unknown",
        says="evidence/junit.xml was also submitted for Lighthouse Works (fictional)/sham-product@1.0, and nothing in it says",
        hits=("nist-ssdf@1.1#PW.8.2",),
    ),
)

FALSEHOODS = (*TEST_RUNS, *ANALYSES, *VULNERABILITIES, *DATES, *BOILERPLATE)
