"""Failures as the draft wants them: concise problem details in CBOR, under its titles where it has one."""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from assay.errors import (
    AssayError,
    Forbidden,
    Malformed,
    Refused,
    TooLarge,
    TooOften,
    Unauthenticated,
    Unsupported,
)
from assay.formats.concise_problem import MEDIA_TYPE, ConciseProblem
from assay.office.statements import BadAlgorithm, NoPayload
from assay.web.api import problems


class BadLocator(Malformed):
    """An entry's id is not of the form that ids have."""


class Absent(Refused):
    """There is no such thing; *title* as the draft calls it."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(detail)
        self.title = title


def of_ours(request: Request[Any, Any, Any], error: AssayError) -> Response[bytes]:
    usual = problems.of_ours(request, error)
    code, title = _said(error, usual.content.status)
    return _made(code, title, str(usual.content.detail), usual)


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    usual = problems.of_http(request, error)
    return _made(usual.content.status, usual.content.title, usual.content.detail, usual)


def of_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    usual = problems.of_fault(request, error)
    return _made(usual.content.status, usual.content.title, usual.content.detail, usual)


def _said(error: AssayError, code: int) -> tuple[int, str]:
    """Whatever is wrong with a statement is a 400 in the draft; who may not ask, or too often or too much, is told as everywhere."""
    match error:
        case Absent():
            return 404, error.title
        case Unauthenticated() | Forbidden() | TooOften() | TooLarge():
            return code, HTTPStatus(code).phrase
        case BadAlgorithm():
            return 400, "Bad Signature Algorithm"
        case NoPayload():
            return 400, "Payload Missing"
        case BadLocator():
            return 400, "Invalid locator"
        case Unsupported() | Refused():
            return 400, "Rejected"
        case Malformed():
            return 400, "Malformed request"
    return code, HTTPStatus(code).phrase


def _made(code: int, title: str, detail: str, usual: Response[Any]) -> Response[bytes]:
    body = ConciseProblem(title, detail).encode()
    return Response(body, status_code=code, media_type=MEDIA_TYPE, headers=dict(usual.headers))
