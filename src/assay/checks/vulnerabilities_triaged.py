"""A known vulnerability in a component of the release that nobody answered.

A scan that finds something and a provider who says nothing of it, or says it only of another product or version, is what this
looks for. What a scan did not look at, or looked at too long ago, is unknown.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.contents import Part, parts
from assay.evidence.lockfile import Lockfile
from assay.evidence.model import Exhibit, Standing
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Provenance, Statement
from assay.evidence.subject import Subject, same_version, subject_of
from assay.evidence.triage import Triage
from assay.evidence.triaged import Index
from assay.evidence.vulnerabilities import Vex, Vulnerability, VulnerabilityReport
from assay.formats.purl import normalise_name
from assay.formats.text import shown

Report = Exhibit[VulnerabilityReport]
MAX_NAMED = 5


def examine(case: Case) -> Iterator[Finding]:
    contents = _Contents(case)
    index = Index(case.of(Vex))
    for report in case.of(VulnerabilityReport):
        yield from _age(report, case)
        yield from _coverage(report, contents)
        for vulnerability in dict.fromkeys(report.value.found):
            yield _judge(vulnerability, report, contents, index)


class _Contents:
    """The release by its names, and the versions of each package in it."""

    def __init__(self, case: Case) -> None:
        release = case.release
        digests = frozenset(str(file.digest) for file in release.files)
        named = subject_of(release.purl, digests) if release.purl else None
        self.digests = {file.digest for file in release.files} | {
            bill.source.digest for bill in case.of(Sbom)
        }
        self.commit = release.commit
        self.product = named or Subject(release.name, release.version, digests=digests)
        self.parts: dict[tuple[str, str], list[Part]] = {}
        for part in parts(case.of(Sbom), case.of(Lockfile)):
            if not part.development:
                self.parts.setdefault((part.subject.type, part.subject.name), []).append(part)

    def held(self, component: Subject) -> tuple[Part, ...]:
        """Entries for *component* in its version; empty when the version is not known or not listed."""
        listed = self.parts.get((component.type, component.name), ())
        return tuple(
            part
            for part in listed
            if component.version and same_version(component.type, part.subject.version, component.version)
        )

    def is_about(self, report: Report) -> bool:
        """The report's subjects name a file of the release, its commit or its bill."""
        return any(digest in self.digests or digest.value == self.commit for digest in report.value.subjects)

    def is_product(self, component: Subject) -> bool:
        product = self.product
        same_name = normalise_name(component.type, product.name) == component.name
        same = same_name and product.type in {"", component.type}
        return same and same_version(component.type, product.version, component.version)


def _age(report: Report, case: Case) -> Iterator[Finding]:
    value, name = report.value, report.source.name
    made, how = _made(report, case)
    if made is None:
        yield Finding.unknown(
            f"{name} does not say when it was made",
            report,
            remedy="attest it with an in-toto vulns statement, or use a format with a date",
        )
        return
    if made > case.now:
        yield Finding.unknown(
            f"{name} is dated {made.date()}, after {case.now.date()}, the day of this check", report
        )
        return
    yield _before_release(report, case, made, how)
    known = value.database or made
    limit = case.number("max_database_age_days")
    if case.now - known > timedelta(days=limit):
        what = "advisory data" if value.database else how
        yield Finding.unknown(
            f"{name}: {what} of {known.date()} is {(case.now - known).days} days old, at most {limit} expected",
            report,
            remedy="scan again",
        )


def _before_release(report: Report, case: Case, made: datetime, how: str) -> Finding:
    released = case.release.released
    if released is None:
        return Finding.unknown(
            f"{report.source.name} is of {made.date()}; the attestation gives no date of release", report
        )
    if made.date() < released - timedelta(days=case.number("max_days_before_release")):
        return Finding.unknown(
            f"{report.source.name}: {how} of {made.date()} lies before the release of {released}",
            report,
            remedy="scan again",
        )
    count = len(report.value.found)
    return Finding.supports(
        f"{report.source.name} names {count} vulnerabilities; {how} of {made.date()}", report
    )


def _made(report: Report, case: Case) -> tuple[datetime | None, str]:
    """When the scan ran: as it says, as a verified statement about it says, or not before its newest advisory."""
    if report.value.created:
        return report.value.created, "a scan"
    stated = [
        exhibit.value.predicate.finished
        for exhibit in case.of(Statement)
        if exhibit.signature.standing is Standing.VERIFIED
        and isinstance(exhibit.value.predicate, Provenance)
        and exhibit.value.predicate.finished
        and exhibit.value.names(report.source.digest)
    ]
    if stated:
        return max(stated), "a scan, by its provenance,"
    changed = [item.modified for item in report.value.found if item.modified and item.modified <= case.now]
    return max(changed, default=None), "the newest advisory in it,"


def _coverage(report: Report, contents: _Contents) -> Iterator[Finding]:
    value, name = report.value, report.source.name
    if value.subjects and not contents.is_about(report):
        yield Finding.unknown(
            f"{name} is about {value.subjects[0]}, which is no digest of this release", report
        )
    elif not value.found and not value.scanned and not value.subjects:
        yield Finding.unknown(
            f"{name} names no vulnerability and does not say what it looked at",
            report,
            remedy="let the scanner list every package it looked at",
        )
    if value.scanned is not None:
        yield from _missed(report, value.scanned, contents)


def _missed(report: Report, scanned: Iterable[str], contents: _Contents) -> Iterator[Finding]:
    """Packages of the release, of the ecosystems that were scanned, that the scan did not look at."""
    seen = [subject for subject in map(subject_of, scanned) if subject]
    names = {(subject.type, subject.name) for subject in seen}
    kinds = {subject.type for subject in seen}
    missed = [listed[0] for key, listed in contents.parts.items() if key[0] in kinds and key not in names]
    if missed:
        first = ", ".join(shown(part.shown, 60) for part in missed[:MAX_NAMED])
        yield Finding.unknown(
            f"{report.source.name} did not look at {len(missed)} components of the release: {first}", report
        )


def _judge(vulnerability: Vulnerability, report: Report, contents: _Contents, index: Index) -> Finding:
    component = _component(vulnerability)
    held = contents.held(component) if component else ()
    if component and held:
        known = held[0].subject
        component = msgspec.structs.replace(component, digests=known.digests, refs=known.refs)
    where = shown(f"{vulnerability.name or vulnerability.component} {vulnerability.version}".strip(), 80)
    what = f"{shown(vulnerability.id, 60)} in {where}" if where else shown(vulnerability.id, 60)
    if vulnerability.withdrawn:
        return Finding.not_applicable(f"{what}: the advisory was withdrawn", report)
    if vulnerability.notice:
        return Finding.not_applicable(
            f"{what} is a notice ({shown(vulnerability.notice, 40)}), not a vulnerability", report
        )
    answer = index.answer(vulnerability, contents.product, component)
    if answer.statement and answer.exhibit:
        return _weigh(answer.statement, what, report, answer.exhibit)
    if answer.unclear is not None:
        named = shown(", ".join(answer.unclear.products[:2]) or "no product", 100)
        return Finding.unknown(
            f"{what}: a statement about it names {named}, which cannot be related to this release", report
        )
    return _unanswered(what, report, contents, component, held)


def _component(vulnerability: Vulnerability) -> Subject | None:
    if vulnerability.component:
        found = subject_of(vulnerability.component)
        if found is not None:
            return found if found.version else msgspec.structs.replace(found, version=vulnerability.version)
    if not vulnerability.name:
        return None
    kind = vulnerability.ecosystem
    return Subject(normalise_name(kind, vulnerability.name), vulnerability.version, kind)


def _weigh(statement: Triage, what: str, report: Report, vex: Exhibit[Vex]) -> Finding:
    by = shown(vex.source.name, 80)
    match statement.status:
        case "fixed":
            return Finding.supports(f"{what} is fixed, says {by}", report, vex)
        case "not_affected" if statement.justification or statement.impact:
            reason = shown(statement.justification or statement.impact, 80)
            return Finding.supports(f"{what} does not affect it ({reason}), says {by}", report, vex)
        case "not_affected":
            return Finding.unknown(
                f"{what} does not affect it, says {by}, and gives no reason",
                report,
                vex,
                remedy="add a justification",
            )
        case "affected" if statement.action:
            return Finding.supports(
                f"{what} affects it, says {by}: {shown(statement.action, 80)}", report, vex
            )
        case "affected":
            return Finding.against(
                f"{what} affects it, says {by}, and names no action",
                report,
                vex,
                remedy="say what is to be done about it",
            )
        case _:
            return Finding.unknown(f"{what} is under investigation, says {by}", report, vex)


def _unanswered(
    what: str, report: Report, contents: _Contents, component: Subject | None, held: tuple[Part, ...]
) -> Finding:
    """Against only where the release is known to contain it."""
    certain = next((part for part in held if not part.perhaps_development), None)
    remedy = "state in a VEX document whether this release is affected"
    if component is None and report.value.subjects and contents.is_about(report):
        return Finding.against(
            f"{what} was found in the release, and no VEX statement answers it", report, remedy=remedy
        )
    if component is None or not component.version:
        return Finding.unknown(
            f"{what}: no VEX statement, and the report does not say which component and version it means",
            report,
        )
    if contents.is_product(component):
        return Finding.against(
            f"{what}, this release, is not answered by any VEX statement", report, remedy=remedy
        )
    if certain is not None:
        source = certain.source
        return Finding.against(
            f"{what}, which {source.name} lists, is not answered by any VEX statement",
            report,
            source,
            at=certain.at,
            remedy=remedy,
        )
    if held:
        return Finding.unknown(
            f"{what}: no VEX statement, but {held[0].source.name} may list it for development only", report
        )
    others = [part.subject.version for part in contents.parts.get((component.type, component.name), ())]
    has = (
        f"has version {shown(', '.join(others[:3]), 60)}"
        if others
        else "does not list it in any bill or lock"
    )
    return Finding.unknown(f"{what}: no VEX statement, but the release {has}", report)


CHECK = Check(
    id="vulnerabilities-triaged",
    title="every known vulnerability of the release is answered",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(VulnerabilityReport,),
    also=(Vex, Sbom, Lockfile, Statement),
    proves="each vulnerability that the supplied scans name has a VEX statement about this release or component, with a decision",
    does_not_prove="that the scan was complete, or that the provider's decisions are right",
    parameters={"max_database_age_days": 90, "max_days_before_release": 1},
    examine=examine,
)
