"""Cases that are handed on to somebody else, each with one archive of everything and its proofs."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from assay.office.permissions import Action
from assay.office.referral import Referral, Referred, package_of, refer, referrals
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed_of
from assay.web.api.params import After, Id, Limit, Number, digest
from assay.web.api.routes import FILE, does, lists, reads
from assay.web.api.submissions import CASE
from assay.web.api.views import CaseView, Listed, case_view

TAG = "authority"
TAR = "application/x-tar"


class ReferralView(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    to: str
    reason: str
    made: datetime
    package: str
    """SHA-256 of the archive."""
    entry: int
    """That records it."""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @does(CASE + "/referrals", "Refer a case that failed, or propose to", TAG, Action.CASE_REFER, "case")
    def make(request: Request[Any, Any, Any], payload: Id, data: JSONBody[Referral]) -> CaseView:
        caller = asker(request, desk).caller
        case = refer(desk.service, caller, digest(payload), data)
        desk.note(caller, Action.CASE_REFER, str(case.payload))
        return case_view(case)

    @lists(CASE + "/referrals", "To whom a case was referred", TAG, Action.CASE_READ, "case")
    def index(
        request: Request[Any, Any, Any], payload: Id, after: After = "", limit: Limit = 50
    ) -> Response[Listed[ReferralView]]:
        found = referrals(desk.service, asker(request, desk).caller, digest(payload))
        return listed_of(request, ReferralView, map(_view, found), after, limit, key="made")

    @reads(
        CASE + "/referrals/{number:str}/package.tar",
        "The archive that was handed on",
        TAG,
        Action.CASE_READ,
        "case",
        gives={TAR: FILE},
    )
    def package(request: Request[Any, Any, Any], payload: Id, number: Number) -> Response[bytes]:
        caller = asker(request, desk).caller
        data = package_of(desk.service, caller, digest(payload), int(number))
        desk.note(caller, "referral.read", f"sha256:{payload}")
        name = f'attachment; filename="referral-{payload[:16]}-{number}.tar"'
        return Response(
            data, media_type=TAR, headers={"Content-Disposition": name, "Cache-Control": "no-store"}
        )

    return [make, index, package]


def _view(one: Referred) -> ReferralView:
    return ReferralView(
        number=one.number,
        to=one.ending.to,
        reason=one.ending.reason,
        made=one.ending.made,
        package=str(one.package),
        entry=one.entry,
    )
