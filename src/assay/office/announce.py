"""Which event a notice is to those who subscribe, and who may hear of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from assay.formats.case_documents import Notice, NoticeReason
from assay.formats.digest import Digest
from assay.formats.event import Event
from assay.office.case import Case
from assay.office.deliver import announce, event_id
from assay.office.found_by import keys_of_releases
from assay.office.inventories import Inventories
from assay.office.sending import milestones_of, notice_of
from assay.office.service import Service
from assay.office.subscription import Subscribing
from assay.office.triage import verdict_of
from assay.office.work import Due

Audience = Literal["provider", "parties", "everybody"]

EVENTS: Mapping[NoticeReason, tuple[str, Audience]] = {
    "incomplete": ("notice.sent", "parties"),
    "contradicted": ("determination.made", "parties"),
    "insufficient_evidence": ("determination.made", "parties"),
    "evidence_requested": ("evidence.requested", "provider"),
    "determined": ("result.published", "everybody"),
    "closed": ("submission.closed", "parties"),
    "corrected": ("result.corrected", "everybody"),
    "extended": ("notice.sent", "provider"),
    "not_extended": ("notice.sent", "provider"),
}
"""An event says no more than that: two determinations, for and against, are the same event."""
PORTFOLIO = "portfolio.changed"
REMINDER: tuple[str, Audience] = ("deadline.near", "provider")
MILESTONES = "milestone.due"


def event_of(notice: Notice, case: Case, url: str, cause: str, *, reminder: bool) -> tuple[Event, Audience]:
    """Of an office at *url*. *cause*: the same for the same notice or reminder."""
    kind, audience = REMINDER if reminder else EVENTS[notice.reason]
    name = case.payload.value
    links = {"submission": f"{url}/api/v1/submissions/{name}"}
    if audience == "everybody":
        links = {"result": f"{url}/api/v1/results/{name}"}
    event = Event(
        id=event_id(url, cause),
        type=kind,
        time=notice.sent,
        office=url,
        links=links,
    )
    return event, audience


def tell(service: Service, subscribing: Subscribing, inventories: Inventories, url: str, due: Due) -> None:
    """Put the deliveries of what work of NOTIFY is about; twice is once. Of what is posted, those who run it are told too."""
    if milestones_of(due) is not None:
        _tell_milestones(service, subscribing, url, due)
        return
    notice, reminder = notice_of(service, due)
    case = service.case(Digest.parse(due.subject))
    event, audience = event_of(notice, case, url, due.key, reminder=reminder)
    whom = {
        "everybody": None,
        "parties": (case.organisation, *case.parties),
        "provider": (case.organisation,),
    }[audience]
    announce(subscribing, service.work, event, whom)
    if audience == "everybody" and case.verdict is not None:
        verdict = verdict_of(service, case)
        holders = inventories.holders(keys_of_releases(verdict.provider, verdict.releases))
        own = msgspec.structs.replace(event, id=event_id(url, f"{due.key} portfolio"), type=PORTFOLIO)
        announce(subscribing, service.work, own, holders)


def _tell_milestones(service: Service, subscribing: Subscribing, url: str, due: Due) -> None:
    case = service.case(Digest.parse(due.subject))
    links = {"submission": f"{url}/api/v1/submissions/{case.payload.value}"}
    event = Event(id=event_id(url, due.key), type=MILESTONES, time=due.at, office=url, links=links)
    announce(subscribing, service.work, event, (case.organisation,))
