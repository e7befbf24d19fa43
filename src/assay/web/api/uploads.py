"""Artifacts by digest, in as many pieces as their sender needs. The protocol is in docs/formats/upload.md."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter

from assay.errors import AssayError, Malformed
from assay.formats.upload_headers import (
    COMPLETE,
    LENGTH,
    LIMIT,
    OFFSET,
    PARTIAL,
    REPR_DIGEST,
    encode_count,
    encode_flag,
    parse_count,
    parse_digest,
    parse_flag,
)
from assay.office.permissions import Action, Caller
from assay.office.upload import Reception, abandon, append, begin, finish, look
from assay.office.uploads import Upload
from assay.web.api.access import asker
from assay.web.api.bodies import BODY, PIECE
from assay.web.api.desk import Desk
from assay.web.api.params import Key
from assay.web.api.routes import FILE, changes, does, reads, removes

TAG, PUT = "uploads", Action.ARTIFACT_PUT
ONE = "/uploads/{key:str}"
WHERE = "/api/v1/uploads"
STREAM: dict[str, Any] = {"opt": {BODY: "stream"}, "sync_to_thread": None}
AnyRequest = Request[Any, Any, Any]
COUNT = "^(0|[1-9][0-9]{0,17})$"
Said = Annotated[str, HeaderParameter(name=REPR_DIGEST, description="SHA-256 of the whole (RFC 9530)")]
Complete = Annotated[
    str, HeaderParameter(name=COMPLETE, pattern="^[?][01]$", description="``?1``: nothing follows this body")
]
Length = Annotated[
    str, HeaderParameter(name=LENGTH, pattern="^(0|[1-9][0-9]{0,17})?$", description="Bytes of the whole")
]
Offset = Annotated[str, HeaderParameter(name=OFFSET, pattern=COUNT, description="Where this body begins")]


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    at = desk.reception

    @does(
        "/uploads",
        "Begin an upload, or find the one that was begun",
        TAG,
        PUT,
        "any",
        takes={"application/octet-stream": FILE},
        **STREAM,
    )
    async def begin_(
        request: AnyRequest,
        repr_digest: Said,
        upload_complete: Complete,
        upload_length: Length = "",
    ) -> Response[None]:
        caller, whole = asker(request, desk).caller, parse_flag(upload_complete)
        length = _length(upload_length, request.headers.get("content-length", ""), whole=whole)
        found = await sync_to_thread(begin, at, caller, parse_digest(repr_digest), length)
        if found.complete:
            return _answer(at, found, 200)
        if not found.offset:
            found = await _taken(request, desk, caller, found, whole=whole)
        return _answer(at, found, 201)

    @reads(ONE, "How far it is", TAG, PUT, "thing", status_code=204)
    def show(request: AnyRequest, key: Key) -> Response[None]:
        return _answer(at, look(at, asker(request, desk).caller, key), 204)

    @changes(ONE, "Go on with it", TAG, PUT, "thing", status_code=204, takes={PARTIAL: FILE}, **STREAM)
    async def go_on(
        request: AnyRequest, key: Key, upload_offset: Offset, upload_complete: Complete = "?0"
    ) -> Response[None]:
        caller, whole = asker(request, desk).caller, parse_flag(upload_complete)
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != PARTIAL:
            raise Malformed(f"Content-Type is {kind[:80]!r}, expected {PARTIAL}")
        offset = parse_count(upload_offset, what=OFFSET)
        found = await sync_to_thread(look, at, caller, key)
        found = await _taken(request, desk, caller, found, offset, whole=whole)
        return _answer(at, found, 200 if found.complete else 204)

    @removes(ONE, "Throw it away", TAG, PUT, "thing")
    def throw_away(request: AnyRequest, key: Key) -> None:
        abandon(at, asker(request, desk).caller, key)

    return [begin_, show, go_on, throw_away]


async def _taken(
    request: AnyRequest, desk: Desk, caller: Caller, found: Upload, offset: int = 0, *, whole: bool
) -> Upload:
    """The body kept piece by piece, from *offset* on; then the end, where it is the *whole* of what was missing."""
    at = desk.reception
    size = min(PIECE, at.limits.part_bytes)
    empty = True
    async for piece in _pieces(request, size):
        found, empty = await sync_to_thread(append, at, caller, found.id, offset, piece), False
        offset += len(piece)
    if empty:
        found = await sync_to_thread(append, at, caller, found.id, offset, b"")
    return await sync_to_thread(finish, at, caller, found.id) if whole else found


async def _pieces(request: AnyRequest, size: int) -> AsyncIterator[bytes]:
    """Of *size* bytes each, and what is left: also where the client is silent or gone, and then its failure."""
    left, failure, more = bytearray(), None, True
    while more and failure is None:
        try:
            message = cast("dict[str, Any]", await request.receive())
        except (AssayError, HTTPException) as error:
            failure = error
            continue
        if message["type"] != "http.request":
            failure = Malformed("the client went away")
            continue
        left += message.get("body", b"")
        more = bool(message.get("more_body"))
        while len(left) >= size:
            yield bytes(left[:size])
            del left[:size]
    if left:
        yield bytes(left)
    if failure is not None:
        raise failure


def _length(said: str, of_body: str, *, whole: bool) -> int:
    if said or not whole:
        return parse_count(said, what=LENGTH)
    return parse_count(of_body, what=f"Content-Length, without {LENGTH},")


def _answer(at: Reception, found: Upload, code: int) -> Response[None]:
    headers = {
        OFFSET: encode_count(found.offset),
        COMPLETE: encode_flag(found.complete),
        "Cache-Control": "no-store",
    }
    if found.id:
        headers |= {"Location": f"{WHERE}/{found.id}", LENGTH: encode_count(found.length)}
        age = max(0, int((found.expires - at.clock.now()).total_seconds()))
        headers[LIMIT] = f"max-size={at.limits.upload_bytes}, max-age={age}"
    return Response(None, status_code=code, headers=headers)
