"""Run one check over one case.

The only place that catches everything: a check reads hostile input, and one that fails must cost its own answer and
nothing else.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from assay.checks.model import Case, Check, Finding, Outcome
from assay.evidence.kinds import names_of, words_of
from assay.formats.text import shown
from assay.validation.outcomes import all_of

MAX_FINDINGS = 50
"""Per check and release: enough to act on; a verdict repeats them for every requirement that binds the check."""
MAX_MESSAGE = 400
MAX_EVIDENCE = 8
"""Digests that one finding points to."""


class Answer(msgspec.Struct, frozen=True):
    """What a check says of a release."""

    check: Check
    release: str
    """``name@version``."""
    outcome: Outcome
    findings: tuple[Finding, ...]


def run(check: Check, case: Case) -> Answer:
    findings = tuple(_bounded(_findings(check, case)))
    outcome = all_of(finding.outcome for finding in findings)
    return Answer(check, case.release.label, outcome, findings)


def _findings(check: Check, case: Case) -> Iterator[Finding]:
    absent = False
    for kind in check.reads:
        if not case.of(kind):
            absent = True
            yield Finding.unknown(f"there is no readable {words_of(kind)} among the artifacts")
    wanted = {name for kind in (*check.reads, *check.also) for name in names_of(kind)}
    for artifact in case.unreadable:
        if artifact.kind in wanted:
            yield Finding.unknown(f"{artifact.source.name} could not be read: {artifact.reason}", artifact)
    if absent:
        return
    try:
        yield from check.examine(case)
    except Exception as error:  # noqa: BLE001 - a check reads hostile input; the cause becomes the reason
        yield Finding.unknown(f"the check could not finish: {type(error).__name__}: {error}")


def _bounded(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Findings cut to what a person can read; what is cut off is counted, and keeps its outcome."""
    rest: dict[Outcome, int] = {}
    for number, finding in enumerate(findings):
        if number < MAX_FINDINGS:
            yield msgspec.structs.replace(
                finding,
                message=shown(finding.message, MAX_MESSAGE),
                at=shown(finding.at),
                remedy=shown(finding.remedy),
                evidence=finding.evidence[:MAX_EVIDENCE],
            )
        else:
            rest[finding.outcome] = rest.get(finding.outcome, 0) + 1
    for outcome, count in sorted(rest.items()):
        yield Finding(outcome, f"and {count} more like these")


def evidence_of(answer: Answer) -> tuple[Any, ...]:
    """Digests of all evidence the answer points to, in order, once each."""
    return tuple(dict.fromkeys(digest for finding in answer.findings for digest in finding.evidence))
