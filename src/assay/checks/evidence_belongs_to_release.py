"""The same document handed in as evidence for another product or version: boilerplate.

What describes a release (its files, bill, reports, provenance) cannot describe another one unless it says so itself. What is
shared by nature (policies, the environment, workflows, locks) is not looked at.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.analysis import AnalysisReport
from assay.evidence.model import Exhibit, Source, Standing
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Statement
from assay.evidence.tests import TestReport
from assay.formats.attestation import Artifact
from assay.formats.digest import Digest
from assay.formats.text import shown

SHOWN = 3


def examine(case: Case) -> Iterator[Finding]:
    kinds = case.texts("kinds")
    label = case.release.label
    found = [
        artifact
        for artifact in case.attestation.artifacts
        if artifact.kind in kinds and (not artifact.releases or label in artifact.releases)
    ]
    if not found:
        yield Finding.not_applicable(f"no {' or '.join(kinds)} is submitted for this release")
    for artifact in found:
        yield _judge(case, artifact)


def _judge(case: Case, artifact: Artifact) -> Finding:
    source = Source(artifact.name, artifact.digest)
    named = artifact.releases or tuple(release.label for release in case.attestation.releases)
    labels = {_plain(label) for label in (case.release.label, *named)}
    uses = case.facts.artifact_uses.get(artifact.digest.value, ())
    others = [use for use in uses if not _is_one_of(_plain(use), labels)]
    name = shown(artifact.name, 80)
    if not others:
        return Finding.supports(f"{name} was submitted here for no other release", source)
    also = ", ".join(shown(use, 80) for use in others[:SHOWN]) + (
        f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    )
    exhibit = next((item for item in case.exhibits if item.source.digest == artifact.digest), None)
    if exhibit is not None and _says_so_itself(case, exhibit):
        return Finding.supports(
            f"{name} was also submitted for {also}, and names this release itself", exhibit
        )
    if exhibit is None or not _is_of_one_moment(exhibit.value):
        return Finding.unknown(
            f"{name} was also submitted for {also}, and nothing in it says which release it is about", source
        )
    return Finding.against(
        f"{name} was submitted before as evidence for {also}, now for {shown(case.release.label, 80)}",
        source,
        remedy="submit what was made for this release; for a shared run, a signed statement that names its digest and the commit",
    )


def _says_so_itself(case: Case, exhibit: Exhibit[Any]) -> bool:
    """It names this release or its commit, or a verified statement ties it to them."""
    release = case.release
    digests = {file.digest for file in release.files}
    if release.commit:
        digests |= {Digest(algorithm, release.commit) for algorithm in ("sha1", "gitCommit")}
    match exhibit.value:
        case ReleaseFile(name=name, version=version):
            return bool(name) and _plain(f"{name}@{version}") == _plain(release.label)
        case Sbom(root=root) if root is not None:
            same = _plain(f"{root.name}@{root.version}") == _plain(release.label)
            return same or not digests.isdisjoint(root.digests)
        case Statement() as statement:
            return _names_any(statement, digests)
        case AnalysisReport(revisions=revisions) if release.commit and any(
            revision.revision == release.commit for revision in revisions
        ):
            return True
    return any(
        item.signature.standing is Standing.VERIFIED
        and item.value.names(exhibit.source.digest)
        and _names_any(item.value, digests)
        for item in case.of(Statement)
    )


def _names_any(statement: Statement, digests: set[Digest]) -> bool:
    return any(not digests.isdisjoint(resource.digests) for resource in statement.resources())


def _is_of_one_moment(value: Any) -> bool:
    """Equal bytes mean the same run or the same files; a report without date or subject may be equal by chance."""
    match value:
        case ReleaseFile() | Statement():
            return True
        case Sbom(root=root, timestamp=timestamp, serial=serial):
            return root is not None or timestamp is not None or bool(serial)
        case TestReport(timestamp=timestamp):
            return timestamp is not None
        case AnalysisReport(completed=completed, revisions=revisions):
            return completed is not None or bool(revisions)
    return False


def _is_one_of(use: str, labels: Sequence[str] | set[str]) -> bool:
    return any(use == label or use.endswith(f"/{label}") for label in labels)


def _plain(label: str) -> str:
    return re.sub(r"[-_.]+", "-", label).casefold()


CHECK = Check(
    id="evidence-belongs-to-release",
    title="the evidence was not submitted for another product or version",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    proves="This office has not received the same file as evidence for another release.",
    does_not_prove="That the file was made for this release, or was not used at another office.",
    parameters={"kinds": ("release", "sbom", "statement", "test-report", "analysis", "vulnerabilities")},
    examine=examine,
)
