"""What a clock does: deadlines that have come, reminders before them, and the validation of what was published, again."""

from assay.formats.case_documents import Ending
from assay.office.case import Case
from assay.office.respond import rejudge
from assay.office.service import NOTIFY, REVALIDATE, Act, Service, act, days, put
from assay.office.triage import AGAINST, open_determination, verdict_of
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


def revalidate(service: Service, case: Case) -> Case:
    """Judge a published case again. A changed verdict against the provider reopens the determination; any other is kept."""
    if case.stage != "published" or case.replaced_by is not None or case.lapsed is not None:
        return case
    after = rejudge(service, case)
    verdict = verdict_of(service, after)
    if verdict.result in AGAINST and verdict.result != _before(service, case) and _worse(service, after):
        return open_determination(service, after)
    every = service.policy.revalidate_days
    if every:
        key = f"{REVALIDATE}:{case.payload.value}:{after.revision}:{service.now():%Y%m%d%H%M%S}"
        service.work.put(
            (Due(key=key, kind=REVALIDATE, subject=str(case.payload), at=days(service.now(), every)),)
        )
    return after


def _worse(service: Service, case: Case) -> bool:
    return verdict_of(service, case).result == "contradicted" or service.policy.insufficient_fails


def _before(service: Service, case: Case) -> str:
    return verdict_of(service, case).result


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
