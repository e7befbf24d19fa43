"""C12: each artifact has a title and a description and is in the bundle; each that a claim names is listed."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    attestation = submission.attestation
    for artifact in attestation.artifacts:
        name = shown(artifact.name, 80) or artifact.digest.short
        lacking = [field for field in ("title", "description") if not getattr(artifact, field).strip()]
        if lacking:
            yield f"artifact {name} lacks {' and '.join(lacking)}"
        if artifact.digest not in submission.present:
            yield f"artifact {name} ({artifact.digest.short}) is not in the bundle"
    listed = {artifact.digest for artifact in attestation.artifacts}
    for claim in attestation.claims:
        for digest in claim.artifacts:
            if digest not in listed:
                yield f"{shown(claim.requirement, 120)} names artifact {digest.short}, which is not listed"


RULE = Rule(
    id="C12",
    title="each artifact has title and description and is there",
    remedy="describe the artifact, and put the file into the bundle",
    examine=examine,
)
