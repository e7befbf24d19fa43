"""A tiled log over HTTP (c2sp.org/tlog-tiles), read only: its checkpoint, its tiles of any size up to the published one, and the
documents beside them. Needs the extra ``server``."""

import re
from typing import Any

import msgspec
from litestar import Litestar, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.register import draw, receipt
from assay.register.tiles import Tile
from assay.tlog.draw_watch import FILE
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.serve import MAX_CHECKPOINT, find, published
from assay.web.serving import Limits, application

LIMITS = Limits(body_bytes=0, body_s=10, head_s=10, requests=512)
TEXT = "text/plain"
"""The framework adds the character set."""
BINARY = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
"""What is there never changes."""
BRIEFLY = "public, max-age=1, must-revalidate"
NOT_KEPT = "no-store"
"""What is not there yet may be there soon."""

_DOCUMENT = re.compile(r"document/sha256/([0-9a-f]{64})", re.ASCII)
_HANDOVER = re.compile(r"key-change/[1-9][0-9]{0,18}", re.ASCII)


_FAILS = {404: ResponseSpec(bytes, False, "No log has it, or not yet", media_type=TEXT)}


class Found(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str
    cache: str


def look_up(files: TileFiles, path: str) -> Found | None:
    """What a log in *files* has under *path*, below its prefix and in its one spelling. Unavailable when it is damaged."""
    if path == CHECKPOINT:
        return _note(files, path, BRIEFLY)
    if path.startswith("tile/"):
        return _tile(files, path)
    if _HANDOVER.fullmatch(path):
        return _note(files, path, FOR_EVER)
    if FILE.fullmatch(path):
        return _draw_file(files, path)
    document = _DOCUMENT.fullmatch(path)
    return _document(files, path, document[1]) if document else None


def handlers(files: TileFiles, prefix: str = "/") -> list[HTTPRouteHandler]:
    """Routes for a log under *prefix*, which ends with a slash."""

    @route(
        f"{prefix}{{path:path}}",
        http_method=["GET", "HEAD"],
        status_code=200,
        sync_to_thread=True,
        summary="A file of the register",
        responses=_FAILS,
    )
    def read(path: FromPath[str]) -> Response[Any]:
        found = look_up(files, path.removeprefix("/"))
        if found is None:
            return _answer(Found(b"there is no such file in this log\n", TEXT, NOT_KEPT), 404)
        return _answer(found, 200)

    return [read]


def app(files: TileFiles) -> Litestar:
    return application(handlers(files))


def _answer(found: Found, status: int) -> Response[Any]:
    headers = {
        "Cache-Control": found.cache,
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(found.body, status_code=status, media_type=found.media_type, headers=headers)


def _note(files: TileFiles, path: str, cache: str) -> Found | None:
    try:
        data = files.read(path, limit=MAX_CHECKPOINT)
    except Malformed as error:
        raise Unavailable(f"{path} is damaged") from error
    return None if data is None else Found(data, TEXT, cache)


def _draw_file(files: TileFiles, path: str) -> Found | None:
    """It proves itself, and more witnesses may sign a receipt as long as its round is not out."""
    try:
        data = files.read(path, limit=receipt.MAX_BYTES)
    except Malformed as error:
        raise Unavailable(f"{path} is damaged") from error
    return None if data is None else Found(data, "application/json" if data[:1] == b"{" else TEXT, BRIEFLY)


def _tile(files: TileFiles, path: str) -> Found | None:
    try:
        tile = Tile.parse(path)
    except Malformed:
        return None  # a path that no log has: there is no such file
    data = find(files, tile, published(files))
    return None if data is None else Found(data, BINARY, FOR_EVER)


def _document(files: TileFiles, path: str, digest: str) -> Found | None:
    try:
        data = files.read(path, limit=draw.MAX_BYTES)
    except Malformed as error:
        raise Unavailable(f"{path} is damaged") from error
    if data is None:
        return None
    if Digest.sha256(data).value != digest:
        raise Unavailable(f"{path} is damaged")
    return Found(data, "application/json" if data[:1] == b"{" else BINARY, FOR_EVER)
