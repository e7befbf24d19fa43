"""Static analysis of another commit, or with serious findings that nobody looked at."""

from collections.abc import Iterator, Sequence

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.analysis import Alert, AnalysisReport, Revision
from assay.evidence.binding import Bound, Unbound, binding, is_commit
from assay.evidence.model import Exhibit
from assay.evidence.statement import Statement
from assay.formats import repository_url
from assay.formats.attestation import Release
from assay.formats.text import shown


class _Tie(msgspec.Struct, frozen=True):
    """What ties a report to a commit. *holds*: to the attested one, to another (False), to none that is known (None)."""

    holds: bool | None
    message: str
    statements: tuple[Exhibit[Statement], ...] = ()


def examine(case: Case) -> Iterator[Finding]:
    release, reports = case.release, case.of(AnalysisReport)
    ties = [_tie(exhibit, release, case.of(Statement)) for exhibit in reports]
    covered = any(tie.holds for tie in ties)
    for exhibit, tie in zip(reports, ties, strict=True):
        if tie.holds is False and covered:
            yield Finding.not_applicable(f"{tie.message}; another report is of the attested commit", exhibit)
        elif tie.holds is False:
            yield Finding.against(
                tie.message, exhibit, *tie.statements, remedy="submit the analysis of the attested commit"
            )
        else:
            yield from _report(exhibit, tie, case.number("max_findings"))


def _report(exhibit: Exhibit[AnalysisReport], tie: _Tie, limit: int) -> Iterator[Finding]:
    report, name = exhibit.value, shown(exhibit.source.name, 80)
    serious = [alert for alert in report.alerts if alert.high]
    open_ones = [alert for alert in serious if not alert.suppressed]
    yield from (_open(alert, exhibit) for alert in open_ones[:limit])
    if len(open_ones) > limit:
        yield Finding.against(
            f"{len(open_ones) - limit} more high findings of {name} are not triaged", exhibit
        )
    yield from _doubts(exhibit, serious, name)
    if tie.holds is None:
        yield Finding.unknown(
            tie.message,
            exhibit,
            *tie.statements,
            remedy="have the scanner write versionControlProvenance, or sign a statement that names the report and the commit",
        )
    elif not open_ones and not report.failed:
        found = f", {len(serious)} high findings triaged" if serious else ", no high finding"
        yield Finding.supports(f"{tie.message}{found}", exhibit, *tie.statements)


def _open(alert: Alert, exhibit: Exhibit[AnalysisReport]) -> Finding:
    weight = f"severity {alert.severity:g}" if alert.severity is not None else alert.level
    return Finding.against(
        f"{shown(alert.rule, 80)} ({weight}) is open and not triaged: {shown(alert.message, 160)}",
        exhibit,
        at=shown(alert.location) or shown(exhibit.source.name),
        remedy="fix it, or suppress it in the report with a justification",
    )


def _doubts(exhibit: Exhibit[AnalysisReport], serious: Sequence[Alert], name: str) -> Iterator[Finding]:
    if exhibit.value.failed:
        yield Finding.unknown(
            f"a run in {name} did not finish, so what it did not report may still be there",
            exhibit,
            at="/runs",
            remedy="run the analysis again until it finishes",
        )
    bare = [alert for alert in serious if alert.suppressed and not alert.justification]
    if bare:
        yield Finding.unknown(
            f"{len(bare)} high findings of {name} are suppressed without a justification, first {shown(bare[0].rule, 80)}",
            exhibit,
            at=shown(bare[0].location),
            remedy="say in the suppression why the finding does not matter",
        )
    undecided = [alert for alert in exhibit.value.alerts if alert.undecided and not alert.suppressed]
    if undecided:
        yield Finding.unknown(
            f"{len(undecided)} results of {name} wait for a person, first {shown(undecided[0].rule, 80)}",
            exhibit,
            at=shown(undecided[0].location),
        )


def _tie(
    exhibit: Exhibit[AnalysisReport], release: Release, statements: Sequence[Exhibit[Statement]]
) -> _Tie:
    name, commit = shown(exhibit.source.name, 80), release.commit
    if not is_commit(commit):
        return _Tie(None, f"{name}: the attestation names no full commit to tie it to")
    bound = binding(exhibit.source.digest, commit, statements)
    if isinstance(bound, Unbound) and bound.other:
        message = f"{name} is of commit {bound.other}, the attestation names {commit}"
        return _Tie(False, message, bound.statements)
    revisions = exhibit.value.revisions
    own = any(revision.revision.lower() == commit for revision in revisions)
    other = _other(revisions, release)
    if own and other is not None:
        message = f"{name} has runs of {commit[:12]} and of {shown(other.revision, 64)}, and which found what is not told apart"
        return _Tie(None, message)
    if own:
        return _Tie(True, f"{name} says it is of commit {commit[:12]}")
    if other is not None:
        return _Tie(
            False, f"{name} is of revision {shown(other.revision, 64)}, the attestation names {commit}"
        )
    if isinstance(bound, Bound):
        by = shown(bound.statements[0].source.name, 80)
        return _Tie(True, f"{name} is of commit {commit[:12]}, as {by} says", bound.statements)
    return _untied(name, bound, revisions)


def _untied(name: str, bound: Unbound, revisions: Sequence[Revision]) -> _Tie:
    if not revisions:
        return _Tie(None, f"{name}: {shown(bound.reason, 300)}, and it has no versionControlProvenance")
    first = revisions[0]
    of = f"{shown(first.revision, 64) or 'no revision'} of {shown(first.repository, 120)}"
    return _Tie(None, f"{name} says it is of {of}, which cannot be compared with the attested commit")


def _other(revisions: Sequence[Revision], release: Release) -> Revision | None:
    """A revision in the report that is another for certain: a full commit, and not of some other repository."""
    full = [
        one for one in revisions if is_commit(one.revision.lower()) and one.revision.lower() != release.commit
    ]
    here = [one for one in full if repository_url.same(one.repository, release.repository)]
    if here:
        return here[0]
    return full[0] if len(revisions) == 1 and full else None


CHECK = Check(
    id="analysis-ran-on-commit",
    title="static analysis ran on the attested commit, and no high finding is open",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(AnalysisReport,),
    also=(Statement,),
    proves="A report of static analysis is tied to the attested commit by itself or by a verified statement, its runs "
    "finished, and each high finding in it is suppressed with a justification.",
    does_not_prove="That the rules were the right ones, that a justification is true, or, where the report alone names the commit, "
    "that it does so truly.",
    parameters={"max_findings": 20},
    examine=examine,
)
