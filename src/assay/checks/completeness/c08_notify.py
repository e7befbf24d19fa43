"""C8: the producer accepts the duty to tell when a statement is no longer true."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    if not submission.attestation.notify:
        yield "the duty to notify when a statement no longer holds is not accepted"


RULE = Rule(
    id="C8", title="the duty to notify is accepted", remedy="accept the duty to notify", examine=examine
)
