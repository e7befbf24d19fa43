"""Failures as problem details (RFC 9457). ``error`` names the kind for programs, ``detail`` says it in one line for people.

Of a document that was read to its end, ``faults`` says where and what, one by one, and ``count`` how many there are.
"""

import math
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from assay.errors import (
    AssayError,
    Faulty,
    Forbidden,
    Hidden,
    Stale,
    TooOften,
    Unauthenticated,
    Unavailable,
    Unconfirmed,
)
from assay.formats.text import shown
from assay.formats.upload_headers import OFFSET, encode_count
from assay.office.uploads import OffsetMismatch
from assay.web.serving import status

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL = 2000
MAX_FAULTS = 100
RETRY_S = 2
ELSEWHERE = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"
"""As the protocol of uploads names it."""
FAILURE = "failure"
"""Under which the state of a request has what in the world failed."""
_PLACE = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>)]*[^\s'\"<>):;,.]|(?<![\w.~-])/(?:[^\s/:'\",;]+/)+([^\s/:'\",;]*)"
)
ASKER = "asker"
"""Under which the state of a request has who asks, once that is known."""


BASIC = "basic"
"""Under which a route's options say that a token may come as the password of HTTP Basic authentication."""


class Fault(msgspec.Struct, frozen=True):
    at: str
    """A line of a table, a pointer into a document, a field."""
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    error: str
    faults: tuple[Fault, ...] | msgspec.UnsetType = msgspec.UNSET
    """The first of them."""
    count: int | msgspec.UnsetType = msgspec.UNSET
    """Of all faults."""


def code_of(error: AssayError) -> int:
    match error:
        case OffsetMismatch():
            return 409
        case Unauthenticated():
            return 401
        case Hidden():
            return 404
        case Forbidden() | Unconfirmed():
            return 403
        case Stale():
            return 412
        case TooOften():
            return 429
    return status(error)


def of(error: AssayError, *, known: bool = True) -> Response[Problem]:
    """*known*: whether it is known who asks; who is not may log in, and then it may be granted (RFC 9110, 15.5.2)."""
    if not known and isinstance(error, Forbidden) and not isinstance(error, Hidden):
        error = Unauthenticated(f"{error}: log in, or send a token")
    wait = error.wait_s if isinstance(error, TooOften) else RETRY_S
    made = _response(code_of(error), told(error), type(error).__name__, wait, _members(error))
    if isinstance(error, OffsetMismatch):
        made.headers[OFFSET] = encode_count(error.offset)
    return made


def told(error: AssayError) -> str:
    """What whoever asked hears of it: of the world's failures not where the office keeps what."""
    return (
        _PLACE.sub(lambda found: found[1] or "the server", str(error)) if _is_of_world(error) else str(error)
    )


def _is_of_world(error: Exception) -> bool:
    return isinstance(error, Unavailable) and not isinstance(error, TooOften)


def again(error: AssayError) -> dict[str, str]:
    """The header that says when to try again, where that is worth it."""
    if code_of(error) not in (429, 503):
        return {}
    return _retry(error.wait_s if isinstance(error, TooOften) else RETRY_S)


def _retry(wait_s: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(wait_s)))}


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


def of_ours(request: "Request[Any, Any, Any]", error: AssayError) -> Response[Problem]:
    note(request, error)
    asker = request.scope["state"].get(ASKER)
    made = of(error, known=asker is None or asker.caller.known)
    handler = request.scope.get("route_handler")
    if made.status_code == 401 and handler is not None and handler.opt.get(BASIC):
        made.headers["WWW-Authenticate"] = 'Basic realm="Assay", charset="UTF-8"'
    return made


def note(request: "Request[Any, Any, Any]", error: AssayError) -> None:
    """For the log, which says to the operator what :func:`told` leaves out."""
    if _is_of_world(error):
        request.scope["state"][FAILURE] = error


def of_fault(request: "Request[Any, Any, Any]", error: Exception) -> Response[Problem]:
    sys.stderr.write(
        f"assay: a fault in Assay at {shown(request.url.path, 100)}: {type(error).__name__}: {shown(str(error), 400)}\n"
    )
    return _response(500, "a fault in Assay", "Fault")


def _members(error: AssayError) -> dict[str, Any]:
    if isinstance(error, OffsetMismatch):
        return {"type": ELSEWHERE}
    if not isinstance(error, Faulty):
        return {}
    return {
        "faults": tuple(Fault(at, reason) for at, reason in error.faults[:MAX_FAULTS]),
        "count": error.count,
    }


def _response(
    code: int, detail: str, kind: str, wait_s: float = RETRY_S, more: Mapping[str, Any] = MappingProxyType({})
) -> Response[Problem]:
    try:
        title = HTTPStatus(code).phrase
    except ValueError:
        title = "Error"
    headers = {"Cache-Control": "no-store"}
    if code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if code in (429, 503):
        headers |= _retry(wait_s)
    problem = Problem(title=title, status=code, detail=shown(detail, MAX_DETAIL) or title, error=kind, **more)
    return Response(problem, status_code=code, media_type=MEDIA_TYPE, headers=headers)
