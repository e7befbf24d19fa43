"""``Idempotency-Key``: a request that is sent again is answered as it was, and done once (see :mod:`assay.office.repeats`)."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import Request
from litestar.types import Receive, Send

from assay.errors import Malformed, Unavailable
from assay.office import repeats
from assay.office.repeats import Given
from assay.web.api.desk import Desk
from assay.web.api.messages import AGAIN, Whole, body_of, held, once

HEADER = "idempotency-key"
_KEY = re.compile(r'"?([!#-~]{1,200})"?', re.ASCII)
"""A string as in RFC 8941, or the same without its quotes."""

Run = Callable[[Receive, Send], Awaitable[None]]


def key_of(request: Request[Any, Any, Any]) -> str:
    """Empty when there is none."""
    given = request.headers.get(HEADER, "").strip()
    if not given:
        return ""
    found = _KEY.fullmatch(given)
    if found is None:
        raise Malformed("Idempotency-Key: expected 1 to 200 visible ASCII characters")
    return found[1]


async def repeatably(
    request: Request[Any, Any, Any], desk: Desk, caller: str, key: str, run: Run, receive: Receive, send: Send
) -> None:
    """Run it unless it was done; an answer that says so is remembered. *caller* is known."""
    body = await body_of(receive)
    asked = digest(request, body)
    now = desk.identity.clock.now()
    given = await sync_to_thread(repeats.begin, desk.repeats, caller, key, asked, now)
    if given is not None:
        await _again(given).send(send)
        return
    whole = await held(lambda to: run(once(body, receive), to), send, limit=repeats.MAX_BODY)
    # What was done is done, and is told: where it cannot be remembered, or a process dies here, the request stays under way
    # for a while, and may then be done again.
    with suppress(Unavailable):
        if whole is not None and 200 <= whole.status < 300:
            answer = _given(whole, secret=bool(request.route_handler.opt.get("secret")))
            now = desk.identity.clock.now()
            await sync_to_thread(repeats.finish, desk.repeats, caller, key, asked, answer, now)
        else:
            await sync_to_thread(desk.repeats.forget, caller, key)
    if whole is not None:
        await whole.send(send)


def digest(request: Request[Any, Any, Any], body: bytes) -> bytes:
    """SHA-256 of all that a request asks."""
    kind = request.headers.get("content-type", "")
    head = "\n".join((request.method, request.url.path, request.url.query, kind))
    return hashlib.sha256(head.encode() + b"\0" + body).digest()


def _given(whole: Whole, *, secret: bool) -> Given:
    kept = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in whole.headers if name.lower() not in AGAIN]  # fmt: skip
    return Given(status=whole.status, headers=tuple(kept), body=None if secret else whole.body)


def _again(given: Given) -> Whole:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.headers]
    return Whole(given.status, [*headers, (b"idempotent-replayed", b"true")], given.body or b"")
