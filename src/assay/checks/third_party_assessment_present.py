"""The third-party path chosen without an assessment, or with an assessor who is no third party."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Source
from assay.evidence.naming import is_placeholder
from assay.formats.digest import Digest
from assay.formats.text import shown

_AT = "/assessment"


def examine(case: Case) -> Iterator[Finding]:
    assessment = case.attestation.assessment
    if assessment is None:
        yield Finding.not_applicable("the third-party path is not chosen")
        return
    assessor, provider = assessment.assessor, case.attestation.provider.name
    if is_placeholder(assessor):
        yield Finding.unknown("the assessor is not named", at=f"{_AT}/assessor")
    elif _same(assessor, provider):
        yield Finding.against(
            f"the assessor is {shown(assessor, 80)!r}, the provider itself", at=f"{_AT}/assessor"
        )
    if assessment.report is None:
        yield Finding.against(
            "the third-party path is chosen, and no assessment is attached",
            at=f"{_AT}/report",
            remedy="attach it",
        )
    else:
        yield _attached(case, assessment.report, "the assessment")
    if not assessment.listing:
        yield Finding.unknown(
            "nothing says whether the assessor is a FedRAMP 3PAO or was approved in writing",
            at=f"{_AT}/listing",
        )
    elif assessment.listing == "approved_in_writing":
        yield (
            Finding.unknown("the assessor's approval in writing is not attached", at=f"{_AT}/approval")
            if assessment.approval is None
            else _attached(case, assessment.approval, "the approval")
        )


def _attached(case: Case, digest: Digest, what: str) -> Finding:
    artifact = next((item for item in case.attestation.artifacts if item.digest == digest), None)
    unread = next((item for item in case.unreadable if item.source.digest == digest), None)
    if artifact is None:
        return Finding.unknown(f"{what} {digest.short} is not among the artifacts", at=_AT)
    if unread is not None:
        return Finding.unknown(f"{what} could not be read: {unread.reason}", unread, at=_AT)
    source = Source(artifact.name, artifact.digest)
    if artifact.kind not in ("assessment", "document"):
        return Finding.against(f"{what} is an artifact submitted as {artifact.kind}", source, at=_AT)
    return Finding.supports(f"{what} is attached", source, at=_AT)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


CHECK = Check(
    id="third-party-assessment-present",
    title="a third-party assessment is attached where that path is chosen",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    proves="A document is attached as the assessment, by somebody other than the provider.",
    does_not_prove="That the assessor is on the list, or what the assessment found; a person reads it.",
    examine=examine,
)
