"""``assay office erase``, ``hold`` and ``retention``: what an office has to keep, and what it may not keep any longer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import msgspec

from assay.adapters.home import Home
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.forgetting import SqlForgetting
from assay.bootstrap.search import SEARCH, discard
from assay.bootstrap.service import desk
from assay.errors import AssayError
from assay.office import erase as erasing
from assay.office.case import Case
from assay.office.erase import Erased, Reason
from assay.office.identity.trail import Event
from assay.office.openings import Eraser
from assay.office.service import OFFICE
from assay.office.work import Again, Later, Outcome, Schedule
from assay.office_config.model import OfficeConfig
from assay.web.api.desk import Desk

RETENTION = "retention"
"""Kind of due work."""
DAILY = Schedule(RETENTION, 86_400)
BATCH = 50
"""Submissions erased in one piece of work: well within a lease."""
OPERATOR = "operator"
"""Who did it, in the audit trail and in the register: whoever may run this program with the office's keys."""


class Swept(msgspec.Struct, frozen=True):
    case: Case
    erased: Erased | None
    """None when it was only looked for, or could not be erased."""
    reason: str = ""
    """Why it could not be erased."""


def erase(config: OfficeConfig, index: int, reason: Reason) -> Erased:
    """All that the submission means which entry *index* is about."""
    with opened(config) as found:
        return _erased(config, found, erasing.about(found.service, index), reason)


def hold(config: OfficeConfig, index: int, *, held: bool, because: str) -> Case:
    """Set or lift a legal hold on that submission."""
    with opened(config) as found:
        case = erasing.hold(found.service, erasing.about(found.service, index), held=held)
        _note(found, "hold.write", case, because)
        return case


def sweep(config: OfficeConfig, *, erase_them: bool) -> tuple[Swept, ...]:
    """Submissions whose time to be kept is over; erased, if that is wanted. One that cannot be keeps no other."""
    swept = []
    with opened(config) as found:
        for case in erasing.due_now(found.service):
            if not erase_them:
                swept.append(Swept(case, None))
                continue
            try:
                swept.append(Swept(case, _erased(config, found, case, "retention")))
            except AssayError as error:
                swept.append(Swept(case, None, str(error)))
    return tuple(swept)


def retain(config: OfficeConfig, found: Desk) -> Outcome:
    """Handler of RETENTION: erase what the policy keeps no longer, some in one piece of work. One that cannot be keeps no other."""
    now = found.service.now()
    due = erasing.due_now(found.service)
    failed = []
    for case in due[:BATCH]:
        try:
            _erased(config, found, case, "retention", OFFICE)
        except AssayError as error:
            failed.append(str(error))
    if failed:
        return Again(f"{len(failed)} of {len(due)} submissions could not be erased: {failed[0]}")
    return Later(now) if len(due) > BATCH else None


def on_request(config: OfficeConfig, found: Desk, case: Case, reason: Reason, by: str) -> Erased:
    """All of *case*, because somebody in a session asked. Any process of the office does it."""
    return _erased(config, found, case, reason, OFFICE, by)


@contextmanager
def opened(config: OfficeConfig) -> Iterator[Desk]:
    with desk(config) as found:
        yield found


def _erased(
    config: OfficeConfig, found: Desk, case: Case, reason: Reason, actor: str = OPERATOR, by: str = ""
) -> Erased:
    """*actor* stands in the register; *by*, where it is somebody, in the audit trail."""
    service = found.service
    eraser = cast("Eraser", service.office.register)  # every register of a service is one
    forgetting = SqlForgetting(cast("SqlCases", service.cases).engine)
    done = erasing.erase(service, eraser, forgetting, case, reason, actor=actor)
    discard(Home(config.data).office / SEARCH)  # it is made again from what is left
    _note(found, "record.erase", case, reason, by or actor)
    return done


def _note(found: Desk, action: str, case: Case, detail: str, actor: str = OPERATOR) -> None:
    event = Event(
        at=found.service.now(),
        actor=actor,
        organisation=case.organisation,
        action=action,
        subject=str(case.payload),
        detail=detail,
    )
    with found.identity.identities.change() as rows:
        rows.note(event)
