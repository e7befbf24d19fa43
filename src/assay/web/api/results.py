"""What is public: results, the provider's response beside them, receipts; and nothing that was not posted."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.errors import Malformed
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.permissions import Action, Caller, Visible, hidden
from assay.office.ports import CasePage
from assay.office.post import posting_receipt, result_envelope
from assay.trust.root import TrustRoot
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import After, Id, Limit, Named, OfFile, OfPackage, Order, Results, Sort
from assay.web.api.params import digest as of_payload
from assay.web.api.routes import lists, reads
from assay.web.api.submissions import query_of
from assay.web.api.views import Listed, PublicCase, public_case

BRIEFLY = {"Cache-Control": "public, max-age=60"}
RESULT = "/results/{payload:str}"
PUBLISHED = Visible(published=True)
SORTS = ("changed", "provider", "product", "result")
"""What says no more than is posted."""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lists("/results", "Published results", "public", Action.RESULT_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        result: Results = "",
        provider: Named = "",
        product: Named = "",
        version: Named = "",
        digest: OfFile = "",
        purl: OfPackage = "",
        sort: FromQuery[Sort] = "changed",
        order: FromQuery[Order] = "descending",
        after: After = "",
        limit: Limit = 50,
    ) -> Response[Listed[PublicCase]]:
        page = found(
            desk, result=result, provider=provider, product=product, version=version, sort=sort, order=order,
            after=after, limit=limit, digest=digest, purl=purl,
        )  # fmt: skip
        rows = tuple(shown_to_all(desk, one) for one in page.cases)
        return listed(request, PublicCase, rows, page.after, public=True)

    @reads(RESULT, "One result, in a line", "public", Action.RESULT_READ, "published")
    def show(payload: Id) -> Response[PublicCase]:
        return Response(shown_to_all(desk, published(desk, payload)), headers=BRIEFLY)

    @reads(RESULT + "/result.dsse.json", "The signed result", "public", Action.RESULT_READ, "published")
    def signed(payload: Id) -> Response[msgspec.Raw]:
        found = result_envelope(desk.service, published(desk, payload)).encode()
        return Response(msgspec.Raw(found), headers=BRIEFLY)

    @reads(
        RESULT + "/receipt.json", "The register's receipt for it", "public", Action.RESULT_READ, "published"
    )
    def receipt_(payload: Id) -> Response[msgspec.Raw]:
        made = posting_receipt(desk.service, published(desk, payload)).encode()
        return Response(msgspec.Raw(made), headers=BRIEFLY)

    @reads(
        "/trust.json", "By which keys to verify what the office signs", "public", Action.POLICY_READ, "any"
    )
    def trust() -> Response[msgspec.Raw]:
        made = TrustRoot.parse(desk.service.office.trust).of_office()
        return Response(msgspec.Raw(made.encode()), headers=BRIEFLY)

    return [index, show, signed, receipt_, trust]


def published(desk: Desk, payload: str) -> Case:
    """Hidden where nothing was posted: that there is a submission does not show."""
    case = desk.service.cases.case(of_payload(payload))
    if case is None or case.published is None:
        raise hidden()
    return case


def shown_to_all(desk: Desk, case: Case) -> PublicCase:
    """What anybody may know of a published case: nothing of what has happened to it and was not posted."""
    return public_case(case, successor(desk, case))


def successor(desk: Desk, case: Case) -> Digest | None:
    """The posted one that replaces *case*; None as long as there is none, whatever the provider has handed in."""
    newer = None if case.replaced_by is None else desk.service.cases.case(case.replaced_by)
    return newer.payload if newer is not None and newer.published is not None else None


def found(
    desk: Desk, *, result: str, provider: str, product: str, version: str, sort: str, order: str, after: str, limit: int,
    digest: str = "", purl: str = "",
) -> CasePage:  # fmt: skip
    """Published cases. Malformed names what is none of the query's values."""
    if sort not in SORTS:
        raise Malformed(f"sort is {sort[:40]!r}, expected one of {', '.join(SORTS)}")
    query = query_of(
        Caller.public(desk.service.now()), stage="", waits="", result=result, provider=provider, product=product,
        version=version, sort=sort, order=order, after=after, limit=limit, digest=digest, purl=purl,
    )  # fmt: skip
    return desk.service.cases.find(msgspec.structs.replace(query, visible=PUBLISHED))
