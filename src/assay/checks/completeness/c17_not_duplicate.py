"""C17: it is not one that was accepted before; judged by the payload, so signing again does not help."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    if submission.payload in submission.accepted:
        yield f"an attestation with the payload {submission.payload} was accepted before"


RULE = Rule(
    id="C17",
    title="it is not a duplicate",
    remedy="nothing is to be done; to change an attestation submit a revision",
    examine=examine,
)
