"""Which artifact kinds each typed value comes from; the first name is the one people read."""

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


def names_of(kind: type[Any]) -> tuple[ArtifactKind, ...]:
    return KINDS[kind]
