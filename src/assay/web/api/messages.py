"""Whole requests and answers between the server and an application, for what has to look at them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

import msgspec
from litestar.types import HTTPReceiveMessage, Message, Receive, Send

Headers = list[tuple[bytes, bytes]]
AGAIN = frozenset({b"date", b"server", b"set-cookie", b"connection", b"x-request-id"})
"""Headers that belong to one answer and no other."""


class Whole(msgspec.Struct):
    """An answer that is not sent yet."""

    status: int = 0
    headers: Headers = msgspec.field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        """Empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    async def send(self, send: Send) -> None:
        await send(
            cast("Message", {"type": "http.response.start", "status": self.status, "headers": self.headers})
        )
        await send(cast("Message", {"type": "http.response.body", "body": self.body, "more_body": False}))


async def body_of(receive: Receive) -> bytes:
    """All of a request's body; what was not whole within limits does not come here (see :mod:`assay.web.serving`)."""
    parts: list[bytes] = []
    while True:
        message = cast("MutableMapping[str, Any]", await receive())
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def once(body: bytes, receive: Receive) -> Receive:
    """*body* again, for the application."""
    given = False

    async def again() -> HTTPReceiveMessage:
        nonlocal given
        if given:
            return cast("HTTPReceiveMessage", await receive())
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return cast("Receive", again)


async def held(run: Callable[[Send], Awaitable[None]], send: Send, limit: int) -> Whole | None:
    """The answer of *run*, held back; None when it is longer than *limit* or comes in pieces: then it was sent already."""
    whole, begun = Whole(), False

    async def keep(message: Message) -> None:
        nonlocal begun
        one = cast("MutableMapping[str, Any]", message)
        if begun:
            await send(message)
        elif one["type"] == "http.response.start":
            whole.status, whole.headers = one["status"], list(one.get("headers", ()))
        elif one.get("more_body") or len(one.get("body", b"")) > limit:
            begun = True
            await send(
                cast(
                    "Message",
                    {"type": "http.response.start", "status": whole.status, "headers": whole.headers},
                )
            )
            await send(message)
        else:
            whole.body = one.get("body", b"")

    await run(cast("Send", keep))
    return None if begun else whole


def changed(send: Send, change: Callable[[Headers], Headers]) -> Send:
    """*send* with other headers."""

    async def to(message: Message) -> None:
        one = cast("MutableMapping[str, Any]", message)
        if one["type"] == "http.response.start":
            message = cast("Message", {**one, "headers": change(list(one.get("headers", ())))})
        await send(message)

    return cast("Send", to)
