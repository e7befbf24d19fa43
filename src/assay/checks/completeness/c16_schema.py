"""C16: the attestation fits the published schema."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    if submission.schema_error:
        yield f"it does not fit the schema: {shown(submission.schema_error, 400)}"


RULE = Rule(
    id="C16",
    title="it is valid against the schema",
    remedy="write it again with assay attest",
    examine=examine,
)
