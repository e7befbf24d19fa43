"""What a clock does: deadlines that have come, and reminders before them."""

from assay.formats.case_documents import Ending
from assay.office.case import Case, Stage
from assay.office.service import NOTIFY, Act, Service, act, put
from assay.office.work import Due
from assay.register.leaf import Kind


def lapsed(service: Service, case: Case) -> Case:
    """The time of whoever *case* waits for is over. Nothing, when it has moved on or has more time."""
    now = service.now()
    if case.deadline is None or now < case.deadline or case.replaced_by is not None:
        return case
    if case.stage == "incomplete":
        reason = "it was not completed in the time that there was"
        return _over(service, case, Kind.WITHDRAWAL, "closed", "closed", reason, "closed incomplete")
    if case.stage == "under_response":
        reason = "the time to respond ended without a response"
        because = "no response in the time that there was"
        return _over(service, case, Kind.RESPONSE, "unanswered", "answered", reason, because)
    if case.stage == "deep_validation" and case.requested:
        missing = f"{len(case.requested)} files that were asked for did not come in time"
        return service.keep(case, waits="officer", deadline=None, because=missing)
    return case


def remind(service: Service, case: Case) -> Case:
    """Send the newest notice again, as a reminder."""
    if case.deadline is None or service.now() >= case.deadline or case.waits != "provider":
        return case
    key = f"{NOTIFY}:{case.payload.value}:{case.notices}:reminder:{service.now():%Y%m%d}"
    service.work.put(
        (
            Due(
                key=key,
                kind=NOTIFY,
                subject=str(case.payload),
                at=service.now(),
                payload=b'{"reminder":true}',
            ),
        )
    )
    return case


def _over(
    service: Service, case: Case, kind: Kind, outcome: str, stage: Stage, reason: str, because: str
) -> Case:
    now = service.now()
    document = Ending(
        attestation=str(case.payload), salt=service.salt(), kind="closed", made=now, reason=reason
    )
    done = Act(kind=kind, document=put(service, document), outcome=outcome)
    return act(service, case, done, now, stage, because=because)
