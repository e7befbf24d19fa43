"""Failures as problem details (RFC 9457). ``error`` names the kind for programs, ``detail`` says it in one line for people."""

import sys
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from assay.errors import AssayError, Forbidden, Hidden, Unauthenticated, Unconfirmed
from assay.formats.text import shown
from assay.web.serving import status

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL = 2000
RETRY_S = 2


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    error: str


def code_of(error: AssayError) -> int:
    match error:
        case Unauthenticated():
            return 401
        case Hidden():
            return 404
        case Forbidden() | Unconfirmed():
            return 403
    return status(error)


def of(error: AssayError) -> Response[Problem]:
    return _response(code_of(error), str(error), type(error).__name__)


def of_http(_: "Request[Any, Any, Any]", error: HTTPException) -> Response[Problem]:
    detail = error.detail
    extra = getattr(error, "extra", None)
    if isinstance(extra, list) and extra:  # what the framework found wrong with query or body
        said = [
            f"{one.get('key', '?')}: {one.get('message', '')}" for one in extra[:5] if isinstance(one, dict)
        ]
        detail = "; ".join(said) or detail
    return _response(
        error.status_code, detail, "Malformed" if error.status_code == 400 else type(error).__name__
    )


def of_ours(_: "Request[Any, Any, Any]", error: AssayError) -> Response[Problem]:
    return of(error)


def of_fault(request: "Request[Any, Any, Any]", error: Exception) -> Response[Problem]:
    sys.stderr.write(
        f"assay: a fault in Assay at {shown(request.url.path, 100)}: {type(error).__name__}: {shown(str(error), 400)}\n"
    )
    return _response(500, "a fault in Assay", "Fault")


def _response(code: int, detail: str, kind: str) -> Response[Problem]:
    try:
        title = HTTPStatus(code).phrase
    except ValueError:
        title = "Error"
    headers = {"Cache-Control": "no-store"}
    if code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if code in (429, 503):
        headers["Retry-After"] = str(RETRY_S)
    problem = Problem(title=title, status=code, detail=shown(detail, MAX_DETAIL) or title, error=kind)
    return Response(problem, status_code=code, media_type=MEDIA_TYPE, headers=headers)
