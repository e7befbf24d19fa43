"""Failures as pages: one line that says what happened, and what to do next."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.connection import Request
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from assay.errors import (
    AssayError,
    Forbidden,
    Hidden,
    Malformed,
    Refused,
    TooLarge,
    TooOften,
    Unauthenticated,
    Unavailable,
    Unconfirmed,
)
from assay.web.api.access import SAFE, Asker, looking
from assay.web.api.desk import Desk
from assay.web.api.problems import ASKER, again, code_of, note, of_fault, of_http, of_ours, told
from assay.web.app.assets import address
from assay.web.app.forms import FORM
from assay.web.app.shell import shown

Answer = Callable[[Request[Any, Any, Any], Any], Response[Any]]
Answers = dict[int | type[Exception], Answer]


class Said(msgspec.Struct, frozen=True):
    title: str
    next: str
    """What to do."""


_KINDS: tuple[tuple[type[AssayError], Said], ...] = (
    (Unauthenticated, Said("Log in first", "Log in, then do it again.")),
    (Hidden, Said("Not found", "Check the address, or log in with the account that may see it.")),
    (Forbidden, Said("Not allowed", "Somebody with another role has to do this. Nothing was changed.")),
    (TooOften, Said("Too many requests", "Wait a moment, then try again.")),
    (TooLarge, Said("Too large", "Send less, or use the API, which takes files one by one.")),
    (Malformed, Said("This cannot be read", "Go back, correct it, and send it again. Nothing was changed.")),
    (
        Refused,
        Said(
            "This was not done",
            "Go back and do as it says; where something changed meanwhile, load the page again.",
        ),
    ),
    (AssayError, Said("The office cannot tell at the moment", "Nothing was decided. Try again in a minute.")),
)
_BY_CODE: Mapping[int, Said] = {
    404: Said("Not found", "Check the address."),
    405: Said("Not here", "This address does not take what was sent. Go back, and load the page again."),
    408: Said("Too slow", "What you sent did not arrive in time. Try again."),
    413: Said("Too large", "Send less, or use the API, which takes files one by one."),
}
PROGRAMS = ("/api/", "/register/", "/.well-known/")
"""Where programs look, whatever they say that they accept."""


class Late(Response[None]):
    """A page that is made in a thread, as pages are that did not fail: who looks at it stands in the database."""

    def __init__(self, make: Callable[[], Response[Any]]) -> None:
        super().__init__(None)
        self._make = make

    def to_asgi_response(self, *_: Any, **around: Any) -> ASGIResponse:
        return _Later(lambda: self._make().to_asgi_response(**around))


class _Later(ASGIResponse):
    def __init__(self, make: Callable[[], ASGIResponse]) -> None:
        super().__init__()
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        made = await sync_to_thread(self._make)
        await made(scope, receive, send)


def to_login(path: str) -> str:
    return "/login?next=" + quote(path, safe="/")


def exceptions(desk: Desk) -> Answers:
    def ours(request: Request[Any, Any, Any], error: AssayError) -> Response[Any]:
        who = request.scope["state"].get(ASKER) if isinstance(error, Unavailable) else looking(request, desk)
        unknown = who is not None and not who.caller.known
        if isinstance(error, Unauthenticated) or (unknown and type(error) is Forbidden):
            if request.method in SAFE:
                return Redirect(to_login(_whole(request)), status_code=303)
            error = Unauthenticated("nobody knows who sent this: the session may have ended")
        if isinstance(error, Unconfirmed):
            return confirm(desk, who, request.url.path, request.scope["state"].get(FORM, {}), 403)
        said = next(said for kind, said in _KINDS if isinstance(error, kind))
        note(request, error)
        return failed(desk, who, code_of(error), said, told(error), request.url.path, again(error))

    def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        who = looking(request, desk)
        said = _BY_CODE.get(error.status_code) or Said(
            HTTPStatus(error.status_code).phrase, "Go back, and try again."
        )
        return failed(desk, who, error.status_code, said, "", "", error.headers or {})

    def fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        of_fault(request, error)
        said = Said("A fault in Assay", "Nothing was decided. The office's operator finds it in the log.")
        return failed(desk, request.scope["state"].get(ASKER), 500, said, "", "")

    return {AssayError: _late(ours), HTTPException: _late(http), Exception: _late(fault)}


def _late(answer: Answer) -> Answer:
    return lambda request, error: Late(lambda: answer(request, error))


def elsewhere(desk: Desk) -> Answers:
    """Where no route was found, or none for the method: a page for a browser, unless it looked for the API or the register."""
    pages = exceptions(desk)
    problems: Answers = {AssayError: of_ours, HTTPException: of_http, Exception: of_fault}

    def choosing(kind: int | type[Exception]) -> Answer:
        def choose(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
            return (pages if _is_browser(request) else problems)[kind](request, error)

        return choose

    return {kind: choosing(kind) for kind in problems}


def _is_browser(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(PROGRAMS)


def failed(
    desk: Desk,
    who: Asker | None,
    code: int,
    said: Said,
    line: str,
    path: str,
    headers: Mapping[str, str] = {},
) -> Response[bytes]:
    return shown(
        desk, who, "app/error.html", status=code, headers=headers, title=said.title, line=line, next=said.next, path=path,
        login=code == 401,
    )  # fmt: skip


def confirm(
    desk: Desk, who: Asker | None, path: str, values: Mapping[str, str], status: int = 200
) -> Response[bytes]:
    """The page that asks for a passkey, and then hands in the form that was held up, or goes on to *path*."""
    return shown(
        desk, who, "app/confirm.html", status=status, path=path, fields=dict(values), held=status != 200,
        script=address("passkeys.js"),
    )  # fmt: skip


def _whole(request: Request[Any, Any, Any]) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
