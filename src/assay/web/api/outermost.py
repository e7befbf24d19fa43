"""Around all routes: HEAD is GET without its body, what only reads shows one state of the office, and every answer, failures too, tells
browsers to guess nothing."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from assay.web.api.desk import one_look
from assay.web.api.messages import Headers, changed

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


def outermost(app: ASGIApp) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        send = changed(send, _secured)
        if scope["method"] not in ("GET", "HEAD"):
            await app(scope, receive, send)
            return
        with one_look():
            if scope["method"] == "GET":
                await app(scope, receive, send)
            else:
                await headed(scope, receive, send)

    async def headed(scope: HTTPScope, receive: Receive, send: Send) -> None:
        scope["method"] = "GET"
        try:
            await app(scope, receive, _bodiless(send))
        finally:
            scope["method"] = "HEAD"  # for whoever watches

    return run


def _secured(headers: Headers) -> Headers:
    have = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in _RAW if name not in have)]


def _bodiless(send: Send) -> Send:
    async def to(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return to
