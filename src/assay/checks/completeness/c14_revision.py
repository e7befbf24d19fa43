"""C14: a revised attestation names the one that it replaces, and no other does."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    kind, replaced = submission.attestation.kind, submission.attestation.replaces
    if kind == "revised" and replaced is None:
        yield "it is a revision, and does not name the attestation that it replaces"
    if kind in ("new", "following_extension_or_waiver") and replaced is not None:
        yield f"it replaces {replaced.short}, and its kind is {kind}"


RULE = Rule(
    id="C14",
    title="a revision names what it replaces",
    remedy="name the payload digest of the attestation that it replaces, or change the kind",
    examine=examine,
)
