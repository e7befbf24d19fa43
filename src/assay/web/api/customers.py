"""The list of customers of a submission, for its provider and the office. It never leaves by another route."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, RawBody

from assay.errors import Malformed
from assay.formats import customers as customer_list
from assay.formats import customers_csv
from assay.formats.customers import CustomerList
from assay.office import keep_customers
from assay.office.permissions import Action
from assay.web.api.access import asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.listing import CSV, JSON, wants_csv
from assay.web.api.params import Id, digest
from assay.web.api.routes import DOCUMENT, TEXT, Listing, reads, replaces
from assay.web.api.submissions import CASE
from assay.web.api.views import CaseView, case_view

LIST = CASE + "/customers"


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @reads(
        LIST,
        "Its list of customers",
        "submissions",
        Action.CUSTOMERS_READ,
        "case",
        operation_class=Listing,
        gives={JSON: DOCUMENT, CSV: TEXT},
    )
    def show(request: Request[Any, Any, Any], payload: Id, reason: FromQuery[str] = "") -> Response[bytes]:
        caller = asker(request, desk).caller
        table = wants_csv(request)
        found = keep_customers.read(desk.service, desk.accesses, caller, digest(payload), reason)
        data = customers_csv.write(found) if table else customer_list.encode(found)
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="customers"'}
        return Response(data, media_type=f"{CSV}; charset=utf-8" if table else JSON, headers=headers)

    @replaces(
        LIST, "Replace it", "submissions", Action.CUSTOMERS_WRITE, "case", opt={BODY: "table"}, takes={JSON: DOCUMENT, CSV: TEXT}
    )  # fmt: skip
    def change(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> CaseView:
        caller = asker(request, desk).caller
        new = _read(desk, request.headers.get("content-type", ""), body)
        case = keep_customers.replace(desk.service, caller, digest(payload), new, desk.known)
        desk.note(caller, "customers.replaced", case.payload.value)
        return case_view(case)

    return [show, change]


def _read(desk: Desk, content_type: str, body: bytes) -> CustomerList:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return customer_list.parse(body)
    if kind == CSV:
        return customers_csv.read([body], desk.service.salt, what="the list")
    raise Malformed(f"Content-Type is {kind[:80]!r}, expected {JSON} or {CSV}")
