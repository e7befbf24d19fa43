"""What the office does by itself with every submission: completeness, the automatic verdict, and what follows from it."""

import msgspec

from assay.formats.bundle import Bundle
from assay.formats.case_documents import Determination, NoticeReason
from assay.formats.verdict import VerdictDocument
from assay.office.case import Case
from assay.office.examining import Examined, Here
from assay.office.milestones import MAX_PLANNED, reminders
from assay.office.notify import insufficient, notice
from assay.office.ports import Submission
from assay.office.service import OFFICE, Act, Service, act, next_step, put, record_final, submission_of
from assay.office.submitted import attested
from assay.office.validate import completeness_report, inputs_of, keep, load, read_verdict
from assay.register.leaf import Kind
from assay.validation.examine import Inputs


def check(service: Service, case: Case) -> Case:
    """``submitted`` to ``complete`` or ``incomplete`` (M4), with the automatic verdict (M5)."""
    submission = submission_of(service, case)
    inputs, found = judge(service, case, submission)
    return _record(service, case, submission, inputs, found)


def completed(service: Service, case: Case) -> Case:
    """``incomplete`` to ``complete``, where what came since was all that was missing; else nothing."""
    submission = submission_of(service, case)
    inputs, found = judge(service, case, submission)
    return _record(service, case, submission, inputs, found) if found.complete else case


def _record(service: Service, case: Case, submission: Submission, inputs: Inputs, found: Examined) -> Case:
    office = service.office
    stored, report = keep(office, inputs, found.document, completeness_report(office, case.payload, found))
    state = "complete" if found.complete else "incomplete"
    done = Act(
        kind=Kind.COMPLETENESS,
        document=report,
        outcome=state,
        due=reminders(service, case, found.plan[:MAX_PLANNED]),
        submission=msgspec.structs.replace(submission, state=state, verdict=stored),
    )
    return act(
        service, case, done, found.judged, "complete" if found.complete else "incomplete",
        verdict=stored, result=found.result, because=found.reason[:500], plan=found.plan[:MAX_PLANNED],
    )  # fmt: skip


def judge(service: Service, case: Case, submission: Submission | None = None) -> tuple[Inputs, Examined]:
    """The automatic verdict on *case* as it is now, and what it is of. Nothing is stored. *submission*: when it was read already."""
    bundle = bundle_of(service, case, submission)
    inputs = inputs_of(service.office, bundle, case.entry, case.replaces)
    return inputs, (service.examiner or Here(service.office.sigstore)).examine(inputs)


def proceed(service: Service, case: Case) -> Case:
    """After completeness: notice of what is missing, an initial determination, or the wait for the next draw."""
    if case.replaced_by is not None:
        return case
    if case.stage == "incomplete" and case.supplied and (after := completed(service, case)) is not case:
        return after
    if case.noticed:
        return case
    if case.stage == "incomplete":
        verdict = verdict_of(service, case)
        items = [(one.rule, one.reason, one.remedy) for one in verdict.missing]
        return notice(service, case, "incomplete", items, days=service.policy.incomplete_days)
    if case.stage == "complete" and _speaks_against(service, case):
        return open_determination(service, case)
    drawn_past = case.draw is not None and not case.drawn
    if case.stage == "complete" and (drawn_past or not service.policy.sampling.every_days):
        return not_sampled(service, case)
    return case


def not_sampled(service: Service, case: Case) -> Case:
    """Not drawn, and nothing against it: that is said, and nothing more."""
    document = Determination(
        attestation=str(case.payload), salt=service.salt(), stage="final", result="not_sampled", made=service.now(),
        by="office", verdict=str(case.verdict), draw=case.draw,
        reasons=(f"{_unsampled(case)}; what the automatic checks found is shown",),
    )  # fmt: skip
    return record_final(service, case, document, OFFICE)


def _unsampled(case: Case) -> str:
    return f"draw {case.draw} did not select it" if case.draw is not None else "this office draws no samples"


def open_determination(service: Service, case: Case) -> Case:
    """An initial determination by the office itself, because the evidence contradicts, or does not carry, the claims."""
    verdict = verdict_of(service, case)
    now = service.now()
    document = Determination(
        attestation=str(case.payload), salt=service.salt(), stage="initial", result=verdict.result, made=now,
        by="office", verdict=str(case.verdict), drawn=case.drawn, draw=case.draw, reasons=verdict.reasons[:2000],
    )  # fmt: skip
    digest = put(service, document)
    done = Act(
        kind=Kind.DETERMINATION, document=digest, outcome=verdict.result,
        due=(next_step(case, case.revision + 1, now),),
    )  # fmt: skip
    return act(service, case, done, now, "under_response", initial=digest, result=verdict.result)


def tell_determination(service: Service, case: Case) -> Case:
    """Notice of an initial determination, with the time to answer it."""
    if case.stage != "under_response" or case.noticed:
        return case
    verdict = verdict_of(service, case)
    reason: NoticeReason = "contradicted" if case.result == "contradicted" else "insufficient_evidence"
    wrong = "not_satisfied" if reason == "contradicted" else "unknown"
    items = [
        (row.requirement, row.reason, "; ".join(row.changes))
        for row in verdict.claims
        if row.claimed and row.verdict == wrong
    ]
    items += [(one.rule, one.reason, one.remedy) for one in verdict.missing]
    return notice(service, case, reason, items, days=service.policy.response_days)


def verdict_of(service: Service, case: Case) -> VerdictDocument:
    return read_verdict(service.office, case.verdict)


def bundle_of(service: Service, case: Case, submission: Submission | None = None) -> Bundle:
    """As it was submitted, and with what came since and is named in the attestation."""
    submission = submission or submission_of(service, case)
    more = set(case.supplied) - set(submission.artifacts)
    named = (
        tuple(one.digest for one in attested(service, submission).artifacts if one.digest in more)
        if more
        else ()
    )
    return load(
        service.office, msgspec.structs.replace(submission, artifacts=(*submission.artifacts, *named))
    )


def _speaks_against(service: Service, case: Case) -> bool:
    if case.result == "contradicted":
        return True
    return service.policy.insufficient_fails and insufficient(verdict_of(service, case))
