"""What was submitted in a case, read again."""

from assay.formats.attestation import Attestation
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.dsse import Envelope
from assay.office.case import Case
from assay.office.ports import Submission
from assay.office.service import Service, require_kept, submission_of


def attestation_of(service: Service, case: Case) -> Attestation:
    """Unavailable where it is lost, Refused where it was erased."""
    require_kept(case)
    return attested(service, submission_of(service, case))


def attested(service: Service, submission: Submission) -> Attestation:
    """What *submission* attests. Unavailable where it is lost."""
    envelope = Envelope.parse(service.office.blobs.get(submission.envelope), what="attestation.dsse.json")
    return parse_attestation(envelope.payload)
