"""Scan again what can be scanned offline, and compare with the scans that were submitted."""

from collections.abc import Iterator, Mapping, Sequence

from assay.checks.model import Advisories, Advisory, Case, stale
from assay.errors import TooLarge
from assay.evidence.analysis import AnalysisReport
from assay.evidence.model import Exhibit
from assay.evidence.subject import Subject, subject_of
from assay.evidence.triage import Vulnerability, VulnerabilityReport
from assay.evidence.triaged import Index
from assay.evidence.vulnerabilities import Vex
from assay.formats.rederivation import Difference
from assay.formats.text import shown
from assay.formats.verdict import Unchecked
from assay.validation.advisories import advisories
from assay.validation.run import MAX_MESSAGE

MAX_FOUND = 500
MAX_AGE_DAYS = 30
"""Of a snapshot whose silence says something."""

_Report = Exhibit[VulnerabilityReport]


def scanned(
    case: Case, components: Mapping[Subject, str], snapshot: bytes | None, unchecked: list[Unchecked]
) -> Iterator[Difference]:
    """Advisories that mean a component of the release, each beside what scans and VEX documents say of it."""
    what = f"vulnerabilities of {shown(case.release.label, 120)}"
    if any(case.of(AnalysisReport)):
        unchecked.append(
            Unchecked(
                "static analysis",
                "an office does not run analysers; a person compares the report with the source",
            )
        )
    if snapshot is None:
        unchecked.append(Unchecked(what, "the office has no snapshot of advisories to look components up in"))
        return
    known = advisories(snapshot)
    for kind in sorted({one.type for one in components} - known.ecosystems):
        count = sum(one.type == kind for one in components)
        unchecked.append(
            Unchecked(
                what, f"the office's snapshot has no advisories of {shown(kind, 40)}: {count} components"
            )
        )
    yield from _compared(case, components, known, unchecked)


def _compared(
    case: Case, components: Mapping[Subject, str], known: Advisories, unchecked: list[Unchecked]
) -> Iterator[Difference]:
    reports, index = case.of(VulnerabilityReport), Index(case.of(Vex))
    found = 0
    for component, where in components.items():
        if component.type not in known.ecosystems:
            continue
        for advisory, certain in known.about(component):
            found += 1
            if found > MAX_FOUND:
                unchecked.append(
                    Unchecked("vulnerabilities", f"over {MAX_FOUND} were found; the others were not compared")
                )
                return
            yield _judged(case, component, where, advisory, certain, reports, index)
    looked = sum(one.type in known.ecosystems for one in components)
    why = stale(known.as_of, case.now, MAX_AGE_DAYS)
    if looked and not found and why:
        reason = f"the office's snapshot of advisories of {known.as_of.date()} {why}: {looked} components that it does not name"
        unchecked.append(Unchecked(f"vulnerabilities of {shown(case.release.label, 120)}", reason))
    elif looked and not found:
        yield Difference(
            what="agrees",
            outcome="satisfied",
            message=f"{looked} components are in no advisory known as of {known.as_of.date()}",
            release=case.release.label,
        )


def _judged(
    case: Case,
    component: Subject,
    where: str,
    advisory: Advisory,
    certain: bool | None,
    reports: Sequence[_Report],
    index: Index,
) -> Difference:
    name = f"{shown(component.name, 80)} {shown(component.version, 40)} ({component.type})"
    what = f"{shown(advisory.id, 80)} {'means' if certain else 'may mean'} {name}, from {shown(where, 120)}"
    said = _said(case, component, advisory, reports, index)
    if said:
        return _of(case, "satisfied", f"{what}; {said}", "")
    for report in reports if certain else ():
        moment = report.value.database or report.value.created
        if _looked(report.value, component) and moment is not None and advisory.modified <= moment:
            message = (
                f"{what}; {shown(report.source.name, 120)} of {moment.date()} looked at it and does not list it, "
                f"though it was known on {advisory.modified.date()}"
            )
            return _of(case, "not_satisfied", message, str(report.source.digest))
    reason = "no scan that was submitted lists it" if reports else "no scan was submitted to compare with"
    return _of(case, "unknown", f"{what}; {reason}", "")


def _said(
    case: Case, component: Subject, advisory: Advisory, reports: Sequence[_Report], index: Index
) -> str:
    """By which submitted document the vulnerability is spoken of; empty for none."""
    for report in reports:
        for one in report.value.found:
            if not advisory.ids.isdisjoint(one.ids) and _same(one, component):
                return f"{shown(report.source.name, 120)} lists it"
    named = subject_of(case.release.purl) if case.release.purl else None
    product = named or Subject(case.release.name, case.release.version)
    vulnerability = Vulnerability(id=advisory.id, aliases=tuple(sorted(advisory.ids)))
    try:
        answer = index.answer(vulnerability, product, component)
    except TooLarge:
        return ""  # spoken of nowhere, as far as was looked: it stays unknown
    if answer.statement is None or answer.exhibit is None:
        return ""
    return f"{shown(answer.exhibit.source.name, 120)} says it is {answer.statement.status.replace('_', ' ')}"


def _same(one: Vulnerability, component: Subject) -> bool:
    """Whether a scan's hit is of *component*; one that names none may be."""
    named = subject_of(one.component) if one.component else None
    return named is None or (named.type, named.name) == (component.type, component.name)


def _looked(report: VulnerabilityReport, component: Subject) -> bool:
    """Whether the scan says that it looked at just this component."""
    for purl in report.scanned or ():
        named = subject_of(purl)
        if named is not None and (named.type, named.name, named.version) == (
            component.type,
            component.name,
            component.version,
        ):
            return True
    return False


def _of(case: Case, outcome: str, message: str, about: str) -> Difference:
    return Difference(
        what="agrees" if outcome == "satisfied" else "vulnerability",
        outcome="satisfied"
        if outcome == "satisfied"
        else "not_satisfied"
        if outcome == "not_satisfied"
        else "unknown",
        message=shown(message, MAX_MESSAGE),
        about=about,
        evidence=(about,) if about else (),
        release=case.release.label,
    )
