"""New passkeys for who lost theirs, and the audit trail."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from assay.office.identity.housekeeping import trail
from assay.office.identity.recovery import approve_recovery, recoveries, refuse_recovery, start_recovery
from assay.office.permissions import Action
from assay.web.api import people
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed, listed_of
from assay.web.api.login import UNSEEN
from assay.web.api.own import SECRET
from assay.web.api.params import After, Key, Limit, number
from assay.web.api.people import EventView, Invited, RecoveryView, View, seen
from assay.web.api.routes import does, lists, removes
from assay.web.api.views import Listed

TAG = "organisations"


class RecoveryRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @does("/members/{key:str}/recovery", "Ask that an account get new passkeys", TAG, Action.RECOVERY_START, "account")  # fmt: skip
    def start(request: Request[Any, Any, Any], key: Key, data: JSONBody[RecoveryRequest]) -> RecoveryView:
        return seen(RecoveryView, start_recovery(identity, asker(request, desk).caller, key, data.reason))

    @lists(
        "/recoveries", "Recoveries that wait for a second administrator", TAG, Action.RECOVERY_APPROVE, "any"
    )
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[RecoveryView]]:
        found = recoveries(identity, asker(request, desk).caller)
        return listed_of(request, RecoveryView, [seen(RecoveryView, one) for one in found], after, limit)

    @does("/recoveries/{key:str}/approval", "Approve what another administrator asked for", TAG, Action.RECOVERY_APPROVE, "thing", opt=SECRET)  # fmt: skip
    def approve(request: Request[Any, Any, Any], key: Key) -> Response[Invited]:
        made = approve_recovery(identity, asker(request, desk).caller, key)
        return Response(people.invited(made, desk.url), headers=UNSEEN)

    @removes("/recoveries/{key:str}", "Refuse a recovery", TAG, Action.RECOVERY_START, "thing")
    def refuse(request: Request[Any, Any, Any], key: Key) -> None:
        refuse_recovery(identity, asker(request, desk).caller, key)

    @lists("/audit", "The audit trail, the newest first", TAG, Action.AUDIT_READ, "any")
    def audit(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[EventView]]:
        caller = asker(request, desk).caller
        found = trail(identity, caller, before=number(after), limit=limit + 1)
        rows = tuple(map(people.event, found[:limit]))
        return listed(request, EventView, rows, str(rows[-1].number) if len(found) > limit else "")

    return [start, index, approve, refuse, audit]
