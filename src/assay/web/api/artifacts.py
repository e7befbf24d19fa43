"""Artifacts of a case, who was let in to them, and who read them."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter
from litestar.response import Stream

from assay.formats.attestation import Artifact
from assay.formats.digest import Digest
from assay.formats.upload_headers import encode_digest
from assay.office import access
from assay.office.accesses import Grant
from assay.office.dossier import within
from assay.office.identity.organisation import Organisation
from assay.office.permissions import Action
from assay.web.api import ranges
from assay.web.api.access import asker
from assay.web.api.access_views import (
    AccessView,
    ArtifactView,
    GrantView,
    access_view,
    artifact_view,
    grant_view,
)
from assay.web.api.desk import Desk
from assay.web.api.listing import listed
from assay.web.api.params import After, Id, Key, Limit, OfCase, digest, number
from assay.web.api.routes import does, lists, reads, removes
from assay.web.api.submissions import CASE, readable
from assay.web.api.views import Listed

TAG = "access"
GRANTS = "/access/grants"
ONE = GRANTS + "/{key:str}"
ArtifactId = Annotated[
    str, PathParameter(pattern="^[0-9a-f]{64}$", description="Hexadecimal SHA-256 of the artifact")
]
AnyRequest = Request[Any, Any, Any]


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str
    artifacts: tuple[str, ...] = ()
    """Digests, as ``sha256:...``; empty for all of the case."""


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: int | None = None
    """Without it, as many as the office's policy says."""


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    because: str = ""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.accesses

    @lists(CASE + "/artifacts", "Its artifacts", TAG, Action.SUBMISSION_READ, "case")
    def index(
        request: AnyRequest, payload: Id, after: After = "", limit: Limit = 50
    ) -> Response[Listed[ArtifactView]]:
        case, caller = readable(request, desk, payload), asker(request, desk).caller
        found = access.artifacts(desk.service, at, caller, case)
        start = (number(after) or 0) if after else 0
        page, more = found[start : start + limit], len(found) > start + limit
        looks = within(caller, case)
        rows = tuple(artifact_view(one, looks=looks) for one in page)
        return listed(request, ArtifactView, rows, str(start + limit) if more else "")

    @reads(
        CASE + "/artifacts/{artifact:str}",
        "One artifact, as it came",
        TAG,
        Action.ARTIFACT_READ_RESTRICTED,
        "case",
    )
    def show(request: AnyRequest, payload: Id, artifact: ArtifactId, reason: FromQuery[str] = "") -> Stream:
        caller, one = asker(request, desk).caller, Digest("sha256", artifact)
        found, named = access.read(desk.service, at, caller, digest(payload), one, reason)
        tag, wanted = f'"{one.value}"', request.headers
        part = ranges.asked(wanted.get("range", ""), wanted.get("if-range", ""), tag, found.length)
        headers = {**_headers(one, named), "ETag": tag, "Accept-Ranges": "bytes"}
        status, start, end = 200, 0, found.length
        if part is not None:
            headers["Content-Range"] = part.content_range
            status, start, end = (206, part.start, part.end) if part.satisfiable else (416, 0, 0)
        headers["Content-Length"] = str(end - start)
        # A stream of nothing at all is one whose end the framework waits for.
        pieces = found.pieces(start, end) if start < end else iter((b"",))
        return Stream(pieces, media_type="application/octet-stream", headers=headers, status_code=status)

    @does(CASE + "/access-requests", "Ask to read its artifacts", TAG, Action.ACCESS_REQUEST, "case")
    def ask(request: AnyRequest, payload: Id, data: JSONBody[AccessRequest]) -> GrantView:
        named = tuple(Digest.parse(one, what=f"artifacts[{n}]") for n, one in enumerate(data.artifacts))
        caller = asker(request, desk).caller
        return _one(desk, access.ask(desk.service, at, caller, digest(payload), named, data.reason))

    @lists(
        GRANTS,
        "Who asked for what, and was let in",
        TAG,
        (Action.ACCESS_READ_LOG, Action.ACCESS_REQUEST),
        "any",
    )
    def grants(request: AnyRequest, after: After = "", limit: Limit = 50) -> Response[Listed[GrantView]]:
        caller = asker(request, desk).caller
        found = access.grants(at, caller, before=after, limit=limit + 1)
        names = names_of(desk)
        rows = tuple(grant_view(one, names) for one in found[:limit])
        return listed(request, GrantView, rows, rows[-1].id if len(found) > limit else "")

    @does(ONE + "/approval", "Grant it, for a time", TAG, Action.ACCESS_GRANT, "thing")
    def approve(request: AnyRequest, key: Key, data: JSONBody[Term]) -> GrantView:
        days = desk.service.policy.grant_days if data.days is None else data.days
        return _one(desk, access.approve(desk.service, at, asker(request, desk).caller, key, days))

    @does(ONE + "/refusal", "Refuse it", TAG, Action.ACCESS_GRANT, "thing")
    def refuse(request: AnyRequest, key: Key, data: JSONBody[Because]) -> GrantView:
        return _one(desk, access.refuse(desk.service, at, asker(request, desk).caller, key, data.because))

    @removes(ONE, "End it", TAG, (Action.ACCESS_GRANT, Action.ACCESS_REQUEST), "thing")
    def end(request: AnyRequest, key: Key) -> None:
        access.end(desk.service, at, asker(request, desk).caller, key)

    @lists("/access/log", "Who read what, the newest first", TAG, Action.ACCESS_READ_LOG, "any")
    def log(
        request: AnyRequest, case: OfCase = "", after: After = "", limit: Limit = 50
    ) -> Response[Listed[AccessView]]:
        caller = asker(request, desk).caller
        about = digest(case) if case else None
        found = access.log(at, caller, case=about, before=number(after), limit=limit + 1)
        names = names_of(desk)
        rows = tuple(access_view(one, names) for one in found[:limit])
        return listed(request, AccessView, rows, str(rows[-1].number) if len(found) > limit else "")

    return [index, show, ask, grants, approve, refuse, end, log]


def _headers(one: Digest, named: Artifact | None) -> dict[str, str]:
    """A browser saves it under its name, and opens nothing of it."""
    name = (named.name.rpartition("/")[2] if named is not None else "") or one.value
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name[:200], safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Repr-Digest": encode_digest(one),
        "Cache-Control": "no-store",
    }


def names_of(desk: Desk) -> dict[str, str]:
    with desk.identity.identities.read() as rows:
        return {one.id: one.name for one in rows.find(Organisation)}


def _one(desk: Desk, grant: Grant) -> GrantView:
    return grant_view(grant, names_of(desk))
