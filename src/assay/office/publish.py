"""Publish a determination: a signed result, its entry, and from then on its openings."""

import msgspec

from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.result import encode_result
from assay.formats.svr import VALIDATED, encode_svr
from assay.office.log import log
from assay.office.office import Office
from assay.office.ports import Submission
from assay.office.submit import subject
from assay.office.validate import load, verdict_of
from assay.register.leaf import Kind
from assay.trust.envelope import sign
from assay.validation.opened import open_attestation, read_trust


def publish(office: Office, submission: Submission) -> Submission:
    """``determined`` to ``published``."""
    _, verdict = verdict_of(office, submission)
    now = office.clock.now()
    payload = encode_result(verdict, office=office.name, made=now)
    envelope = sign(PAYLOAD_TYPE, payload, office.signing)
    result = office.blobs.put(envelope.encode())
    state = msgspec.structs.replace(submission, state="published", result=result)
    attestation = open_attestation(load(office, submission), read_trust(office.trust), now).attestation
    values = {**subject(attestation), "actor": office.name, "outcome": verdict.result}
    log(office, Kind.PUBLICATION, envelope.identity, values, now, state)
    stored = office.ledger.submission(submission.payload)
    if stored is None:
        raise ValueError(f"submission {submission.payload} was recorded and is not found")
    return stored


def passing(office: Office, submission: Submission) -> Envelope | None:
    """An in-toto SVR over what holds; None unless the attestation is validated, because an SVR lists passes only."""
    _, verdict = verdict_of(office, submission)
    if verdict.result not in VALIDATED or not verdict.releases[0].digests:
        return None
    return sign(
        PAYLOAD_TYPE,
        encode_svr(verdict, verifier=f"https://{office.origin}", made=verdict.judged),
        office.signing,
    )


def result_of(office: Office, submission: Submission) -> Envelope:
    if submission.result is None:
        raise ValueError(f"submission {submission.payload} is {submission.state} and has no result")
    return Envelope.parse(office.blobs.get(submission.result), what="result")
