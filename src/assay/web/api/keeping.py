"""What an office keeps of a submission, and what it may not keep: legal holds, and erasure."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from assay.errors import Refused, Unavailable
from assay.office.erase import Reason, hold
from assay.office.permissions import Action
from assay.office.service import asked
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.params import Id, digest
from assay.web.api.routes import does, replaces
from assay.web.api.submissions import CASE
from assay.web.api.views import CaseView, case_view

TAG = "authority"
AnyRequest = Request[Any, Any, Any]


class Holding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    held: bool
    because: Annotated[str, Meta(min_length=1, max_length=2000)]
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


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @replaces(CASE + "/hold", "Set or lift a legal hold", TAG, Action.HOLD_WRITE, "case")
    def holding(request: AnyRequest, payload: Id, data: JSONBody[Holding]) -> CaseView:
        caller = asker(request, desk).caller
        case = asked(desk.service, caller, Action.HOLD_WRITE, digest(payload))
        if not data.because.strip():
            raise Refused("say in 'because' why: it stands in the audit trail")
        after = hold(desk.service, case, held=data.held)
        desk.note(
            caller,
            Action.HOLD_WRITE,
            str(case.payload),
            f"{'set' if data.held else 'lifted'}: {data.because}",
        )
        return case_view(after)

    @does(CASE + "/erasure", "Erase all that it means, for ever", TAG, Action.RECORD_ERASE, "case")
    def erasure(request: AnyRequest, payload: Id, data: JSONBody[Erasing]) -> ErasedView:
        caller = asker(request, desk).caller
        case = asked(desk.service, caller, Action.RECORD_ERASE, digest(payload))
        if desk.erase is None:
            raise Unavailable("nothing is erased here: assay office erase")
        done = desk.erase(case, data.reason, caller.id)
        return ErasedView(
            record=done.record,
            entries=done.entries,
            documents=done.documents,
            kept=tuple(map(str, done.kept)),
        )

    return [holding, erasure]
