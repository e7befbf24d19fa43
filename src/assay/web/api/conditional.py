"""Answers that the caller has already: entity tags (RFC 9110, 8.8.3 and 13)."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import Request
from litestar.types import Send

from assay.errors import Malformed, Stale
from assay.web.api.messages import Whole, held

MAX_TAGGED = 8 << 20
"""Bytes of an answer that is tagged by what it says."""
MAX_HEADER = 4000
KEPT = frozenset({b"cache-control", b"content-location", b"date", b"etag", b"expires", b"vary"})
"""Headers that an answer without a body repeats (15.4.5)."""


async def conditionally(
    request: Request[Any, Any, Any], run: Callable[[Send], Awaitable[None]], send: Send
) -> None:
    """What *run* answers, tagged; 304 when the caller has just that."""
    whole = await held(run, send, MAX_TAGGED)
    if whole is None:
        return
    if whole.status == 200:
        tag = whole.header(b"etag") or _tag(whole)
        if tag and matches(request.headers.get("if-none-match", ""), tag.decode("latin-1")):
            kept = [(name, value) for name, value in whole.headers if name.lower() in KEPT]
            whole = Whole(304, kept)
    await whole.send(send)


def matches(header: str, tag: str) -> bool:
    """Whether a list of tags, or ``*``, names *tag*; weakly, as ``If-None-Match`` compares."""
    if len(header) > MAX_HEADER:
        return False
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


def require_match(request: Request[Any, Any, Any], tag: str) -> None:
    """Stale when the caller looked at another state than the one that *tag* names; who does not say is let through."""
    header = request.headers.get("if-match", "")
    if len(header) > MAX_HEADER:
        raise Malformed(f"If-Match has {len(header)} characters, over {MAX_HEADER}")
    named = [one.strip() for one in header.split(",")]
    if header and "*" not in named and tag not in named:
        raise Stale(f"it is at {tag} by now, not at {header[:80]}: look at it again, then act")


def _tag(whole: Whole) -> bytes:
    """By all that the caller would see; not where it must not be kept."""
    if b"no-store" in whole.header(b"cache-control"):
        return b""
    seen = hashlib.sha256(whole.header(b"content-type") + b"\0" + whole.body).hexdigest()[:32]
    tag = f'"{seen}"'.encode()
    whole.headers.append((b"etag", tag))
    return tag
