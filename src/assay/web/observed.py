"""An ASGI application that is watched: each answer is a line of the log and some numbers, by its route and never by its address."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from assay.adapters.observing.metrics import OTHER, Meter
from assay.web.api.problems import FAILURE
from assay.web.serving import App, Message, Receive, Send

SLOW_S = 1.0
"""From which on an answer is told although all is well."""


class Tell(Protocol):
    def __call__(self, event: str, level: Any = ..., **fields: Any) -> None: ...


def observed(
    app: App,
    tell: Tell,
    meter: Meter,
    request_id: Callable[[], str],
    clock: Callable[[], float] = time.perf_counter,
    failed: Callable[[str, Exception], object] = lambda *_: None,
) -> App:
    """*failed* hears what in the world kept a request from being answered.

    *request_id* makes an id for each request; it is sent back as ``X-Request-Id`` and stands in the log."""

    async def run(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        begun, status, received, one = clock(), 0, 0, request_id()

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", one.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await app(scope, counted, noted)
        finally:
            seconds = clock() - begun
            route, method = _route(scope), str(scope.get("method", ""))
            meter.add("assay_requests_total", method=_method(method), route=route, status=str(status or 499))
            meter.observe("assay_request_seconds", seconds, route=route)
            if received:
                meter.add("assay_request_bytes_total", received, route=route)
            level = "error" if status >= 500 else "info" if seconds >= SLOW_S or status >= 400 else "debug"
            failure = scope.get("state", {}).get(FAILURE)
            if failure is not None:
                failed("request", failure)
            tell(
                "request", level, request=one, method=method, route=route, status=status or 499, ms=seconds * 1000,
                bytes=received or None,
            )  # fmt: skip

    return run


def _route(scope: Message) -> str:
    """The template of the route that answered, such as ``/api/v1/cases/{payload}``; what somebody asked for is not told."""
    found = scope.get("path_template")
    return found if isinstance(found, str) and found else OTHER


def _method(name: str) -> str:
    return name if name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else OTHER
