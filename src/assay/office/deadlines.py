"""What a clock does: deadlines that have come, and reminders before them."""

from assay.formats.case_documents import Ending
from assay.office.case import Case
from assay.office.service import NOTIFY, Act, Service, act, put
from assay.office.work import Due
from assay.register.leaf import Kind


def lapsed(service: Service, case: Case) -> Case:
    """The time of whoever *case* waits for is over. Nothing, when it has moved on or has more time."""
    now = service.now()
    if case.deadline is None or now < case.deadline or case.replaced_by is not None:
        return case
    if case.stage == "incomplete":
        return _close(service, case)
    if case.stage == "under_response":
        return _unanswered(service, case)
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


def _close(service: Service, case: Case) -> Case:
    now = service.now()
    document = Ending(
        attestation=str(case.payload), salt=service.salt(), kind="closed", made=now,
        reason="it was not completed in the time that there was",
    )  # fmt: skip
    done = Act(kind=Kind.WITHDRAWAL, document=put(service, document), outcome="closed")
    return act(service, case, done, now, "closed", because="closed incomplete")


def _unanswered(service: Service, case: Case) -> Case:
    now = service.now()
    document = Ending(
        attestation=str(case.payload), salt=service.salt(), kind="closed", made=now,
        reason="the time to respond ended without a response",
    )  # fmt: skip
    done = Act(kind=Kind.RESPONSE, document=put(service, document), outcome="unanswered")
    return act(service, case, done, now, "answered", because="no response in the time that there was")
