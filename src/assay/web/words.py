"""The tokens in words, for people. A result is never told by colour alone."""

from collections.abc import Mapping

from assay.formats.verdict import BasisToken, ResultToken, Token

OUTCOMES: Mapping[Token, str] = {
    "satisfied": "satisfied",
    "not_satisfied": "contradicted",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}
UNCLAIMED: Mapping[Token, str] = {
    "satisfied": "would be satisfied",
    "not_satisfied": "would be contradicted",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}
"""Of a requirement that nobody claims: there is nothing to contradict."""

CHECKS: Mapping[Token, str] = {
    "satisfied": "holds",
    "not_satisfied": "does not hold",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}
"""Of a check: its title is a statement that is true when the check is satisfied."""

FINDINGS: Mapping[Token, str] = {
    "satisfied": "for",
    "not_satisfied": "against",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}

RESULTS: Mapping[ResultToken, str] = {
    "validated": "Validated",
    "validated_with_findings": "Validated, with findings",
    "insufficient_evidence": "Insufficient evidence",
    "contradicted": "Contradicted",
    "incomplete": "Incomplete",
    "not_sampled": "Not sampled",
    "under_response": "Under response",
    "withdrawn": "Withdrawn",
}
MEANINGS: Mapping[ResultToken, str] = {
    "validated": "The evidence supports every claim.",
    "validated_with_findings": "The evidence supports every claim; some of what was found is worth reading.",
    "insufficient_evidence": "Nothing contradicts the claims, but the evidence does not show all of them.",
    "contradicted": "The evidence contradicts at least one claim.",
    "incomplete": "Something that every submission must have is missing.",
    "not_sampled": "Complete, and not drawn for validation. This says nothing for or against it.",
    "under_response": "The provider has been told and may still answer. Nothing is decided.",
    "withdrawn": "The provider has withdrawn the attestation.",
}
BASES: Mapping[BasisToken, str] = {
    "statement": "the provider's own statement",
    "artifact": "a document bound to this release",
    "derived": "what was recomputed from the release, or stands under a verified signature",
}
ROLES: Mapping[str, str] = {
    "refutes": "could only contradict it",
    "notes": "only noted",
}
"""What an answer of a check does to a requirement, where that is less than to show it; :data:`assay.packs.model.Role`."""

UNFAVOURABLE: frozenset[ResultToken] = frozenset(("contradicted", "insufficient_evidence", "incomplete"))
"""Results beside which the provider's response stands, given or not."""

STAGES: Mapping[str, str] = {
    "submitted": "Submitted",
    "incomplete": "Incomplete",
    "complete": "Complete",
    "deep_validation": "Deep validation",
    "under_response": "Under response",
    "answered": "Answered",
    "determined": "Determined",
    "published": "Posted",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
}
WAITS: Mapping[str, str] = {
    "office": "for the office's programs",
    "provider": "for the provider",
    "draw": "for the next draw",
    "officer": "for an officer",
    "nobody": "for nobody",
}
KINDS: Mapping[str, str] = {
    "submission": "Submitted",
    "completeness": "Completeness checked",
    "determination": "Determination",
    "notice": "Notice",
    "response": "The provider answered",
    "publication": "Posted",
    "correction": "Corrected",
    "withdrawal": "Withdrawn by the provider",
    "lapse": "Notice of lapse",
}
"""Of entries of the register about a case."""
POSTED: Mapping[str, str] = {
    "publication": "The result was posted",
    "correction": "The result was corrected",
    "withdrawal": "The provider withdrew the attestation",
    "lapse": "The provider gave notice: it holds no more for new versions",
}
"""Of those that everybody hears of."""
NOTICES: Mapping[str, str] = {
    "incomplete": "Something is missing",
    "contradicted": "The evidence contradicts a claim",
    "insufficient_evidence": "The evidence does not carry every claim",
    "evidence_requested": "More evidence is asked for",
    "determined": "The result was posted",
    "closed": "The case was closed",
    "corrected": "The result was corrected",
    "extended": "More time was given",
    "not_extended": "More time was not given",
}

ANSWERS: Mapping[str, str] = {
    "matched": "A result is about it",
    "related": "Only about its like",
    "none": "No result",
    "unknown": "Cannot tell",
}
"""Of what stands behind something that somebody runs; says nothing of how it came out."""
HOW: Mapping[str, str] = {
    "digest": "the same file",
    "purl": "the same package and version",
    "name": "the same provider, product and version",
    "other_file": "the same version, another file",
    "other_version": "another version",
    "no_version": "the inventory says no version",
    "company_wide": "all that the provider makes",
}
