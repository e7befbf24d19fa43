"""The tests ran on another commit, failed, or never ran: a green report of last month proves nothing today."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.evidence.binding import Bound, binding, commits_of, is_commit, names_commit
from assay.evidence.model import Exhibit, Standing
from assay.evidence.provenance import TAINTED, names_subject
from assay.evidence.statement import Statement, TestResult
from assay.evidence.tests import TestReport
from assay.formats.digest import Digest
from assay.formats.text import shown

SHOWN = 3


class _Answer(msgspec.Struct, frozen=True):
    finding: Finding
    beside: bool = False
    """Says only that this evidence is not of the attested commit, or of no test: harmless where another shows the tests."""


def examine(case: Case) -> Iterator[Finding]:
    commit = case.release.commit
    statements = case.of(Statement)
    answers = [_report(exhibit, commit, statements) for exhibit in case.of(TestReport)]
    reports = {exhibit.source.digest: _ran(exhibit.value) for exhibit in case.of(TestReport)}
    files = frozenset(file.digest for file in case.release.files)
    for exhibit in statements:
        if isinstance(exhibit.value.predicate, TestResult):
            answers.extend(_result(exhibit, exhibit.value.predicate, commit, files, reports))
    if not is_commit(commit):
        yield Finding.unknown(
            "the attestation names no full commit, so no test can be tied to it",
            remedy="attest the full commit the release was built from",
        )
    if not answers:
        yield Finding.unknown(
            "there is neither a test report nor an in-toto test-result among the artifacts",
            remedy="submit the JUnit report of the release build, and a signed test-result that names its digest and the commit",
        )
    shown_elsewhere = any(answer.finding.outcome is Outcome.SATISFIED for answer in answers)
    for answer in answers:
        if answer.beside and shown_elsewhere:
            yield msgspec.structs.replace(answer.finding, outcome=Outcome.NOT_APPLICABLE, remedy="")
        else:
            yield answer.finding


def _report(exhibit: Exhibit[TestReport], commit: str, statements: Sequence[Exhibit[Statement]]) -> _Answer:
    report, name = exhibit.value, shown(exhibit.source.name, 80)
    bound = binding(exhibit.source.digest, commit, statements) if is_commit(commit) else None
    if bound is not None and not isinstance(bound, Bound) and bound.other:
        return _Answer(
            Finding.against(
                f"{name} is of commit {bound.other}, the attestation names {commit}",
                exhibit,
                *bound.statements,
                remedy="submit the tests of the attested commit",
            ),
            beside=True,
        )
    bad = report.failures + report.errors
    if bad:
        return _Answer(
            Finding.against(
                f"{bad} of {report.tests} tests failed in {name}{_names(report.failed)}",
                exhibit,
                remedy="release what passes its tests",
            )
        )
    if not isinstance(bound, Bound):
        reason = bound.reason if bound else "there is no full commit to tie it to"
        return _Answer(
            Finding.unknown(
                f"{name}: {shown(reason, 300)}",
                exhibit,
                remedy="sign a test-result or provenance in CI that names the report's digest and the commit",
            )
        )
    return _bound(exhibit, commit, bound, name)


def _bound(exhibit: Exhibit[TestReport], commit: str, bound: Bound, name: str) -> _Answer:
    report, ran = exhibit.value, _ran(exhibit.value)
    if report.disagreements:
        return _Answer(
            Finding.unknown(
                f"totals in {name} differ from its cases: {shown(report.disagreements[0], 160)}", exhibit
            )
        )
    if ran <= 0:
        said = f"all {report.tests} were skipped" if report.tests else "it has no test case"
        return _Answer(
            Finding.against(
                f"no test ran on commit {commit[:12]}: {said} in {name}", exhibit, *bound.statements
            ),
            beside=True,
        )
    skipped = f", {report.skipped} skipped" if report.skipped else ""
    return _Answer(
        Finding.supports(
            f"{ran} test{'' if ran == 1 else 's'} passed on commit {commit[:12]}{skipped}: {name}, named by {shown(bound.statements[0].source.name, 80)}",
            exhibit,
            *bound.statements,
        )
    )


def _result(
    exhibit: Exhibit[Statement],
    result: TestResult,
    commit: str,
    files: frozenset[Digest],
    reports: Mapping[Digest, int],
) -> Iterator[_Answer]:
    name, verified = shown(exhibit.source.name, 80), exhibit.signature.standing is Standing.VERIFIED
    if exhibit.signature.standing in TAINTED:
        standing = exhibit.signature.standing.value
        yield _Answer(
            Finding.unknown(
                f"{name} is left aside: its signature is {standing}, so anybody may have written it", exhibit
            )
        )
        return
    on_commit = is_commit(commit) and names_commit(exhibit.value, commit)
    if on_commit or names_subject(exhibit.value, files):
        of = f"commit {commit[:12]}" if on_commit else "an attested file"
        yield _hollow(exhibit, result, of, name, reports) or _own(exhibit, result, of, name)
    elif commits_of(exhibit.value) and is_commit(commit):
        message = f"{name} is of commit {commits_of(exhibit.value)[0]}, the attestation names {commit}"
        remedy = "submit the tests of the attested commit"
        found = Finding.against(message, exhibit, at="/subject", remedy=remedy)
        yield _Answer(found if verified else Finding.unknown(message, exhibit, at="/subject"), beside=True)
    elif not any(exhibit.value.names(digest) for digest in reports):
        yield _Answer(
            Finding.unknown(
                f"{name} names neither the attested commit nor an attested file", exhibit, at="/subject"
            )
        )


def _hollow(
    exhibit: Exhibit[Statement], result: TestResult, of: str, name: str, reports: Mapping[Digest, int]
) -> _Answer | None:
    """It names no test, and all that it names are reports in which none ran: then PASSED is of nothing."""
    named = result.configuration
    empty = all(any(reports.get(digest, 1) <= 0 for digest in one.digests) for one in named)
    if not named or not empty or result.result == "FAILED" or result.passed or result.warned or result.failed:
        return None
    message = f"{name} says {result.result} for {of}, of a report in which no test ran"
    return _Answer(Finding.unknown(message, exhibit, at="/predicate/result"), beside=True)


def _own(exhibit: Exhibit[Statement], result: TestResult, of: str, name: str) -> _Answer:
    if result.result == "FAILED" or result.failed:
        said = (
            f"says {result.result}"
            if result.result == "FAILED"
            else f"says {result.result}, yet lists failed tests"
        )
        return _Answer(
            Finding.against(
                f"{name} {said} for {of}{_names(result.failed)}",
                exhibit,
                at="/predicate/result",
                remedy="release what passes its tests",
            )
        )
    if exhibit.signature.standing is not Standing.VERIFIED:
        standing = exhibit.signature.standing.value.replace("_", " ")
        return _Answer(
            Finding.unknown(
                f"{name} says {result.result} for {of}, but its signature is not verified ({standing})",
                exhibit,
            )
        )
    return _Answer(
        Finding.supports(
            f"{name} says {result.result} for {of}, signed by {shown(', '.join(exhibit.signature.signers), 120)}",
            exhibit,
            at="/predicate/result",
        )
    )


def _ran(report: TestReport) -> int:
    return report.tests - report.skipped


def _names(names: Sequence[str]) -> str:
    if not names:
        return ""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f": {', '.join(shown(name, 80) for name in names[:SHOWN])}{rest}"


CHECK = Check(
    id="tests-ran-on-commit",
    title="tests ran on the attested commit, and none failed",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    also=(TestReport, Statement),
    proves="A verified statement ties a test report, or a test result, to the attested commit or file; tests ran, none failed.",
    does_not_prove="That the tests test what matters.",
    examine=examine,
)
