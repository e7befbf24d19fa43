"""Reports on the plan of action and milestones of a submission, from its page."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import MultipartBody
from litestar.response import Redirect

from assay.formats.case_documents import MAX_TEXT
from assay.office.milestones import report
from assay.office.permissions import Action
from assay.office.service import asked
from assay.web.api.desk import Desk
from assay.web.api.milestones import Number
from assay.web.api.params import Id, digest
from assay.web.api.submissions import FILES
from assay.web.app.cases import CASE, case_page
from assay.web.app.forms import TOO_LONG, brought, with_files
from assay.web.app.ways import form


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @form(CASE + "/milestones/{number:str}", Action.RESPONSE_WRITE, "case", opt=FILES)
    def tell(
        request: Request[Any, Any, Any], payload: Id, number: Number, data: MultipartBody[dict[str, Any]]
    ) -> Response[Any]:
        given, files = with_files(request, desk, data, "files")
        caller, case, text = given.who.caller, digest(payload), given.text("text")
        if not text or len(text) > MAX_TEXT:
            asked(desk.service, caller, Action.RESPONSE_WRITE, case)
            said = TOO_LONG.format(most=MAX_TEXT) if text else "Say how far it is."
            return case_page(desk, given.who, case, {f"report-{number}": said}, given)
        files_too = brought(desk, given, files)
        report(desk.service, caller, case, int(number), text, files_too, met=bool(given.text("met")))
        return Redirect(f"/cases/{payload}#milestones", status_code=303)

    return [tell]
