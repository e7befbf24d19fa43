from typing import Any

import msgspec
import pytest
from tests.support.cases import COMMIT, RELEASE, VERIFIED, WHEEL, exhibit, findings
from tests.support.statements import FILENAME, OTHER_COMMIT, built, commit, ran, said, shown

from assay.checks.tests_ran_on_commit import CHECK
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.statement import Resource, Statement
from assay.evidence.tests import TestReport
from assay.formats.digest import Digest

GREEN = TestReport(tests=120, failures=0, errors=0, skipped=3)
DIGEST = Digest.sha256(b"junit.xml")
NAMED = (Resource("junit.xml", digests=(DIGEST,)),)
BINDER = said(commit(), *NAMED)


def report(value: TestReport = GREEN, name: str = "junit.xml") -> Exhibit[TestReport]:
    return exhibit(value, name, digest=Digest.sha256(name.encode()))


def judged(*exhibits: Exhibit[Any], **changes: Any) -> list[tuple[str, str]]:
    release = msgspec.structs.replace(RELEASE, **changes)
    return [
        (finding.outcome.value, finding.message) for finding in findings(CHECK, *exhibits, release=release)
    ]


def outcomes(*exhibits: Exhibit[Any], **changes: Any) -> list[str]:
    return [row[0] for row in judged(*exhibits, **changes)]


def test_satisfied_by_a_bound_report() -> None:
    assert judged(report(), shown(BINDER, "ci.json")) == [
        ("satisfied", f"117 tests passed on commit {COMMIT[:12]}, 3 skipped: junit.xml, named by ci.json")
    ]


@pytest.mark.parametrize(
    "binder",
    [
        pytest.param(ran(configuration=NAMED), id="a test result: counted by itself too"),
        pytest.param(built(byproducts=NAMED), id="provenance"),
    ],
)
def test_satisfied_by_other_binders(binder: Statement) -> None:
    assert set(outcomes(report(), shown(binder))) == {"satisfied"}


@pytest.mark.parametrize("result", ["PASSED", "WARNED"])
def test_satisfied_by_a_test_result_alone(result: str) -> None:
    assert judged(shown(ran(result=result), "result.json")) == [
        ("satisfied", f"result.json says {result} for commit {COMMIT[:12]}, signed by ci")
    ]


def test_a_test_result_may_be_of_the_attested_file() -> None:
    of_file = ran((Resource(FILENAME, digests=(WHEEL,)),))
    assert judged(shown(of_file, "r.json")) == [
        ("satisfied", "r.json says PASSED for an attested file, signed by ci")
    ]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(msgspec.structs.replace(GREEN, failures=2, failed=("a", "b")), id="failures"),
        pytest.param(msgspec.structs.replace(GREEN, errors=2, failed=("a", "b")), id="errors"),
    ],
)
@pytest.mark.parametrize("binders", [(), (shown(BINDER),)], ids=["unbound", "bound"])
def test_failures_contradict_bound_or_not(value: TestReport, binders: tuple[Exhibit[Statement], ...]) -> None:
    assert judged(report(value), *binders) == [("not_satisfied", "2 of 120 tests failed in junit.xml: a, b")]


def test_only_the_first_failures_are_named() -> None:
    value = msgspec.structs.replace(GREEN, failures=5, failed=("a", "b", "c", "d", "e"))
    assert judged(report(value))[0][1].endswith(": a, b, c and 2 more")
    value = msgspec.structs.replace(GREEN, failures=3, failed=("a", "b", "c"))
    assert judged(report(value))[0][1].endswith(": a, b, c")


@pytest.mark.parametrize(
    ("exhibits", "message"),
    [
        pytest.param([report(), shown(said(commit(OTHER_COMMIT), *NAMED))], "junit.xml is of commit", id="a report"),
        pytest.param([shown(ran((commit(OTHER_COMMIT),)), "r.json")], "r.json is of commit", id="a test result"),
    ],
)  # fmt: skip
def test_another_commit_contradicts(exhibits: list[Exhibit[Any]], message: str) -> None:
    ((outcome, found),) = judged(*exhibits)
    assert outcome == "not_satisfied"
    assert found == f"{message} {OTHER_COMMIT}, the attestation names {COMMIT}"


def test_an_older_report_beside_the_right_one_is_harmless() -> None:
    old = said(commit(OTHER_COMMIT), Resource(digests=(Digest.sha256(b"old.xml"),)))
    rows = outcomes(
        report(name="old.xml"), shown(old), report(), shown(BINDER), shown(ran((commit(OTHER_COMMIT),)))
    )
    assert rows == ["not_applicable", "satisfied", "not_applicable"]


@pytest.mark.parametrize(
    ("exhibits", "message"),
    [
        pytest.param([report()], "not bound to any commit: no signed", id="nobody names it"),
        pytest.param([report(), shown(BINDER, "ci.json", UNSIGNED)], "ci.json names its digest, but", id="unsigned binder"),
        pytest.param([report(), shown(BINDER, "ci.json", Signature(Standing.INVALID))], "invalid", id="forged binder"),
        pytest.param([report(), shown(said(commit(OTHER_COMMIT), *NAMED), signature=UNSIGNED)], "unsigned", id="unsigned binder of another commit"),
        pytest.param([shown(ran(), "r.json", UNSIGNED)], "r.json says PASSED for commit 1f1f1f1f1f1f, but its signature", id="unsigned result"),
        pytest.param([shown(ran((commit(OTHER_COMMIT),)), signature=UNSIGNED)], "is of commit", id="unsigned result of another commit"),
        pytest.param([shown(ran((Resource("x"),)))], "names neither the attested commit", id="a result of something else"),
        pytest.param([shown(ran(), signature=Signature(Standing.INVALID))], "anybody may have written", id="a forged result"),
        pytest.param([shown(ran(result="FAILED"), signature=Signature(Standing.REVOKED))], "anybody may have", id="failed, by a revoked key"),
        pytest.param([], "neither a test report nor", id="nothing"),
        pytest.param([shown(built())], "neither a test report nor", id="provenance alone"),
        pytest.param([report(TestReport(0, 0, 0, 0))], "not bound", id="an empty report that is not bound"),
    ],
)  # fmt: skip
def test_unknown(exhibits: list[Exhibit[Any]], message: str) -> None:
    rows = judged(*exhibits)
    assert {row[0] for row in rows} == {"unknown"}
    assert message in rows[0][1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(TestReport(0, 0, 0, 0), "it has no test case", id="empty"),
        pytest.param(TestReport(12, 0, 0, 12), "all 12 were skipped", id="all skipped"),
    ],
)
def test_nothing_ran(value: TestReport, message: str) -> None:
    assert judged(report(value), shown(BINDER)) == [
        ("not_satisfied", f"no test ran on commit {COMMIT[:12]}: {message} in junit.xml")
    ]


def test_a_result_that_rests_on_an_empty_report_shows_no_test() -> None:
    empty = report(TestReport(0, 0, 0, 0))
    assert judged(empty, shown(ran(configuration=NAMED), "r.json")) == [
        ("not_satisfied", f"no test ran on commit {COMMIT[:12]}: it has no test case in junit.xml"),
        ("unknown", f"r.json says PASSED for commit {COMMIT[:12]}, of a report in which no test ran"),
    ]


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(ran(configuration=NAMED, passed=("unit",)), id="it names a test that passed"),
        pytest.param(
            ran(configuration=(*NAMED, Resource("b", digests=(WHEEL,)))), id="it names another file"
        ),
        pytest.param(ran(), id="it names no report"),
    ],
)
def test_a_result_that_rests_on_more_counts(result: Statement) -> None:
    empty = report(TestReport(0, 0, 0, 0))
    assert outcomes(empty, shown(result), shown(BINDER)) == ["not_applicable", "satisfied"]


def test_an_empty_shard_beside_a_full_one_is_harmless() -> None:
    shard = said(commit(), Resource(digests=(Digest.sha256(b"shard.xml"),)))
    empty = report(TestReport(0, 0, 0, 0), "shard.xml")
    assert outcomes(empty, shown(shard), report(), shown(BINDER)) == ["not_applicable", "satisfied"]


@pytest.mark.parametrize("signature", [VERIFIED, UNSIGNED], ids=["verified", "unsigned"])
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (ran(result="FAILED", failed=("a",)), f"r.json says FAILED for commit {COMMIT[:12]}: a"),
        (ran(failed=("a",)), f"r.json says PASSED, yet lists failed tests for commit {COMMIT[:12]}: a"),
    ],
    ids=["failed", "passed, with failed tests"],
)
def test_a_failed_result_contradicts(statement: Statement, message: str, signature: Signature) -> None:
    assert judged(shown(statement, "r.json", signature)) == [("not_satisfied", message)]


def test_a_failed_result_beside_a_passed_one_still_contradicts() -> None:
    rows = outcomes(shown(ran(), "a"), shown(ran(result="FAILED"), "b"))
    assert rows == ["satisfied", "not_satisfied"]


def test_totals_that_differ_from_the_cases_leave_it_open() -> None:
    value = msgspec.structs.replace(GREEN, disagreements=("failures is 1, its cases say 0",))
    ((outcome, message),) = judged(report(value), shown(BINDER))
    assert outcome == "unknown"
    assert message == "totals in junit.xml differ from its cases: failures is 1, its cases say 0"


@pytest.mark.parametrize("value", ["", COMMIT[:12]])
def test_without_a_full_commit_nothing_is_tied(value: str) -> None:
    rows = judged(report(), shown(BINDER), commit=value)
    assert {row[0] for row in rows} == {"unknown"}
    assert rows[0][1] == "the attestation names no full commit, so no test can be tied to it"


def test_a_result_of_the_file_counts_without_a_commit_but_does_not_suffice() -> None:
    of_file = ran((Resource(digests=(WHEEL,)),))
    assert outcomes(shown(of_file), commit="") == ["unknown", "satisfied"]
