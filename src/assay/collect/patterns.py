"""Which files of a project are evidence, and of what kind; first match wins.

Patterns are matched against the POSIX path relative to the project, without regard to case.
"""

from fnmatch import fnmatchcase

from assay.formats.attestation import ArtifactKind

PATTERNS: tuple[tuple[str, ArtifactKind], ...] = (
    ("*.cdx.json", "sbom"),
    ("*.bom.json", "sbom"),
    ("*bom.json", "sbom"),
    ("*sbom*.json", "sbom"),
    ("*.spdx.json", "sbom"),
    ("*.spdx3.json", "sbom"),
    ("*.openvex.json", "vex"),
    ("*.vex.json", "vex"),
    ("*openvex*.json", "vex"),
    ("*vex/*.json", "vex"),
    ("*csaf*.json", "vex"),
    ("*osv*.json", "vulnerabilities"),
    ("*.vdr.json", "vulnerabilities"),
    ("*pip-audit*.json", "vulnerabilities"),
    ("*.intoto.jsonl", "statement"),
    ("*.intoto.json", "statement"),
    ("*.dsse.json", "statement"),
    ("*.sigstore.json", "statement"),
    ("*.sigstore", "statement"),
    ("*.publish.attestation", "statement"),
    ("*.provenance", "statement"),
    ("*provenance*.json", "statement"),
    ("*.sarif", "analysis"),
    ("*.sarif.json", "analysis"),
    ("*junit*.xml", "test-report"),
    ("*test-results/*.xml", "test-report"),
    ("*test-reports/*.xml", "test-report"),
    ("*surefire-reports/*.xml", "test-report"),
    ("*scorecard*.json", "scorecard"),
    ("security.md", "disclosure-policy"),
    (".github/security.md", "disclosure-policy"),
    ("docs/security.md", "disclosure-policy"),
    ("security.rst", "disclosure-policy"),
    ("security.txt", "security-txt"),
    (".well-known/security.txt", "security-txt"),
    ("*/.well-known/security.txt", "security-txt"),
    ("security-insights.yml", "security-insights"),
    ("security-insights.yaml", "security-insights"),
    (".github/security-insights.yml", "security-insights"),
    (".github/security-insights.yaml", "security-insights"),
    (".github/workflows/*.yml", "workflow"),
    (".github/workflows/*.yaml", "workflow"),
    (".gitlab-ci.yml", "workflow"),
    ("action.yml", "workflow"),
    ("pylock.toml", "lockfile"),
    ("pylock.*.toml", "lockfile"),
    ("uv.lock", "lockfile"),
    ("poetry.lock", "lockfile"),
    ("pipfile.lock", "lockfile"),
    ("requirements*.txt", "lockfile"),
    ("requirements/*.txt", "lockfile"),
    ("requirements*.lock", "lockfile"),
    ("*/requirements.lock", "lockfile"),
    ("package-lock.json", "lockfile"),
    ("npm-shrinkwrap.json", "lockfile"),
    ("yarn.lock", "lockfile"),
    ("pnpm-lock.yaml", "lockfile"),
    ("cargo.lock", "lockfile"),
    ("go.mod", "lockfile"),
    ("go.sum", "lockfile"),
    ("gemfile.lock", "lockfile"),
    ("composer.lock", "lockfile"),
)

NEVER_ENTERED = frozenset(
    {
        ".git", ".hg", ".svn", ".assay", ".venv", "venv", "env", "node_modules", "__pycache__", ".tox", ".nox", ".eggs",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".bench", "target", "vendor", "_vendor", "site-packages",
        "testdata", "fixtures", "tests", "test", "conformance", "examples",
    }
)  # fmt: skip
"""Folders whose files are somebody else's, made by tools, or samples; name files there in ``[[artifacts]]``."""

RELEASE_SUFFIXES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".crate", ".gem", ".jar")


def kind_of(path: str) -> ArtifactKind | None:
    """The kind of evidence that *path* holds by its name; None for everything else."""
    lowered = path.lower()
    return next((kind for pattern, kind in PATTERNS if fnmatchcase(lowered, pattern)), None)


TITLES: dict[ArtifactKind, str] = {
    "release": "Release file",
    "sbom": "Software bill of materials",
    "lockfile": "Locked dependencies",
    "statement": "Signed statement",
    "test-report": "Test report",
    "analysis": "Static analysis results",
    "vulnerabilities": "Vulnerability scan results",
    "vex": "Vulnerability triage (VEX)",
    "disclosure-policy": "Vulnerability disclosure policy",
    "security-txt": "security.txt",
    "security-insights": "Security Insights",
    "scorecard": "OpenSSF Scorecard results",
    "git-state": "State of the source repository",
    "workflow": "CI workflow",
    "environment": "Statement on the development environments",
    "document": "Document",
    "assessment": "Third-party assessment",
}
