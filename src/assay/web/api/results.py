"""What is public: results, the provider's response beside them, receipts; and nothing that was not posted."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.office.case import Case
from assay.office.permissions import Action, Caller, Visible, hidden
from assay.office.ports import CasePage
from assay.office.post import posting_receipt, result_envelope
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import After, Id, Limit, OfFile, OfPackage
from assay.web.api.params import digest as of_payload
from assay.web.api.routes import lists, reads
from assay.web.api.submissions import query_of
from assay.web.api.views import Listed, PublicCase, public_case

BRIEFLY = {"Cache-Control": "public, max-age=60"}
RESULT = "/results/{payload:str}"
PUBLISHED = Visible(published=True)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/results", "Published results", "public", Action.RESULT_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
        digest: OfFile = "",
        purl: OfPackage = "",
        sort: FromQuery[str] = "changed",
        order: FromQuery[str] = "descending",
        after: After = "",
        limit: Limit = 50,
    ) -> Response[Listed[PublicCase]]:
        page = found(
            desk, result=result, provider=provider, product=product, version=version, sort=sort, order=order,
            after=after, limit=limit, digest=digest, purl=purl,
        )  # fmt: skip
        return listed(request, PublicCase, tuple(map(public_case, page.cases)), page.after, public=True)

    @reads(RESULT, "One result, in a line", "public", Action.RESULT_READ, "published")
    def show(payload: Id) -> Response[PublicCase]:
        return Response(public_case(published(desk, payload)), headers=BRIEFLY)

    @reads(RESULT + "/result.dsse.json", "The signed result", "public", Action.RESULT_READ, "published")
    def signed(payload: Id) -> Response[bytes]:
        found = result_envelope(desk.service, published(desk, payload)).encode()
        return Response(found, media_type="application/json", headers=BRIEFLY)

    @reads(
        RESULT + "/receipt.json", "The register's receipt for it", "public", Action.RESULT_READ, "published"
    )
    def receipt_(payload: Id) -> Response[bytes]:
        made = posting_receipt(desk.service, published(desk, payload)).encode()
        return Response(made, media_type="application/json", headers=BRIEFLY)

    @reads("/trust.json", "The office's trust root", "public", Action.POLICY_READ, "any")
    def trust() -> Response[bytes]:
        return Response(desk.service.office.trust, media_type="application/json", headers=BRIEFLY)

    return [index, show, signed, receipt_, trust]


def published(desk: Desk, payload: str) -> Case:
    """Hidden where nothing was posted: that there is a submission does not show."""
    case = desk.service.cases.case(of_payload(payload))
    if case is None or case.published is None:
        raise hidden()
    return case


def found(
    desk: Desk, *, result: str, provider: str, product: str, version: str, sort: str, order: str, after: str, limit: int,
    digest: str = "", purl: str = "",
) -> CasePage:  # fmt: skip
    """Published cases. Malformed names what is none of the query's values."""
    query = query_of(
        Caller.public(desk.service.now()), stage="", waits="", result=result, provider=provider, product=product,
        version=version, sort=sort, order=order, after=after, limit=limit, digest=digest, purl=purl,
    )  # fmt: skip
    return desk.service.cases.find(msgspec.structs.replace(query, visible=PUBLISHED))
