"""The list of customers of a submission on a page: its provider keeps it up, and the office reads it for a reason that is logged."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, MultipartBody, RawBody
from litestar.response import Redirect

from assay.errors import Faulty
from assay.formats import customers as customer_list
from assay.formats import customers_csv
from assay.formats.customers import Customer, CustomerId, CustomerList, row_digest
from assay.formats.digest import Digest
from assay.office import keep_customers
from assay.office.case import Case
from assay.office.permissions import Action, may
from assay.office.service import asked
from assay.web.api.access import Asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.inventory import From
from assay.web.api.params import Id, digest
from assay.web.api.problems import MAX_FAULTS
from assay.web.app.cases import CASE
from assay.web.app.forms import NO_PROBLEMS, TOO_LONG, Form, Problems, entered, with_files
from assay.web.app.shell import came, shown
from assay.web.app.ways import form, page

LIST = CASE + "/customers"
ROWS = 100
MOST = 1000
"""Characters of a field."""
WRITE = Action.CUSTOMERS_WRITE


class Asked(msgspec.Struct, frozen=True):
    """What is asked for in the query string."""

    reason: str = ""
    after: int = 0


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @page(LIST, Action.CUSTOMERS_READ, "case")
    def show(
        request: Request[Any, Any, Any], payload: Id, reason: FromQuery[str] = "", after: From = 0
    ) -> Response[bytes]:
        return _listed(desk, came(request, desk), digest(payload), Asked(reason, after))

    @form(LIST + "/rows", WRITE, "case")
    def add(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Response[Any]:
        given, case = entered(request, desk, body), digest(payload)
        problems = wrong(given)
        if problems:
            asked(desk.service, given.who.caller, WRITE, case)
            return _listed(desk, given.who, case, problems=problems, typed=given)
        row = _row(given, desk.service.salt())
        return _done(desk, given, keep_customers.add(desk.service, given.who.caller, case, row, desk.known))

    @form(LIST + "/rows/remove", WRITE, "case")
    def remove(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        row = Digest.parse(given.text("row"), what="row")
        kept = keep_customers.remove(desk.service, given.who.caller, digest(payload), row, desk.known)
        return _done(desk, given, kept)

    @form(LIST, WRITE, "case", opt={BODY: "table"})
    def replace(
        request: Request[Any, Any, Any], payload: Id, data: MultipartBody[dict[str, Any]]
    ) -> Response[Any]:
        given, files = with_files(request, desk, data, "list")
        case = asked(desk.service, given.who.caller, WRITE, digest(payload))
        if len(files) != 1:
            said = {"list": "Choose the list as one file." if not files else "Choose one file only."}
            return _listed(desk, given.who, case.payload, problems=said)
        try:
            new = _read(desk, files[0])
        except Faulty as error:
            return shown(
                desk, given.who, "app/faults.html", status=400, error=error, faults=error.faults[:MAX_FAULTS],
                back=f"/cases/{payload}/customers#replace",
            )  # fmt: skip
        return _done(
            desk, given, keep_customers.replace(desk.service, given.who.caller, case.payload, new, desk.known)
        )

    return [show, add, remove, replace]


def wrong(given: Form) -> Problems:
    """With a row that was typed in, by its fields."""
    said: dict[str, str] = {}
    for name in ("name", "scheme", "value", "contact"):
        text = given.text(name)
        if len(text) > MOST:
            said[name] = TOO_LONG.format(most=MOST)
        elif not text.isprintable():
            said[name] = "Plain text on one line is expected."
    if not given.text("name"):
        said["name"] = "Say what the customer is called."
    if given.text("scheme") and not given.text("value"):
        said["value"] = "Say the identifier, or leave its kind empty too."
    if given.text("value") and not given.text("scheme"):
        said["scheme"] = "Say what kind of identifier it is, or leave it empty too."
    if any(len(one) > MOST or not one.isprintable() for one in given.lines("products")):
        said["products"] = f"One name a line is expected, each of at most {MOST} characters."
    return said


def _row(given: Form, salt: str) -> Customer:
    scheme = given.text("scheme")
    return Customer(
        name=given.text("name"),
        id=CustomerId(scheme=scheme, value=given.text("value")) if scheme else None,
        contact=given.text("contact"),
        products=given.lines("products"),
        salt=salt,
    )


def _read(desk: Desk, data: bytes) -> CustomerList:
    """``customers.json`` begins with a brace, a table does not."""
    if data.lstrip()[:1] == b"{":
        return customer_list.parse(data)
    return customers_csv.read([data], desk.service.salt, what="the list")


def _done(desk: Desk, given: Form, case: Case) -> Redirect:
    desk.note(given.who.caller, "customers.replaced", case.payload.value)
    return Redirect(f"/cases/{case.payload.value}/customers", status_code=303)


def _listed(
    desk: Desk,
    who: Asker,
    payload: Digest,
    at: Asked = Asked(),  # noqa: B008 - frozen
    problems: Problems = NO_PROBLEMS,
    typed: Form | None = None,
) -> Response[bytes]:
    """The page; to somebody of the office only once it says why it is read."""
    service, caller = desk.service, who.caller
    case = asked(service, caller, Action.CUSTOMERS_READ, payload)
    own = caller.organisation == case.organisation
    held = keep_customers.held(service, case) is not None
    reads = held and (own or bool(at.reason.strip()))
    found = keep_customers.read(service, desk.accesses, caller, payload, at.reason).customers if reads else ()
    return shown(
        desk, who, "app/customers.html", status=422 if problems else 200, case=case, own=own, reads=reads, at=at,
        count=len(found), rows=[(row_digest(one), one) for one in found[at.after : at.after + ROWS]], page=ROWS,
        held=held, writes=own and may(caller, WRITE, case.target),
        problems=problems, typed=typed.values if typed is not None else {},
    )  # fmt: skip
