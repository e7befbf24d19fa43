"""Style and script of the pages: our own files, under a name that has their digest in it, so that browsers keep them."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from assay.errors import Hidden
from assay.web.pages import style

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_KINDS = {"css": "text/css", "js": "text/javascript"}


@cache
def assets() -> Mapping[str, bytes]:
    """Served name -> bytes."""
    ours = files("assay.web.app")
    made = {
        "office.css": f"{style()}\n{(ours / 'office.css').read_text('utf-8')}".encode(),
        **{name: (ours / name).read_bytes() for name in ("passkeys.js", "uploads.js")},
    }
    return {_named(name, data): data for name, data in made.items()}


@cache
def address(name: str) -> str:
    """Where ``office.css``, ``passkeys.js`` or ``uploads.js`` is served."""
    stem, _, kind = name.partition(".")
    (found,) = (one for one in assets() if one.startswith(f"{stem}-") and one.endswith(f".{kind}"))
    return f"/assets/{found}"


def handlers() -> list[HTTPRouteHandler]:
    @get("/assets/{name:str}", sync_to_thread=False, include_in_schema=False)
    def asset(name: FromPath[str]) -> Response[bytes]:
        data = assets().get(name)
        if data is None:
            raise Hidden("there is no such file")
        return Response(data, media_type=_KINDS[name.rpartition(".")[2]], headers=FOR_EVER)

    return [asset]


def _named(name: str, data: bytes) -> str:
    stem, _, kind = name.partition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
