"""Evidence that is dated in the future, after the attestation that names it, or was too old already when it was attested.

A date inside a document is no proof of its age, but a date that cannot be true is proof against it. Evidence that has
grown too old since is no fault of the provider: then nothing is known until there is newer evidence.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.analysis import AnalysisReport
from assay.evidence.environment import EnvironmentStatement
from assay.evidence.kinds import WORDS, names_of
from assay.evidence.model import Exhibit, Standing
from assay.evidence.policy import SecurityInsights
from assay.evidence.repository import Scorecard
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Provenance, Statement
from assay.evidence.tests import TestReport
from assay.evidence.vulnerabilities import Vex, VulnerabilityReport
from assay.formats import times
from assay.formats.attestation import ArtifactKind

DATED = (
    Sbom, AnalysisReport, TestReport, VulnerabilityReport, Vex, Scorecard, SecurityInsights, EnvironmentStatement, Statement,
)  # fmt: skip


def examine(case: Case) -> Iterator[Finding]:
    limits: dict[ArtifactKind, int] = dict(case.parameters["max_age_days"])
    slack = timedelta(hours=case.number("future_tolerance_hours"))
    made = case.attestation.made
    if made > case.now + slack:
        yield Finding.against(
            f"the attestation is dated {times.encode(made)}, after the moment of this check, {times.encode(case.now)}"
        )
    found = [item for kind in DATED for item in case.of(kind) if names_of(kind)[0] in limits]
    if not found:
        yield Finding.unknown(
            f"there is no readable {' or '.join(WORDS[kind] for kind in sorted(limits))} among the artifacts"
        )
    for artifact in case.unreadable:
        if artifact.kind in limits:
            yield Finding.unknown(f"{artifact.source.name} could not be read: {artifact.reason}", artifact)
    for exhibit in found:
        limit = limits[names_of(type(exhibit.value))[0]]
        dates = list(dates_of(exhibit.value)) or list(_stated(case, exhibit))
        if not dates:
            yield Finding.unknown(f"{exhibit.source.name} has no date of its own", exhibit)
        for what, moment in dates:
            yield _judge(case, exhibit, what, moment, limit, slack)


def _judge(
    case: Case, exhibit: Exhibit[Any], what: str, moment: datetime, limit: int, slack: timedelta
) -> Finding:
    when = times.encode(moment)
    if moment > case.now + slack:
        return Finding.against(
            f"{what} {when} is in the future: the moment of this check is {times.encode(case.now)}", exhibit
        )
    if moment > case.attestation.made + slack:
        made = times.encode(case.attestation.made)
        return Finding.against(
            f"{what} {when} is later than {made}, when the attestation that names it was made", exhibit
        )
    age = max((case.now - moment).days, 0)
    remedy = "run the tool again and submit a revision"
    if limit and (case.attestation.made - moment).days > limit:
        before = (case.attestation.made - moment).days
        return Finding.against(
            f"{what} {when} lies {before} days before the attestation, evidence of this class may be {limit} days old",
            exhibit,
            remedy=remedy,
        )
    if limit and age > limit:
        return Finding.unknown(
            f"{what} {when} is {age} days ago by now, evidence of this class may be {limit} days old",
            exhibit,
            remedy=remedy,
        )
    return Finding.supports(
        f"{what} {when} is {age} days ago" + (f", at most {limit}" if limit else ""), exhibit
    )


def _stated(case: Case, exhibit: Exhibit[Any]) -> Iterator[tuple[str, datetime]]:
    """When a verified provenance says that an undated report was made."""
    for item in case.of(Statement):
        made = item.value.predicate
        if (
            item.signature.standing is Standing.VERIFIED
            and isinstance(made, Provenance)
            and made.finished is not None
            and item.value.names(exhibit.source.digest)
        ):
            yield "the run, by its provenance,", made.finished


def dates_of(value: Any) -> Iterator[tuple[str, datetime]]:
    """Every date by which the evidence is judged, with what it is the date of."""
    match value:
        case Sbom(timestamp=datetime() as moment):
            yield "the bill's timestamp", moment
        case AnalysisReport(completed=datetime() as moment):
            yield "the end of the analysis", moment
        case TestReport(timestamp=datetime() as moment):
            yield "the start of the tests", moment
        case VulnerabilityReport(created=created, database=database):
            if created is not None:
                yield "the scan", created
            if database is not None:
                yield "the scan's advisory data", database
        case Vex(timestamp=datetime() as moment):
            yield "the VEX document's timestamp", moment
        case Scorecard(date=datetime() as moment):
            yield "the scorecard's date", moment
        case SecurityInsights(updated=updated, reviewed=reviewed):
            latest = max((moment for moment in (updated, reviewed) if moment is not None), default=None)
            if latest is not None:
                yield "the last review", latest
        case EnvironmentStatement(facts=facts):
            for fact in facts:
                if fact.stated is not None:
                    yield f"the statement on {fact.topic}", datetime.combine(fact.stated, time_of_day(), UTC)
        case Statement(predicate=Provenance(finished=finished, started=started)):
            if finished is not None or started is not None:
                yield "the build", finished or started  # type: ignore[misc]


CHECK = Check(
    id="evidence-fresh",
    title="the evidence is dated, recent enough for its class, and not from the future",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    proves="No date in the evidence is impossible, and none is longer ago than its class allows.",
    does_not_prove="That the evidence was made when it says; a document can carry any past date.",
    parameters={
        "max_age_days": {
            "sbom": 730,
            "vulnerabilities": 90,
            "analysis": 400,
            "test-report": 400,
            "scorecard": 180,
            "security-insights": 400,
            "environment": 400,
            "vex": 0,
            "statement": 0,
        },
        "future_tolerance_hours": 24,
    },
    examine=examine,
)
