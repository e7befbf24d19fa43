"""More time for a provider: asked for before its deadline, and given or not by an officer, within what the policy allows."""

from datetime import datetime, timedelta

from assay.errors import Refused
from assay.formats.case_documents import MAX_TEXT, Change, Notice, parse
from assay.formats.digest import Digest
from assay.office.case import Case, MoreTime
from assay.office.case_changes import record
from assay.office.notify import notice
from assay.office.permissions import Action, Caller
from assay.office.service import Service, asked

MAX_REASON = 2000


def ask_for_time(service: Service, caller: Caller, payload: Digest, days: int, reason: str) -> Case:
    """Ask for *days* more. The deadline stays as it is until an officer decides, and comes if nobody does."""
    case = asked(service, caller, Action.RESPONSE_WRITE, payload)
    _deadline(case, service.now())
    if case.more_time is not None:
        raise Refused(f"{case.more_time.days} more days were asked for already: wait for the office")
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Refused(f"say in 'reason', in at most {MAX_REASON} characters, what you need the time for")
    _within(service, case, days)
    now = service.now()
    wish = MoreTime(days=days, reason=reason, made=now, by=caller.id)
    change = Change(
        attestation=str(payload), salt=service.salt(), kind="more_time", made=now, days=days, text=reason
    )
    because = f"the provider asks for {days} more days"
    return record(
        service, case, change, caller.organisation, now, more_time=wish, waits="officer", because=because
    )


def decide_time(
    service: Service, caller: Caller, payload: Digest, days: int, text: str, revision: int
) -> Case:
    """Give *days* more, or with 0 none, and tell the provider: a notice that repeats what it was asked."""
    case = asked(service, caller, Action.EXTENSION_GRANT, payload)
    if case.revision != revision:
        raise Refused("the case has moved meanwhile: look at it again, then act")
    if case.more_time is None:
        raise Refused("nobody asked for more time")
    until = _deadline(case, service.now())
    if len(text) > MAX_TEXT:
        raise Refused(f"a notice has at most {MAX_TEXT} characters")
    if days:
        _within(service, case, days)
    before = parse(service.office.blobs.get(case.told), Notice) if case.told is not None else None
    items = [(one.ref, one.reason, one.remedy) for one in before.items] if before is not None else []
    why = f"{days} more days were given" if days else "more time was asked for, and not given"
    return notice(
        service, case, "extended" if days else "not_extended", items, until=until + timedelta(days=days), text=text,
        more_time=None, extended=case.extended + days, waits="provider", because=why,
    )  # fmt: skip


def _deadline(case: Case, now: datetime) -> datetime:
    """That the provider has."""
    if case.deadline is None or case.replaced_by is not None or case.stage not in ASKABLE:
        raise Refused("no deadline of yours is running")
    if now > case.deadline:
        raise Refused(f"the time ended on {case.deadline:%Y-%m-%d %H:%M} UTC")
    return case.deadline


ASKABLE = frozenset({"incomplete", "under_response", "deep_validation"})


def _within(service: Service, case: Case, days: int) -> None:
    left = service.policy.extension_days - case.extended
    if not 1 <= days <= left:
        expected = f"expected 1 to {left}" if left > 0 else "and no more are given"
        raise Refused(
            f"{days} more days are asked for, {expected}: this office adds at most {service.policy.extension_days}"
        )
