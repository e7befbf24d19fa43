"""What an office keeps of a submission, and what it may not keep: legal holds, and erasure."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from assay.errors import Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.erase import Erased, Reason, hold
from assay.office.permissions import Action, Caller
from assay.office.service import asked
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.params import Id, digest
from assay.web.api.routes import does, replaces
from assay.web.api.submissions import CASE
from assay.web.api.views import CaseView, case_view

TAG = "authority"
AnyRequest = Request[Any, Any, Any]
MAX_BECAUSE = 2000


class Holding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    held: bool
    because: Annotated[str, Meta(min_length=1, max_length=MAX_BECAUSE)]
    """It stands in the audit trail."""


class Erasing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class ErasedView(msgspec.Struct, frozen=True, kw_only=True):
    record: int
    """Entry that records it."""
    entries: tuple[int, ...]
    """Whose openings are erased."""
    documents: int
    kept: tuple[str, ...]
    """Documents that another submission uses."""


def set_hold(desk: Desk, caller: Caller, payload: Digest, *, held: bool, because: str) -> Case:
    case = asked(desk.service, caller, Action.HOLD_WRITE, payload)
    if not because.strip():
        raise Refused("say in 'because' why: it stands in the audit trail")
    after = hold(desk.service, case, held=held)
    desk.note(caller, Action.HOLD_WRITE, str(case.payload), f"{'set' if held else 'lifted'}: {because}")
    return after


def erase(desk: Desk, caller: Caller, payload: Digest, reason: Reason) -> Erased:
    case = asked(desk.service, caller, Action.RECORD_ERASE, payload)
    if desk.erase is None:
        raise Unavailable("nothing is erased here: assay office erase")
    return desk.erase(case, reason, caller.id)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @replaces(CASE + "/hold", "Set or lift a legal hold", TAG, Action.HOLD_WRITE, "case")
    def holding(request: AnyRequest, payload: Id, data: JSONBody[Holding]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(set_hold(desk, caller, digest(payload), held=data.held, because=data.because))

    @does(CASE + "/erasure", "Erase all that it means, for ever", TAG, Action.RECORD_ERASE, "case")
    def erasure(request: AnyRequest, payload: Id, data: JSONBody[Erasing]) -> ErasedView:
        done = erase(desk, asker(request, desk).caller, digest(payload), data.reason)
        return ErasedView(
            record=done.record,
            entries=done.entries,
            documents=done.documents,
            kept=tuple(map(str, done.kept)),
        )

    return [holding, erasure]
