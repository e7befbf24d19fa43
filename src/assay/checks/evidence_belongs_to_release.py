"""The same document handed in as evidence for another product or version: boilerplate.

Against it speaks only what names something else: a report that names nothing may be of a run that several products share, and a
file that names nothing may be unchanged since the last version. What is shared by nature (policies, the environment, workflows,
locks) is not looked at.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.analysis import AnalysisReport
from assay.evidence.model import Exhibit, Source, Standing
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Statement
from assay.formats.attestation import Artifact
from assay.formats.digest import Digest
from assay.formats.text import shown

SHOWN = 3
REMEDY = "submit what was made for this release; for a shared run, a signed statement that names its digest and the commit"


class _Context(msgspec.Struct, frozen=True):
    """What is asked of every artifact, looked up once."""

    case: Case
    own: frozenset[Digest]
    """Files and commit of this release."""
    exhibits: Mapping[Digest, Exhibit[Any]]
    tied: frozenset[Digest]
    """What verified statements name together with this release."""


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
    context = _context(case)
    for artifact in found:
        yield _judge(context, artifact)


def _context(case: Case) -> _Context:
    own = {file.digest for file in case.release.files}
    if case.release.commit:
        own |= {Digest(algorithm, case.release.commit) for algorithm in ("sha1", "gitCommit")}
    statements = [
        item.value
        for item in case.of(Statement)
        if item.signature.standing is Standing.VERIFIED and not own.isdisjoint(_named(item.value))
    ]
    return _Context(
        case,
        frozenset(own),
        {item.source.digest: item for item in case.exhibits},
        frozenset(digest for statement in statements for digest in _named(statement)),
    )


def _judge(context: _Context, artifact: Artifact) -> Finding:
    case = context.case
    source = Source(artifact.name, artifact.digest)
    named = artifact.releases or tuple(release.label for release in case.attestation.releases)
    labels = {_plain(label) for label in (case.release.label, *named)}
    uses = case.facts.artifact_uses.get(artifact.digest.value, ())
    others = [use for use in uses if not _is_one_of(_plain(use), labels)]
    name = shown(artifact.name, 80)
    if not others:
        return Finding.supports(f"{name} was submitted here for no other release", source)
    also = ", ".join(shown(use, 80) for use in others[:SHOWN])
    if len(others) > SHOWN:
        also += f" and {len(others) - SHOWN} more"
    exhibit = context.exhibits.get(artifact.digest)
    if exhibit is not None and (artifact.digest in context.tied or _says_so_itself(context, exhibit.value)):
        return Finding.supports(f"{name} was also submitted for {also}, and is tied to this release", exhibit)
    if exhibit is None or not _names_something(exhibit.value, case):
        return Finding.unknown(
            f"{name} was also submitted for {also}, and nothing in it says which release it is about",
            source,
            remedy=REMEDY,
        )
    return Finding.against(
        f"{name} was submitted before as evidence for {also}, now for {shown(case.release.label, 80)}",
        source,
        remedy=REMEDY,
    )


def _says_so_itself(context: _Context, value: Any) -> bool:
    """It names this release, a file of it, or its commit."""
    release = context.case.release
    match value:
        case ReleaseFile(name=name, version=version):
            return bool(name) and _plain(f"{name}@{version}") == _plain(release.label)
        case Sbom(root=root) if root is not None:
            same = _plain(f"{root.name}@{root.version}") == _plain(release.label)
            return same or not context.own.isdisjoint(root.digests)
        case Statement() as statement:
            return not context.own.isdisjoint(_named(statement))
        case AnalysisReport(revisions=revisions):
            return bool(release.commit) and any(
                one.revision.lower() == release.commit.lower() for one in revisions
            )
    return False


def _named(statement: Statement) -> Iterator[Digest]:
    return (digest for resource in statement.resources() for digest in resource.digests)


def _names_something(value: Any, case: Case) -> bool:
    """It says what it is about. That this is not the release in question was found before."""
    match value:
        case ReleaseFile(name=name, version=version):
            return bool(name and version)
        case Sbom(root=root):
            return root is not None and bool(root.name or root.digests)
        case Statement() as statement:
            return any(True for _ in _named(statement))
        case AnalysisReport(revisions=revisions):
            return bool(revisions and case.release.commit)
    return False


def _is_one_of(use: str, labels: set[str]) -> bool:
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
