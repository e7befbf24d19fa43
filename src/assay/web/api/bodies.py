"""How much a request may bring, by its route, and for how long it may take: what is over is refused before it is read.

A body is read only once somebody asks for it, which is after it was found out who sends it.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any, Literal, cast

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Middleware, Receive, Scope, Send

from assay.errors import Malformed, TooLarge
from assay.formats import strict_json
from assay.web.serving import DRAIN_S, MAX_DRAINED, told_length

BODY = "body"
"""Under which a route's options have its kind of body."""
PIECE = 1 << 20
Kind = Literal["small", "form", "table", "bundle", "stream"]
"""Most JSON; a page's form without files; a table that is imported; a bundle or other files; what is kept as it comes."""


class Bodies(msgspec.Struct, frozen=True, kw_only=True):
    """See the settings of the same names."""

    body_bytes: int = 1 << 20
    form_bytes: int = 4 << 20
    import_bytes: int = 128 << 20
    bundle_bytes: int = 128 << 20
    silence_seconds: float = 30.0
    whole_seconds: float = 120.0
    """From the first to the last byte of a body, or for each :data:`PIECE` of what is kept as it comes."""

    def limit(self, kind: Kind) -> int | None:
        """Bytes of a body; None where whoever reads it sees to it."""
        match kind:
            case "small":
                return self.body_bytes
            case "form":
                return self.form_bytes
            case "table":
                return self.import_bytes
            case "bundle":
                return self.bundle_bytes
            case "stream":
                return None


class TooSlow(HTTPException):
    """The client was silent, or sent too little."""

    status_code = 408


class BoundedRequest(Request[Any, Any, Any]):
    """One whose JSON is looked at for its depth and count before it is read: reading, and writing again, call themselves."""

    async def json(self) -> Any:
        body = await self.body()
        strict_json.bound(body, what="the body", limit=len(body))
        return await super().json()

    async def form(self) -> FormMultiDict:
        try:
            return await super().form()
        except (UnicodeError, LookupError) as error:
            raise Malformed(f"a field of the form cannot be read: {error}") from error


def bodies(limits: Bodies) -> Middleware:
    def wrap(app: ASGIApp) -> ASGIApp:
        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope["headers"]) if scope["type"] == ScopeType.HTTP else {}
            if b"content-length" not in headers and b"transfer-encoding" not in headers:
                await app(scope, receive, send)
                return
            kind: Kind = cast("Any", scope)["route_handler"].opt.get(BODY, "small")
            coming = _Coming(receive, limits, limits.limit(kind), told_length(scope["headers"]))
            await app(scope, cast("Receive", coming.receive), coming.answering(send))

        return enter

    return wrap


class _Coming:
    """A body on its way in."""

    def __init__(self, receive: Receive, limits: Bodies, limit: int | None, told: int | None) -> None:
        self._receive, self._limits, self._limit, self._told = receive, limits, limit, told
        self._size, self._whole = 0, told == 0
        self._until, self._mark = 0.0, -1

    async def receive(self) -> Message:
        """TooLarge, TooSlow."""
        if self._whole:
            return cast("Message", await self._receive())
        if self._limit is not None and self._told is not None and self._told > self._limit:
            raise TooLarge(f"the body has {self._told} bytes, over {self._limit}")
        try:
            async with asyncio.timeout(self._patience()):
                message = cast("dict[str, Any]", await self._receive())
        except TimeoutError as error:
            raise TooSlow("the body did not arrive in time") from error
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        self._size += len(message.get("body", b""))
        if self._limit is not None and self._size > self._limit:
            raise TooLarge(f"the body has over {self._limit} bytes")
        return cast("Message", message)

    def _patience(self) -> float:
        now = time.monotonic()
        if self._mark < 0 or (self._limit is None and self._size - self._mark >= PIECE):
            self._until, self._mark = now + self._limits.whole_seconds, self._size
        return max(0.0, min(self._limits.silence_seconds, self._until - now))

    def answering(self, send: Send) -> Send:
        async def to(message: Message) -> None:
            if message["type"] == "http.response.start" and not self._whole:
                await self._drained()
            await send(message)

        return cast("Send", to)

    async def _drained(self) -> None:
        """Read on for a moment: a connection closed on bytes that were not read resets, and the client never sees the answer."""
        if self._told is not None and self._told - self._size > MAX_DRAINED:
            return
        left = MAX_DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while left > 0 and not self._whole:
                    message = cast("dict[str, Any]", await self._receive())
                    self._whole = message["type"] != "http.request" or not message.get("more_body")
                    left -= len(message.get("body", b""))
