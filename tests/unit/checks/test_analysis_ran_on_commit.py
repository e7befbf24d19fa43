from typing import Any

import msgspec
import pytest
from tests.support.cases import COMMIT, RELEASE, VERIFIED, exhibit, findings
from tests.support.statements import OTHER_COMMIT, REPOSITORY, commit, said, shown

from assay.checks.analysis_ran_on_commit import CHECK
from assay.evidence.analysis import Alert, AnalysisReport, Revision
from assay.evidence.model import UNSIGNED, Exhibit, Signature
from assay.evidence.statement import Resource, Statement
from assay.formats.digest import Digest

CLEAN = AnalysisReport(tools=("scanner 1.0",), alerts=(), revisions=(Revision(REPOSITORY, COMMIT),))
UNTIED = msgspec.structs.replace(CLEAN, revisions=())
NAMED = Resource("scan.sarif", digests=(Digest.sha256(b"scan.sarif"),))
HIGH = Alert("sql-injection", "error", "query built from input", "app.py:7", 8.8)


def report(
    value: AnalysisReport = CLEAN, name: str = "scan.sarif", **changes: Any
) -> Exhibit[AnalysisReport]:
    return exhibit(msgspec.structs.replace(value, **changes), name)


def judged(*exhibits: Exhibit[Any], **changes: Any) -> list[tuple[str, str, str]]:
    parameters = changes.pop("parameters", {})
    release = msgspec.structs.replace(RELEASE, **changes)
    found = findings(CHECK, *exhibits, release=release, parameters=parameters)
    return [(finding.outcome.value, finding.message, finding.at) for finding in found]


def test_satisfied_by_its_own_revision() -> None:
    assert judged(report()) == [
        ("satisfied", f"scan.sarif says it is of commit {COMMIT[:12]}, no high finding", "")
    ]


def test_satisfied_by_a_verified_statement() -> None:
    assert judged(report(UNTIED), shown(said(commit(), NAMED), "ci.json")) == [
        ("satisfied", f"scan.sarif is of commit {COMMIT[:12]}, as ci.json says, no high finding", "")
    ]


@pytest.mark.parametrize(
    "revisions",
    [
        pytest.param((Revision("", COMMIT),), id="no address"),
        pytest.param((Revision("https://mirror.example/lantern", COMMIT),), id="a mirror: the commit is the same"),
        pytest.param((Revision(REPOSITORY, COMMIT.upper()),), id="upper case"),
        pytest.param(
            (Revision("https://git.example/lighthouse/submodule", OTHER_COMMIT), Revision(REPOSITORY, COMMIT)),
            id="beside a submodule",
        ),
    ],
)  # fmt: skip
def test_still_tied(revisions: tuple[Revision, ...]) -> None:
    assert [row[0] for row in judged(report(revisions=revisions))] == ["satisfied"]


@pytest.mark.parametrize(
    ("revisions", "statements"),
    [
        pytest.param((Revision(REPOSITORY, OTHER_COMMIT),), (), id="its own revision"),
        pytest.param((Revision("git@git.example:lighthouse/lantern.git", OTHER_COMMIT),), (), id="another spelling"),
        pytest.param((Revision("", OTHER_COMMIT),), (), id="the only revision, no address"),
        pytest.param((Revision(REPOSITORY, OTHER_COMMIT),), (said(commit(), NAMED),), id="whatever a statement says"),
        pytest.param((), (said(commit(OTHER_COMMIT), NAMED),), id="a verified statement"),
        pytest.param((Revision(REPOSITORY, COMMIT),), (said(commit(OTHER_COMMIT), NAMED),), id="a verified statement against the report"),
    ],
)  # fmt: skip
def test_another_commit_contradicts(
    revisions: tuple[Revision, ...], statements: tuple[Statement, ...]
) -> None:
    ((outcome, message, _),) = judged(report(revisions=revisions), *(shown(one) for one in statements))
    assert outcome == "not_satisfied"
    assert OTHER_COMMIT in message
    assert message.endswith(f"the attestation names {COMMIT}")


def test_a_report_of_another_commit_beside_the_right_one_is_harmless() -> None:
    old = report(name="old.sarif", revisions=(Revision(REPOSITORY, OTHER_COMMIT),), alerts=(HIGH,))
    assert [row[0] for row in judged(old, report())] == ["not_applicable", "satisfied"]


@pytest.mark.parametrize(
    ("revisions", "statements", "message"),
    [
        pytest.param((), (), "not bound to any commit: no signed", id="nothing ties it"),
        pytest.param((Revision(REPOSITORY, "main"),), (), "says it is of main of", id="a branch"),
        pytest.param((Revision(REPOSITORY, COMMIT[:12]),), (), "cannot be compared", id="a short commit"),
        pytest.param((Revision(REPOSITORY, ""),), (), "no revision of", id="no revision"),
        pytest.param(
            (Revision("https://git.example/a/b", OTHER_COMMIT), Revision("https://git.example/c/d", OTHER_COMMIT)),
            (), "cannot be compared", id="other repositories",
        ),
        pytest.param(
            (Revision(REPOSITORY, COMMIT), Revision(REPOSITORY, OTHER_COMMIT)), (), "has runs of", id="runs of two commits"
        ),
    ],
)  # fmt: skip
def test_what_is_not_tied_is_unknown(
    revisions: tuple[Revision, ...], statements: tuple[Statement, ...], message: str
) -> None:
    ((outcome, found, _),) = judged(report(revisions=revisions), *(shown(one) for one in statements))
    assert outcome == "unknown"
    assert message in found


@pytest.mark.parametrize("of", [COMMIT, OTHER_COMMIT])
def test_an_unverified_statement_ties_nothing(of: str) -> None:
    rows = judged(report(UNTIED), shown(said(commit(of), NAMED), signature=UNSIGNED))
    assert [row[0] for row in rows] == ["unknown"]


@pytest.mark.parametrize("signature", [VERIFIED, UNSIGNED], ids=["tied", "not tied"])
def test_an_open_high_finding_contradicts_tied_or_not(signature: Signature) -> None:
    rows = judged(report(UNTIED, alerts=(HIGH,)), shown(said(commit(), NAMED), signature=signature))
    assert rows[0] == (
        "not_satisfied",
        "sql-injection (severity 8.8) is open and not triaged: query built from input",
        "app.py:7",
    )


@pytest.mark.parametrize(
    ("alert", "outcomes"),
    [
        pytest.param(msgspec.structs.replace(HIGH, severity=7.0), ["not_satisfied"], id="severity 7.0"),
        pytest.param(msgspec.structs.replace(HIGH, severity=6.9), ["satisfied"], id="severity 6.9"),
        pytest.param(msgspec.structs.replace(HIGH, severity=None), ["not_satisfied"], id="an error without severity"),
        pytest.param(msgspec.structs.replace(HIGH, severity=None, level="warning"), ["satisfied"], id="a warning"),
        pytest.param(
            msgspec.structs.replace(HIGH, suppressed=True, justification="input is checked"), ["satisfied"], id="triaged"
        ),
        pytest.param(msgspec.structs.replace(HIGH, suppressed=True), ["unknown", "satisfied"], id="suppressed, no word why"),
        pytest.param(msgspec.structs.replace(HIGH, justification="we like it"), ["not_satisfied"], id="a word, not suppressed"),
        pytest.param(
            msgspec.structs.replace(HIGH, severity=None, level="none", undecided=True), ["unknown", "satisfied"], id="undecided"
        ),
    ],
)  # fmt: skip
def test_alerts(alert: Alert, outcomes: list[str]) -> None:
    assert [row[0] for row in judged(report(alerts=(alert,)))] == outcomes


def test_triaged_findings_are_counted() -> None:
    triaged = msgspec.structs.replace(HIGH, suppressed=True, justification="input is checked")
    assert judged(report(alerts=(triaged, triaged)))[0][1].endswith(", 2 high findings triaged")


def test_many_open_findings_are_cut_to_the_limit_and_counted() -> None:
    rows = judged(report(alerts=(HIGH,) * 5), parameters={"max_findings": 2})
    assert [row[0] for row in rows] == ["not_satisfied"] * 3
    assert rows[2][1] == "3 more high findings of scan.sarif are not triaged"
    assert len(judged(report(alerts=(HIGH,) * 2), parameters={"max_findings": 2})) == 2


def test_a_run_that_did_not_finish_shows_nothing() -> None:
    ((outcome, message, at),) = judged(report(failed=True))
    assert (outcome, at) == ("unknown", "/runs")
    assert "did not finish" in message


@pytest.mark.parametrize("value", ["", COMMIT[:12]])
def test_without_a_full_commit_nothing_is_tied(value: str) -> None:
    ((outcome, message, _),) = judged(report(), commit=value)
    assert outcome == "unknown"
    assert "the attestation names no full commit" in message
