"""Which artifact kinds each typed value comes from, and what people call them."""

from typing import Any

from assay.evidence.analysis import AnalysisReport
from assay.evidence.environment import Document, EnvironmentStatement
from assay.evidence.lockfile import Lockfile
from assay.evidence.policy import DisclosurePolicy, SecurityInsights, SecurityTxt
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState, Scorecard, Workflow
from assay.evidence.sbom import Sbom
from assay.evidence.statement import Statement
from assay.evidence.tests import TestReport
from assay.evidence.vulnerabilities import Vex, VulnerabilityReport
from assay.formats.attestation import ArtifactKind

KINDS: dict[type[Any], tuple[ArtifactKind, ...]] = {
    ReleaseFile: ("release",),
    Sbom: ("sbom",),
    Lockfile: ("lockfile",),
    Statement: ("statement",),
    TestReport: ("test-report",),
    AnalysisReport: ("analysis",),
    VulnerabilityReport: ("vulnerabilities",),
    Vex: ("vex",),
    DisclosurePolicy: ("disclosure-policy",),
    SecurityTxt: ("security-txt",),
    SecurityInsights: ("security-insights",),
    Scorecard: ("scorecard",),
    GitState: ("git-state",),
    Workflow: ("workflow",),
    EnvironmentStatement: ("environment",),
    Document: ("document", "assessment"),
}


WORDS: dict[ArtifactKind, str] = {
    "release": "release file",
    "sbom": "SBOM",
    "lockfile": "lockfile",
    "statement": "signed statement",
    "test-report": "test report",
    "analysis": "static analysis report",
    "vulnerabilities": "vulnerability scan report",
    "vex": "VEX document",
    "disclosure-policy": "SECURITY.md",
    "security-txt": "security.txt",
    "security-insights": "Security Insights file",
    "scorecard": "Scorecard report",
    "git-state": "repository state",
    "workflow": "CI workflow",
    "environment": "environment statement",
    "document": "document",
    "assessment": "assessment",
}
"""What people call them."""


def words_of(kind: type[Any]) -> str:
    return WORDS[KINDS[kind][0]]


def names_of(kind: type[Any]) -> tuple[ArtifactKind, ...]:
    return KINDS[kind]
