"""Publish what was determined, correct it (M8, D12)."""

import msgspec

from assay.errors import Refused
from assay.formats.case_documents import Determination, Response, parse
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.result import encode_result
from assay.office.case import Case
from assay.office.determine import FAVOURABLE, Decision, determination_of, must_be_free, settle
from assay.office.log import receipt
from assay.office.notify import notice
from assay.office.permissions import Action, Caller
from assay.office.revalidate import next_look
from assay.office.service import Act, Service, act, asked, next_step
from assay.office.triage import verdict_of
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.trust.envelope import sign


def post(service: Service, case: Case) -> Case:
    """``determined`` to ``published``: from here on the openings of the case are public."""
    if case.final is None:
        raise ValueError(f"case {case.payload} is {case.stage} without a final determination")
    office, now = service.office, service.now()
    determination = parse(office.blobs.get(case.final), Determination)
    response = _response(service, determination)
    payload = encode_result(
        verdict_of(service, case),
        office=office.name,
        made=now,
        determination=determination,
        response=response,
    )
    envelope = sign(PAYLOAD_TYPE, payload, office.signing)
    result = office.blobs.put(envelope.encode())
    submission = office.ledger.submission(case.payload)
    first = submission is not None and submission.state == "determined"
    done = Act(
        kind=Kind.PUBLICATION if first else Kind.CORRECTION,
        document=envelope.identity,
        outcome=determination.result,
        due=(next_step(case, case.revision + 1, now), *next_look(service, case, result, now)),
        submission=msgspec.structs.replace(submission, state="published", result=result)
        if submission and first
        else None,
    )
    return act(
        service,
        case,
        done,
        now,
        "published",
        published=result,
        posted=determination.result,
        shown_since=now,
        posting=None,
        because="",
    )


def tell_published(service: Service, case: Case) -> Case:
    """Notice to provider and customers of what was posted; once for each publication."""
    if case.stage != "published" or case.noticed:
        return case
    return notice(service, case, "determined", text=f"The result {case.result!r} was posted.")


def correct(service: Service, caller: Caller, payload: Digest, decision: Decision, reason: str) -> Case:
    """Replace a posted determination by another one, with the reason; the old result stays in the register.

    Where two have to agree, propose that.
    """
    case = asked(service, caller, Action.RESULT_CORRECT, payload)
    if case.stage != "published" or case.final is None:
        raise Refused(f"the case is {case.stage!r}: nothing is posted that could be corrected")
    if case.revision != decision.revision:
        raise Refused("the case has moved meanwhile: look at it again, then act")
    must_be_free(case)
    if not reason.strip():
        raise Refused("a correction says why")
    before = parse(service.office.blobs.get(case.final), Determination)
    document = determination_of(service, case, decision, "final")
    if document.result not in FAVOURABLE and document.result != before.result:
        raise Refused(
            f"the correction comes to {document.result!r}: make an initial determination, which may be answered"
        )
    return settle(
        service, caller, case, msgspec.structs.replace(document, reasons=(reason, *document.reasons))
    )


def result_envelope(service: Service, case: Case) -> Envelope:
    """The signed result. Refused when there is none."""
    if case.published is None:
        raise Refused(f"the case is {case.stage!r} and has no published result")
    return Envelope.parse(service.office.blobs.get(case.published), what="result")


def posting_receipt(service: Service, case: Case) -> Receipt:
    """For the entry that records what is posted now. Refused when nothing is."""
    if case.posting is None:
        raise Refused(f"the case is {case.stage!r} and nothing of it is posted")
    return receipt(service.office, case.posting)


def _response(service: Service, determination: Determination) -> Response | None:
    if determination.response is None:
        return None
    return parse(service.office.blobs.get(Digest.parse(determination.response)), Response)
