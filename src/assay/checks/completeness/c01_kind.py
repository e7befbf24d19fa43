"""C1: the kind of submission is said; without it nobody knows whether an earlier attestation still stands."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    if submission.attestation.kind is None:
        yield "the kind is not set, expected new, following_extension_or_waiver or revised"


RULE = Rule(
    id="C1", title="the kind of submission is set", remedy="set the kind of submission", examine=examine
)
