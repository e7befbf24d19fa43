"""What a provider does: hand in, look, answer, supply, withdraw, let lapse."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter, RawBody

from assay.errors import Malformed, Refused
from assay.formats import b64, strict_json
from assay.formats import verdict as verdicts
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.bundle import Bundle
from assay.formats.bundle import read_tar as read_bundle
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.case import Case
from assay.office.log import receipt
from assay.office.permissions import Action, Caller, hidden, require, require_role, visible
from assay.office.ports import CaseQuery
from assay.office.receive import receive
from assay.office.respond import lapse, respond, supply, withdraw
from assay.office.triage import verdict_of
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.views import CaseView, Page, case_view

TAR = ("application/x-tar", "application/gzip", "application/x-gtar")
MAX_BODY = 128 << 20
Id = Annotated[
    str,
    PathParameter(pattern="^[0-9a-f]{64}$", description="Hexadecimal SHA-256 of the attestation's payload"),
]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``attestation`` and ``customers`` are kept byte for byte as they stand here; artifacts are uploaded before, by digest."""

    attestation: msgspec.Raw
    customers: msgspec.Raw = msgspec.Raw(b"null")


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str = ""
    files: tuple[str, ...] = ()
    """Base64; larger files are uploaded before and named in ``artifacts``."""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    versions: str = ""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    submission: CaseView
    receipt: msgspec.Raw
    """See docs/formats/receipt.md."""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @post(
        "/submissions",
        status_code=201,
        sync_to_thread=True,
        summary="Hand in an attestation",
        tags=["submissions"],
    )
    def create(request: Request[Any, Any, Any], body: RawBody) -> Response[Accepted]:
        caller = asker(request, desk).caller
        require_role(caller, Action.SUBMISSION_CREATE)
        bundle = _bundle(request, body)
        service = desk.service
        case = receive(
            service,
            caller,
            bundle,
            speaks_for=desk.speaks_for(caller.organisation),
            held=_held(desk, caller, bundle),
        )
        for digest, data in bundle.artifacts.items():
            desk.holdings.hold(caller.organisation, digest, len(data))
        made = msgspec.Raw(receipt(service.office, case.entry).encode())
        where = {"Location": f"/api/v1/submissions/{case.payload.value}", "ETag": _tag(case)}
        return Response(Accepted(submission=case_view(case), receipt=made), status_code=201, headers=where)

    @get(
        "/submissions",
        sync_to_thread=True,
        summary="Submissions that the caller may see",
        tags=["submissions"],
    )
    def index(
        request: Request[Any, Any, Any],
        stage: FromQuery[str] = "",
        waits: FromQuery[str] = "",
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
        sort: FromQuery[str] = "received",
        order: FromQuery[str] = "descending",
        after: FromQuery[str] = "",
        limit: FromQuery[int] = 50,
    ) -> Page:
        caller = asker(request, desk).caller
        require_role(caller, Action.SUBMISSION_READ)
        query = query_of(
            caller, stage=stage, waits=waits, result=result, provider=provider, product=product, version=version,
            sort=sort, order=order, after=after, limit=limit,
        )  # fmt: skip
        page = desk.service.cases.find(query)
        return Page(items=tuple(map(case_view, page.cases)), next=page.after)

    @get("/submissions/{payload:str}", sync_to_thread=True, summary="One submission", tags=["submissions"])
    def show(request: Request[Any, Any, Any], payload: Id) -> Response[CaseView]:
        case = readable(request, desk, payload)
        return Response(case_view(case), headers={"ETag": _tag(case), "Cache-Control": "private, no-cache"})

    @get(
        "/submissions/{payload:str}/verdict",
        sync_to_thread=True,
        summary="Its newest verdict document",
        tags=["submissions"],
    )
    def verdict(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        case = readable(request, desk, payload)
        if case.verdict is None:
            raise Refused("the submission has not been judged yet")
        data = verdicts.encode(verdict_of(desk.service, case))
        return Response(data, media_type="application/json")

    @get(
        "/submissions/{payload:str}/receipt",
        sync_to_thread=True,
        summary="A receipt for its entry",
        tags=["submissions"],
    )
    def receipt_(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        case = readable(request, desk, payload)
        return Response(receipt(desk.service.office, case.entry).encode(), media_type="application/json")

    @post(
        "/submissions/{payload:str}/responses",
        status_code=201,
        sync_to_thread=True,
        summary="Answer a determination",
        tags=["submissions"],
    )
    def answer(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Answer]) -> CaseView:
        caller = asker(request, desk).caller
        files = [b64.decode(one, what=f"files[{at}]") for at, one in enumerate(data.files)]
        return case_view(respond(desk.service, caller, _digest(payload), data.text, files))

    @post(
        "/submissions/{payload:str}/evidence",
        status_code=201,
        sync_to_thread=True,
        summary="Hand in evidence that was asked for",
        tags=["submissions"],
    )
    def evidence(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Answer]) -> CaseView:
        caller = asker(request, desk).caller
        files = [b64.decode(one, what=f"files[{at}]") for at, one in enumerate(data.files)]
        return case_view(supply(desk.service, caller, _digest(payload), files))

    @post(
        "/submissions/{payload:str}/withdrawal",
        status_code=201,
        sync_to_thread=True,
        summary="Take a submission back",
        tags=["submissions"],
    )
    def withdrawal(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Reason]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(withdraw(desk.service, caller, _digest(payload), data.reason))

    @post(
        "/submissions/{payload:str}/lapse",
        status_code=201,
        sync_to_thread=True,
        summary="Give notice that it holds no more",
        tags=["submissions"],
    )
    def lapsed(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Reason]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(lapse(desk.service, caller, _digest(payload), data.reason, data.versions))

    return [create, index, show, verdict, receipt_, answer, evidence, withdrawal, lapsed]


def query_of(
    caller: Caller, *, stage: str, waits: str, result: str, provider: str, product: str, version: str,
    sort: str, order: str, after: str, limit: int,
) -> CaseQuery:  # fmt: skip
    """A list's query, from what came in; Malformed names what is none of its values."""
    if order not in ("ascending", "descending"):
        raise Malformed(f"order is {order[:40]!r}, expected 'ascending' or 'descending'")
    document = {
        "stages": _listed(stage), "waits": _listed(waits), "results": _listed(result), "provider": provider,
        "product": product, "version": version, "sort": sort, "descending": order == "descending", "after": after,
        "limit": limit,
    }  # fmt: skip
    try:
        found = msgspec.convert({**document, "visible": {}}, CaseQuery)
    except msgspec.ValidationError as error:
        raise Malformed(f"query: {error}") from error
    if not 1 <= limit <= 200:
        raise Malformed(f"limit is {limit}, expected 1 to 200")
    return msgspec.structs.replace(found, visible=visible(caller, Action.SUBMISSION_READ))


def readable(
    request: Request[Any, Any, Any], desk: Desk, payload: str, action: Action = Action.SUBMISSION_READ
) -> Case:
    """The case, if whoever asks may see it; Hidden where there is none, or none for them."""
    caller = asker(request, desk).caller
    require_role(caller, action)
    case = desk.service.cases.case(_digest(payload))
    if case is None:
        raise hidden()
    require(caller, action, case.target)
    return case


def _bundle(request: Request[Any, Any, Any], body: bytes) -> Bundle:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in TAR:
        return read_bundle(body, what="the bundle")
    if kind != "application/json":
        raise Malformed(f"Content-Type is {kind[:80]!r}, expected application/json or {TAR[0]}")
    found = strict_json.decode(body, Submission, what="submission", limit=MAX_BODY)
    customers = bytes(found.customers)
    return Bundle(bytes(found.attestation), None if customers == b"null" else customers, {})


def _held(desk: Desk, caller: Caller, bundle: Bundle) -> frozenset[Digest]:
    envelope = Envelope.parse(bundle.envelope, what="attestation.dsse.json")
    return desk.holdings.held(
        caller.organisation, [one.digest for one in parse_attestation(envelope.payload).artifacts]
    )


def _digest(payload: str) -> Digest:
    return Digest.of("sha256", payload, what="submission")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(",") if one)


def _tag(case: Case) -> str:
    return f'"{case.payload.short}-{case.revision}"'
