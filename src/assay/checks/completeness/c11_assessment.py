"""C11: a third-party assessment is attached, and its assessor is listed or was approved in writing."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.evidence.naming import is_placeholder


def examine(submission: Submission) -> Iterator[str]:
    assessment = submission.attestation.assessment
    if assessment is None:
        return
    if is_placeholder(assessment.assessor):
        yield "the assessor is not named"
    if assessment.report is None:
        yield "the assessment is not attached"
    elif assessment.report not in submission.present:
        yield f"the assessment {assessment.report.short} is not in the bundle"
    if not assessment.listing:
        yield "nothing says whether the assessor is a FedRAMP 3PAO or was approved in writing"
    elif assessment.listing == "approved_in_writing" and assessment.approval is None:
        yield "the assessor is said to be approved in writing, and the approval is not attached"
    elif assessment.approval is not None and assessment.approval not in submission.present:
        yield f"the approval {assessment.approval.short} is not in the bundle"


RULE = Rule(
    id="C11",
    title="a third-party assessment is attached and its assessor accepted",
    remedy="attach the assessment, and the approval where the assessor is not on the FedRAMP list",
    examine=examine,
)
