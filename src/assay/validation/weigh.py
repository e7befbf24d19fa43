"""Which claims a re-derivation speaks against."""

from collections.abc import Iterator

from assay.formats.attestation import Attestation, Claim
from assay.formats.case_documents import Judgement
from assay.formats.rederivation import WEIGHS, Difference, Rederivation
from assay.formats.verdict import ClaimVerdict, VerdictDocument

_TOLD = 3
"""Differences that a reason repeats."""


def bearing(row: ClaimVerdict, claim: Claim | None, found: Rederivation) -> tuple[Difference, ...]:
    """The differences about artifacts that the claim, or what checks found of it, rests on."""
    named = {str(one) for one in claim.artifacts} if claim is not None else set()
    named |= {text for finding in row.findings for text in finding.evidence}
    return tuple(one for one in found.differences if one.about in named and one.what in WEIGHS)


def judgements(
    document: VerdictDocument, attestation: Attestation, found: Rederivation
) -> Iterator[Judgement]:
    """Claims that rest on what the re-derivation contradicts. They are the office's, until a person judges otherwise."""
    claims = {one.requirement: one for one in attestation.claims}
    for row in document.claims:
        if not row.claimed or row.verdict in ("not_satisfied", "not_applicable"):
            continue
        against = [
            one for one in bearing(row, claims.get(row.requirement), found) if one.outcome == "not_satisfied"
        ]
        if against:
            told = "; ".join(one.message for one in against[:_TOLD])
            more = f"; and {len(against) - _TOLD} more" if len(against) > _TOLD else ""
            yield Judgement(row.requirement, "not_satisfied", f"derived again from the release: {told}{more}")
