"""What a provider does: hand in, look, answer, supply, withdraw, let lapse."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import FromQuery, JSONBody, RawBody
from msgspec import Meta

from assay.errors import AssayError, Malformed, Refused
from assay.formats import b64, strict_json
from assay.formats import verdict as verdicts
from assay.formats.bundle import Bundle
from assay.formats.bundle import read_tar as read_bundle
from assay.formats.digest import Digest
from assay.formats.purl import Purl
from assay.office import found_by
from assay.office.assessment import attach
from assay.office.bring import Brought
from assay.office.case import Case
from assay.office.extend import ask_for_time
from assay.office.log import receipt
from assay.office.permissions import Action, Caller, require_role, visible
from assay.office.ports import CaseQuery
from assay.office.receive import Received
from assay.office.respond import lapse, respond, supply, withdraw
from assay.office.service import asked, require_kept
from assay.office.triage import verdict_of
from assay.web.api.access import asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk, Read
from assay.web.api.listing import JSON, listed
from assay.web.api.params import (
    After,
    Id,
    Limit,
    Named,
    OfFile,
    OfPackage,
    Order,
    Results,
    Sort,
    Stages,
    Waiting,
)
from assay.web.api.params import digest as of_payload
from assay.web.api.routes import DOCUMENT, FILE, does, lists, reads
from assay.web.api.together import BEAT, Together
from assay.web.api.views import CaseView, Listed, case_view, tag

TAR = ("application/x-tar", "application/gzip", "application/x-gtar")
FILES = {BODY: "bundle"}
ALONE = 512 << 10
"""Bytes of a body from which on it is taken in by itself: others need not wait for it."""
CASE = "/submissions/{payload:str}"


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``attestation`` and ``customers`` are kept byte for byte as they stand here; artifacts are uploaded before, by digest."""

    attestation: msgspec.Raw
    customers: msgspec.Raw = msgspec.Raw(b"null")


class _Handed(msgspec.Struct, frozen=True):
    """A request that hands something in."""

    caller: Caller
    kind: str
    """Of the body, as its header says."""
    body: bytes


_SUBMISSION = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "attestation": Schema(
            type=OpenAPIType.OBJECT, description="A DSSE envelope: docs/formats/submission.md"
        ),
        "customers": Schema(type=[OpenAPIType.OBJECT, OpenAPIType.NULL]),
    },
    required=["attestation"],
    additional_properties=False,
)


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    files: tuple[str, ...] = ()
    """Base64; larger files are uploaded before and named in ``artifacts``."""
    artifacts: tuple[str, ...] = ()
    """Digests, as ``sha256:...``."""

    def brought(self, desk: Desk) -> Brought:
        files = tuple(b64.decode(one, what=f"files[{at}]") for at, one in enumerate(self.files))
        uploaded = tuple(Digest.parse(one, what=f"artifacts[{at}]") for at, one in enumerate(self.artifacts))
        return Brought(files, uploaded, desk.holdings)


class Answer(Files, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str = ""


class TimeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: Annotated[int, Meta(ge=1, le=3650)]
    reason: str


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    versions: str = ""


class _Taken(NamedTuple):
    """What was recorded, and its receipt."""

    case: Case
    receipt: msgspec.Raw


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    submission: CaseView
    receipt: msgspec.Raw
    """See docs/formats/receipt.md."""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    together = Together[_Handed, _Taken](partial(_read, desk), partial(_record, desk))

    @does(
        "/submissions", "Hand in an attestation", "submissions", Action.SUBMISSION_CREATE, "any",
        opt={**FILES, BEAT: True}, sync_to_thread=None, takes={**dict.fromkeys(TAR, FILE), JSON: _SUBMISSION},
    )  # fmt: skip
    async def create(request: Request[Any, Any, Any], body: RawBody) -> Response[Accepted]:
        caller = asker(request, desk).caller
        require_role(caller, Action.SUBMISSION_CREATE)
        handed = _Handed(caller, request.headers.get("content-type", ""), body)
        with desk.door.within():
            if len(body) > ALONE:
                case, made = await sync_to_thread(lambda: _alone(desk, handed))
            else:
                case, made = await together.ask(handed)
        where = {"Location": f"/api/v1/submissions/{case.payload.value}", "ETag": tag(case)}
        return Response(Accepted(submission=case_view(case), receipt=made), status_code=201, headers=where)

    @does(
        "/checks", "What would be found about a bundle, with nothing submitted", "submissions", Action.SUBMISSION_CREATE, "any",
        opt=FILES, status_code=200, takes={**dict.fromkeys(TAR, FILE), JSON: _SUBMISSION}, gives={JSON: DOCUMENT},
    )  # fmt: skip
    def check(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        caller = asker(request, desk).caller
        require_role(caller, Action.SUBMISSION_CREATE)
        handed = _Handed(caller, request.headers.get("content-type", ""), body)
        return Response(desk.rehearse(caller, _bundle(handed)).document, media_type=JSON)

    @lists(
        "/submissions", "Submissions that the caller may see", "submissions", Action.SUBMISSION_READ, "any"
    )
    def index(
        request: Request[Any, Any, Any],
        stage: Stages = "",
        waits: Waiting = "",
        result: Results = "",
        provider: Named = "",
        product: Named = "",
        version: Named = "",
        digest: OfFile = "",
        purl: OfPackage = "",
        sort: FromQuery[Sort] = "received",
        order: FromQuery[Order] = "descending",
        after: After = "",
        limit: Limit = 50,
    ) -> Response[Listed[CaseView]]:
        caller = asker(request, desk).caller
        require_role(caller, Action.SUBMISSION_READ)
        query = query_of(
            caller, stage=stage, waits=waits, result=result, provider=provider, product=product, version=version,
            sort=sort, order=order, after=after, limit=limit, digest=digest, purl=purl,
        )  # fmt: skip
        page = desk.service.cases.find(query)
        return listed(request, CaseView, tuple(map(case_view, page.cases)), page.after)

    @reads(CASE, "One submission", "submissions", Action.SUBMISSION_READ, "case")
    def show(request: Request[Any, Any, Any], payload: Id) -> Response[CaseView]:
        case = readable(request, desk, payload)
        return Response(case_view(case), headers={"ETag": tag(case)})

    @reads(CASE + "/verdict", "Its newest verdict document", "submissions", Action.SUBMISSION_READ, "case")
    def verdict(request: Request[Any, Any, Any], payload: Id) -> Response[msgspec.Raw]:
        case = readable(request, desk, payload)
        if case.verdict is None:
            raise Refused("the submission has not been judged yet")
        return Response(msgspec.Raw(verdicts.encode(verdict_of(desk.service, case))))

    @reads(CASE + "/receipt", "A receipt for its entry", "submissions", Action.SUBMISSION_READ, "case")
    def receipt_(request: Request[Any, Any, Any], payload: Id) -> Response[msgspec.Raw]:
        case = readable(request, desk, payload)
        require_kept(case)
        return Response(msgspec.Raw(receipt(desk.service.office, case.entry).encode()))

    @does(
        CASE + "/responses", "Answer a determination", "submissions", Action.RESPONSE_WRITE, "case", opt=FILES
    )
    def answer(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Answer]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(respond(desk.service, caller, of_payload(payload), data.text, data.brought(desk)))

    @does(
        CASE + "/evidence",
        "Hand in evidence that was asked for",
        "submissions",
        Action.ARTIFACT_PUT,
        "case",
        opt=FILES,
    )
    def evidence(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Answer]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(supply(desk.service, caller, of_payload(payload), data.brought(desk)))

    @does(CASE + "/extension-requests", "Ask for more time", "submissions", Action.RESPONSE_WRITE, "case")
    def more_time(request: Request[Any, Any, Any], payload: Id, data: JSONBody[TimeAsked]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(ask_for_time(desk.service, caller, of_payload(payload), data.days, data.reason))

    @does(
        CASE + "/assessment",
        "Hand in documents of the third-party assessment that it names",
        "submissions",
        Action.ASSESSMENT_ATTACH,
        "case",
        opt=FILES,
    )
    def assessed(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Files]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(attach(desk.service, caller, of_payload(payload), data.brought(desk)))

    @does(CASE + "/withdrawal", "Take a submission back", "submissions", Action.SUBMISSION_WITHDRAW, "case")
    def withdrawal(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Reason]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(withdraw(desk.service, caller, of_payload(payload), data.reason))

    @does(
        CASE + "/lapse", "Give notice that it holds no more", "submissions", Action.SUBMISSION_LAPSE, "case"
    )
    def lapsed(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Reason]) -> CaseView:
        caller = asker(request, desk).caller
        return case_view(lapse(desk.service, caller, of_payload(payload), data.reason, data.versions))

    return [
        create,
        check,
        index,
        show,
        verdict,
        receipt_,
        answer,
        evidence,
        assessed,
        withdrawal,
        lapsed,
        more_time,
    ]


def query_of(
    caller: Caller, *, stage: str, waits: str, result: str, provider: str, product: str, version: str,
    sort: str, order: str, after: str, limit: int, digest: str = "", purl: str = "",
) -> CaseQuery:  # fmt: skip
    """A list's query, from what came in; Malformed names what is none of its values."""
    if order not in ("ascending", "descending"):
        raise Malformed(f"order is {order[:40]!r}, expected 'ascending' or 'descending'")
    document = {
        "stages": _listed(stage), "waits": _listed(waits), "results": _listed(result), "provider": provider,
        "product": product, "version": version, "sort": sort, "descending": order == "descending", "after": after,
        "limit": limit, "keys": found_by.asked(
            digest=Digest.parse(digest) if digest else None, purl=Purl.parse(purl) if purl else None
        ),
    }  # fmt: skip
    try:
        found = msgspec.convert({**document, "visible": {}}, CaseQuery)
    except msgspec.ValidationError as error:
        raise Malformed(f"query: {error}") from error
    return msgspec.structs.replace(found, visible=visible(caller, Action.SUBMISSION_READ))


def readable(request: Request[Any, Any, Any], desk: Desk, payload: str) -> Case:
    """The case, if whoever asks may see it; Hidden where there is none, or none for them."""
    return asked(desk.service, asker(request, desk).caller, Action.SUBMISSION_READ, of_payload(payload))


def _alone(desk: Desk, handed: _Handed) -> _Taken:
    (read,) = _read(desk, (handed,))
    if isinstance(read, Exception):
        raise read
    (answer,) = _record(desk, (read,))
    if isinstance(answer, Exception):
        raise answer
    return answer


def _read(desk: Desk, handed: Sequence[_Handed]) -> Sequence[Read | Exception]:
    answers: dict[int, Read | Exception] = {}
    bundles: dict[int, tuple[Caller, Bundle]] = {}
    for at, one in enumerate(handed):
        try:
            bundles[at] = one.caller, _bundle(one)
        except AssayError as error:
            desk.taken([error])
            answers[at] = error
    answers |= zip(bundles, desk.read_all([*bundles.values()]), strict=True)
    return [answers[at] for at in range(len(handed))]


def _record(desk: Desk, read: Sequence[Read]) -> Sequence[_Taken | Exception]:
    service = desk.service
    origin = (
        service.office.origin
    )  # asks the database: once for all of them, and not on the loop that answers
    return [
        _Taken(one.case, msgspec.Raw(one.appended.encoded(origin))) if isinstance(one, Received) else one
        for one in desk.record_all(service, read)
    ]


def _bundle(handed: _Handed) -> Bundle:
    kind = handed.kind.partition(";")[0].strip().lower()
    if kind in TAR:
        return read_bundle(handed.body, what="the bundle")
    if kind != "application/json":
        raise Malformed(f"Content-Type is {kind[:80]!r}, expected application/json or {TAR[0]}")
    found = strict_json.decode(handed.body, Submission, what="submission", limit=len(handed.body))
    customers = bytes(found.customers)
    return Bundle(bytes(found.attestation), None if customers == b"null" else customers, {})


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(",") if one)
