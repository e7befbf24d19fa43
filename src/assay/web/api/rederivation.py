"""What the office derived again of a drawn case, for its provider and for officers."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.errors import Refused
from assay.formats import rederivation
from assay.formats.digest import Digest
from assay.formats.rederivation import Rederivation
from assay.office.case import Case
from assay.office.deepen import bill, found
from assay.office.permissions import Action
from assay.office.service import asked
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.params import Id, digest
from assay.web.api.routes import DOCUMENT, reads
from assay.web.api.submissions import CASE


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    action = Action.REDERIVATION_READ

    def of(request: Request[Any, Any, Any], payload: str) -> tuple[Case, Rederivation]:
        case = asked(desk.service, asker(request, desk).caller, action, digest(payload))
        document = found(desk.service, case)
        if document is None:
            raise Refused("nothing was derived again of this submission")
        return case, document

    @reads(
        CASE + "/rederivation",
        "What was derived again, once it was drawn",
        "submissions",
        action,
        "case",
        gives={"application/json": DOCUMENT},
    )
    def show(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        _, document = of(request, payload)
        return Response(rederivation.encode(document), media_type="application/json")

    @reads(
        CASE + "/rederivation/bill",
        "The derived bill of materials",
        "submissions",
        action,
        "case",
        gives={"application/vnd.cyclonedx+json": DOCUMENT},
    )
    def derived(
        request: Request[Any, Any, Any], payload: Id, release: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Of the release ``name@version``; of the first where none is named."""
        case, document = of(request, payload)
        bills = [one.bill for one in document.releases if release in ("", one.release)]
        if not bills:
            raise Refused(f"no release {release[:80]!r} was derived again")
        data = bill(desk.service, case, Digest.parse(bills[0]))
        return Response(data, media_type="application/vnd.cyclonedx+json")

    return [show, derived]
