"""C9: exactly one path of sign-off, filled in: the producer's signature, or a third party's assessment."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.evidence.naming import is_placeholder
from assay.formats.attestation import Signatory


def examine(submission: Submission) -> Iterator[str]:
    signatory, assessment = submission.attestation.signatory, submission.attestation.assessment
    if signatory is None and assessment is None:
        yield "nobody signs off: there is neither a signatory nor a third-party assessment"
    if signatory is not None and assessment is not None:
        yield "both paths of sign-off are chosen, a signatory and a third-party assessment; expected exactly one"
    if signatory is not None:
        lacking = tuple(_lacking(signatory))
        if lacking:
            yield f"the signatory lacks {', '.join(lacking)}"


def _lacking(signatory: Signatory) -> Iterator[str]:
    if is_placeholder(signatory.name):
        yield "name"
    if is_placeholder(signatory.title):
        yield "title"
    if signatory.signed is None:
        yield "date"


RULE = Rule(
    id="C9",
    title="there is exactly one sign-off, filled in",
    remedy="name a signatory with title and date, or a third-party assessment, not both",
    examine=examine,
)
