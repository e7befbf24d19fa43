"""What other offices say, and which are listened to."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import JSONBody, PathParameter, QueryParameter, RawBody

from assay.formats import strict_json
from assay.office import federation, federation_keys
from assay.office.federation import MAX_DOCUMENT, Peer, Query, Shown, bytes_of, shown_of
from assay.office.permissions import Action, Target, may, require
from assay.trust.root import MAX_BYTES as MAX_TRUST
from assay.web.api.access import asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.listing import PRIVATE, listed
from assay.web.api.params import After, Limit, number
from assay.web.api.routes import does, lists, reads
from assay.web.api.views import Listed

OFFICES, THEIRS = "/federation/offices", "/federation/results"
FOR_EVER = {"Cache-Control": "public, max-age=60"}
OfficeId = Annotated[str, PathParameter(description="Id of another office, as it is listed")]
Whole = Annotated[str, QueryParameter(max_length=400, description="The name, in any case and punctuation")]
Position = Annotated[str, PathParameter(description="Number of what another office said, as it is listed")]


class OfficeView(msgspec.Struct, frozen=True, kw_only=True):
    """Another office that is, or was, listened to."""

    id: str
    name: str
    origin: str
    """Of its register."""
    keys: str
    """SHA-256 of the trust root that was pinned, or that followed from it."""
    added: datetime
    revoked: datetime | None
    reason: str


class TheirsView(msgspec.Struct, frozen=True, kw_only=True):
    """What another office said. Nothing that is decided here rests on it."""

    number: int
    what: str
    """``result`` or ``attestation``."""
    office: str
    """Its name: this is theirs, not this office's."""
    result: str
    """As that office posted it; ``unknown`` where its word does not count now; empty for an attestation."""
    unknown: str
    """Why nothing can be said of it now."""
    doubt: str
    """Of an attestation: why its own signature was not verified here."""
    attestation: str
    provider: str
    product: str
    version: str
    register: str
    """Origin of the register that the proof is of."""
    entry: int
    recorded: datetime
    proven: datetime
    """When that register signed the tree that the proof leads to."""
    grade: str
    accepted: datetime


class Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    """As its results say it."""
    trust: msgspec.Raw
    """Its trust root, as ``/api/v1/trust.json`` of that office gives it; compared by another way before."""


class Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class Brought(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    document: msgspec.Raw
    """The signed result, or the attestation: a DSSE envelope."""
    receipt: msgspec.Raw
    """Of that office's register, for the entry that records it."""


_OBJECT = Schema(type=OpenAPIType.OBJECT)
PIN_BODY = Schema(
    type=OpenAPIType.OBJECT,
    properties={"name": Schema(type=OpenAPIType.STRING), "trust": _OBJECT},
    required=["name", "trust"],
    additional_properties=False,
)
BROUGHT_BODY = Schema(
    type=OpenAPIType.OBJECT,
    properties={"document": _OBJECT, "receipt": _OBJECT},
    required=["document", "receipt"],
    additional_properties=False,
)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_offices(desk), *_theirs(desk)]


def _offices(desk: Desk) -> list[HTTPRouteHandler]:
    manage = Action.FEDERATION_MANAGE

    @lists(OFFICES, "Other offices that are listened to", "federation", Action.RESULT_READ, "any")
    def offices(request: Request[Any, Any, Any]) -> Response[Listed[OfficeView]]:
        rows = tuple(map(office_view, desk.federation.offices()))
        return listed(request, OfficeView, rows, public=True)

    @does(
        OFFICES,
        "Pin another office by its keys",
        "federation",
        manage,
        "office",
        opt={BODY: "form"},
        takes={"application/json": PIN_BODY},
    )
    def pin(request: Request[Any, Any, Any], body: RawBody) -> OfficeView:
        caller = asker(request, desk).caller
        require(caller, manage, Target.office())
        data = strict_json.decode(body, Pinned, what="office", limit=MAX_TRUST)
        made = federation.pin(desk.federation, desk.service, caller, data.name, bytes(data.trust))
        desk.note(caller, manage, f"office {made.id}")
        return office_view(made)

    @does(
        OFFICES + "/{office:str}/revocation",
        "Listen to another office no more",
        "federation",
        manage,
        "office",
    )
    def revoke(request: Request[Any, Any, Any], office: OfficeId, data: JSONBody[Revoked]) -> OfficeView:
        caller = asker(request, desk).caller
        gone = federation.revoke(desk.federation, desk.service, caller, office, data.reason)
        desk.note(caller, manage, f"office {gone.id}, revoked")
        return office_view(gone)

    @does(
        OFFICES + "/{office:str}/keys",
        "Follow a change of its keys that proves itself",
        "federation",
        manage,
        "office",
        opt={BODY: "bundle"},
        status_code=200,
        takes={"application/json": _OBJECT},
    )
    def renew(request: Request[Any, Any, Any], office: OfficeId, body: RawBody) -> OfficeView:
        caller = asker(request, desk).caller
        made = federation_keys.renew(desk.federation, desk.service, caller, office, body)
        desk.note(caller, manage, f"office {made.id}, keys renewed: {made.trust}")
        return office_view(made)

    return [offices, pin, revoke, renew]


def _theirs(desk: Desk) -> list[HTTPRouteHandler]:
    accept = Action.FEDERATION_ACCEPT

    def everything(request: Request[Any, Any, Any]) -> bool:
        """Attestations too: who sees all cases here."""
        return may(asker(request, desk).caller, Action.CASE_READ, Target.office())

    def came(
        request: Request[Any, Any, Any], position: str, name: Literal["document", "receipt"]
    ) -> Response[msgspec.Raw]:
        inside = everything(request)
        data = bytes_of(desk.federation, desk.service, number(position) or 0, name, everything=inside)
        return Response(msgspec.Raw(data), headers={"Cache-Control": PRIVATE} if inside else FOR_EVER)

    @lists(THEIRS, "What other offices say", "federation", Action.RESULT_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        provider: Whole = "",
        product: Whole = "",
        after: After = "",
        limit: Limit = 50,
    ) -> Response[Listed[TheirsView]]:
        inside = everything(request)
        query = Query(
            provider=provider, product=product, what="" if inside else "result", after=number(after) or 0, limit=limit + 1
        )  # fmt: skip
        found = desk.federation.find(query)
        rows = tuple(theirs_view(desk, one) for one in shown_of(desk.federation, found[:limit]))
        following = str(found[limit - 1].position) if len(found) > limit else ""
        return listed(request, TheirsView, rows, following, public=not inside)

    @does(
        THEIRS,
        "Accept what another office says, with its proof",
        "federation",
        accept,
        "office",
        opt={BODY: "bundle"},
        takes={"application/json": BROUGHT_BODY},
    )
    def bring(request: Request[Any, Any, Any], body: RawBody) -> TheirsView:
        caller = asker(request, desk).caller
        require(caller, accept, Target.office())
        data = strict_json.decode(body, Brought, what="what another office says", limit=MAX_DOCUMENT)
        made = federation.accept(
            desk.federation, desk.service, caller, bytes(data.document), bytes(data.receipt)
        )
        desk.note(caller, accept, f"{made.attestation} of {made.office}")
        (view,) = shown_of(desk.federation, (made,))
        return theirs_view(desk, view)

    @reads(
        THEIRS + "/{position:str}/document",
        "The document, as it came",
        "federation",
        Action.RESULT_READ,
        "any",
    )
    def document(request: Request[Any, Any, Any], position: Position) -> Response[msgspec.Raw]:
        return came(request, position, "document")

    @reads(
        THEIRS + "/{position:str}/receipt", "Its receipt, as it came", "federation", Action.RESULT_READ, "any"
    )
    def receipt(request: Request[Any, Any, Any], position: Position) -> Response[msgspec.Raw]:
        return came(request, position, "receipt")

    return [index, bring, document, receipt]


def office_view(one: Peer) -> OfficeView:
    return OfficeView(
        id=one.id, name=one.name, origin=one.origin, keys=str(one.trust), added=one.added, revoked=one.revoked, reason=one.reason
    )  # fmt: skip


def theirs_view(desk: Desk, one: Shown) -> TheirsView:
    found = one.theirs
    origins = {peer.id: peer.origin for peer in desk.federation.offices()}
    return TheirsView(
        number=found.position,
        what=found.what,
        office=one.office,
        result="unknown" if one.unknown and found.result else found.result,
        unknown=one.unknown,
        doubt=found.doubt,
        attestation=str(found.attestation),
        provider=found.provider,
        product=found.product,
        version=found.version,
        register=origins.get(found.office, ""),
        entry=found.index,
        recorded=found.recorded,
        proven=found.proven,
        grade=found.grade,
        accepted=found.accepted,
    )
