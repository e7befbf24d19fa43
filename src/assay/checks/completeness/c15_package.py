"""C15: the package is whole: an artifact for each item claimed, and a customer list, which may be empty."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    attestation = submission.attestation
    for claim in attestation.claims:
        if claim.claimed and not claim.artifacts:
            yield f"{shown(claim.requirement, 120)} is claimed without any artifact"
    if submission.customers is None:
        yield "there is no customer list; it may be empty, but it must be there"
    elif attestation.customers is None:
        yield "the attestation does not commit to the customer list that came with it"


RULE = Rule(
    id="C15",
    title="each claim has an artifact, and the customer list is there",
    remedy="name at least one artifact for the claim; list your customers in assay.toml, or write customers = [] at its top",
    examine=examine,
)
