"""Notices: what a provider and its customers are told, recorded before it is sent (M6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from assay.formats.case_documents import MAX_ITEMS, Item, Notice, NoticeReason
from assay.formats.verdict import VerdictDocument
from assay.office.case import Case
from assay.office.service import NOTIFY, Act, Service, act, deadline, put
from assay.office.service import days as after
from assay.office.work import Due
from assay.register.leaf import Kind

MAX_REASON = 2000


def notice(
    service: Service,
    case: Case,
    reason: NoticeReason,
    items: Sequence[tuple[str, str, str]] = (),
    *,
    days: int = 0,
    until: datetime | None = None,
    text: str = "",
    **changes: Any,
) -> Case:
    """Record a notice of *items* (ref, reason, remedy), and the work of sending it; with *days*, or *until*, the time to answer."""
    now = service.now()
    until = after(now, days) if days else until
    document = Notice(
        attestation=str(case.payload),
        salt=service.salt(),
        number=case.notices + 1,
        reason=reason,
        sent=now,
        respond_by=until,
        items=tuple(
            Item(ref[:200], why[:MAX_REASON], remedy[:MAX_REASON]) for ref, why, remedy in items[:MAX_ITEMS]
        ),
        text=text,
    )
    digest = put(service, document)
    sending = Due(
        key=f"{NOTIFY}:{case.payload.value}:{document.number}",
        kind=NOTIFY,
        subject=str(case.payload),
        at=now,
        payload=msgspec.json.encode({"notice": str(digest)}),
    )
    clock = deadline(service, case, now, until) if until else ()
    done = Act(kind=Kind.NOTICE, document=digest, outcome=reason, due=(sending, *clock))
    return act(
        service,
        case,
        done,
        now,
        notices=document.number,
        told=digest,
        noticed=True,
        deadline=until,
        **changes,
    )


def insufficient(verdict: VerdictDocument) -> bool:
    """Whether evidence is missing for a claim that checks alone can judge; what waits for a person does not count."""
    return any(
        row.claimed and row.verdict == "unknown" and row.judged_by == "checks" for row in verdict.claims
    )
