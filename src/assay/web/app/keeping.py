"""What an office keeps of a case, and what it erases: forms of the case's page."""

from typing import Any, get_args

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from litestar.response import Redirect

from assay.errors import Malformed
from assay.office.erase import Reason
from assay.office.permissions import Action
from assay.web.api.desk import Desk
from assay.web.api.keeping import MAX_BECAUSE, erase, set_hold
from assay.web.api.params import Id, digest
from assay.web.app.forms import entered
from assay.web.app.ways import form

CASE = "/cases/{payload:str}"
REASONS: tuple[Reason, ...] = get_args(Reason)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @form(CASE + "/hold", Action.HOLD_WRITE, "case")
    def holding(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        held, because = given.text("held"), given.text("because")
        if held not in ("yes", "no"):
            raise Malformed(f"held is {held[:40]!r}, expected yes or no")
        if len(because) > MAX_BECAUSE:
            raise Malformed(f"because has {len(because)} characters, over {MAX_BECAUSE}")
        set_hold(desk, given.who.caller, digest(payload), held=held == "yes", because=because)
        return Redirect(f"/cases/{payload}", status_code=303)

    @form(CASE + "/erasure", Action.RECORD_ERASE, "case")
    def erasure(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        reason = next((one for one in REASONS if one == given.text("reason")), None)
        if reason is None:
            raise Malformed(f"reason is {given.text('reason')[:40]!r}, expected one of {', '.join(REASONS)}")
        erase(desk, given.who.caller, digest(payload), reason)
        return Redirect("/submissions", status_code=303)

    return [holding, erasure]
