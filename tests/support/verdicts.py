"""A full verdict of a fictional office, and strategies that make others."""

from datetime import UTC, datetime
from typing import get_args

from hypothesis import strategies as st

from assay.formats.digest import Digest
from assay.formats.verdict import (
    BasisToken,
    ClaimVerdict,
    Engine,
    File,
    FindingRow,
    Input,
    Missing,
    ReleaseRef,
    ResultToken,
    SeverityToken,
    Token,
    Unchecked,
    VerdictDocument,
)


def sha(text: str) -> str:
    return str(Digest.sha256(text.encode()))


SBOM, LOCK, POLICY = sha("bill"), sha("lock"), sha("policy")

VERDICT = VerdictDocument(
    provider="Lighthouse Works (fictional)",
    product="lantern",
    releases=(
        ReleaseRef(
            "lantern", "2.1.0", "pkg:pypi/lantern@2.1.0", (File("lantern-2.1.0.tar.gz", sha("sdist")),)
        ),
    ),
    attestation=sha("attestation"),
    judged=datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
    complete=True,
    claims=(
        ClaimVerdict(
            "cisa-form@2024-03#3",
            True,
            "satisfied",
            "the bill names every component",
            basis="derived",
            findings=(
                FindingRow("sbom-minimum-elements", "satisfied", "all 17 fields", "/components", (SBOM,)),
                FindingRow("sbom-fresh", "not_satisfied", "two days old", "", (LOCK,), severity="low"),
            ),
        ),
        ClaimVerdict(
            "cisa-form@2024-03#4",
            True,
            "not_satisfied",
            "a package has no hash",
            basis="artifact",
            findings=(
                FindingRow("lockfile-pins", "not_satisfied", "no hash", "uv.lock:7", (LOCK,), "add one"),
            ),
        ),
        ClaimVerdict("cisa-form@2024-03#1.a", True, "unknown", "nobody looked", judged_by="person"),
        ClaimVerdict("nist-ssdf@1.1#PO.1.1", False, "not_applicable", "nothing is built here"),
    ),
    result="contradicted",
    reasons=("cisa-form@2024-03#4: a package has no hash",),
    inputs=(
        Input("attestation.dsse.json", sha("envelope"), public=False),
        Input("pack:cisa-form@2024-03", sha("pack"), public=True),
        Input("policy", POLICY, public=True),
        Input("artifact:bill", SBOM, public=True),
    ),
    engine=Engine("assay", "0.1.0", sha("code"), sha("engine lock")),
    checked=("sbom-minimum-elements", "lockfile-pins"),
    not_checked=(Unchecked("branch protection", "no Scorecard result among the artifacts"),),
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=10)
NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
TOKEN = st.text("abcxyz019", min_size=1, max_size=6)
DIGEST = st.binary(max_size=1).map(lambda data: str(Digest.sha256(data)))
REQUIREMENT = st.tuples(TOKEN, TOKEN, TOKEN).map(lambda parts: f"{parts[0]}@{parts[1]}#{parts[2]}")

FINDINGS = st.builds(
    FindingRow,
    check=TOKEN,
    outcome=st.sampled_from(get_args(Token)),
    message=TEXT,
    at=TEXT,
    evidence=st.lists(DIGEST, max_size=2).map(tuple),
    remedy=TEXT,
    severity=st.sampled_from(get_args(SeverityToken)),
    role=st.sampled_from(("", "required", "notes")),
    release=TEXT,
)
CLAIMS = st.builds(
    ClaimVerdict,
    requirement=REQUIREMENT,
    claimed=st.booleans(),
    verdict=st.sampled_from(get_args(Token)),
    reason=TEXT,
    title=TEXT,
    basis=st.sampled_from(get_args(BasisToken)),
    judged_by=st.sampled_from(("checks", "person", "checks_and_person")),
    findings=st.lists(FINDINGS, max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    changes=st.lists(TEXT, max_size=2).map(tuple),
)
RELEASES = st.builds(ReleaseRef, name=NAME, version=TEXT, purl=TEXT)

verdicts = st.builds(
    VerdictDocument,
    provider=TEXT,
    product=TEXT,
    releases=st.lists(RELEASES, max_size=2, unique_by=lambda release: (release.name, release.version))
    .filter(lambda found: len({f"{r.name}@{r.version}".removesuffix("@") for r in found}) == len(found))
    .map(tuple),
    attestation=DIGEST,
    judged=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    complete=st.booleans(),
    missing=st.lists(st.builds(Missing, st.sampled_from(("C1", "C17")), TEXT, TEXT), max_size=2).map(tuple),
    claims=st.lists(CLAIMS, max_size=3, unique_by=lambda row: row.requirement).map(tuple),
    result=st.sampled_from(get_args(ResultToken)),
    reasons=st.lists(TEXT, max_size=2).map(tuple),
    inputs=st.lists(
        st.builds(Input, NAME, DIGEST, st.booleans()), max_size=3, unique_by=lambda item: item.name
    ).map(tuple),
    engine=st.builds(Engine, TEXT, TEXT, DIGEST, DIGEST),
    checked=st.lists(TEXT, max_size=2).map(tuple),
    not_checked=st.lists(st.builds(Unchecked, TEXT, TEXT), max_size=2).map(tuple),
    draft=st.booleans(),
)
