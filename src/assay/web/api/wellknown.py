"""What is asked of an office before anybody is known: is it alive, is it ready, whom to tell of a vulnerability."""

import threading
import time
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from assay.formats.security_txt import PATH
from assay.office.permissions import hidden
from assay.office.ready import Look, Looked, ready
from assay.web.api.desk import Desk

FRESH_S = 1.0
"""For which an answer is given again: anybody may ask, and looking costs something."""
UNSEEN = {"Cache-Control": "no-store"}
PLAIN = "text/plain"
"""Litestar adds the character set."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    ready: bool
    checks: tuple[Looked, ...]


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    looking = _Looking(desk.looks)

    @get("/healthz", sync_to_thread=False, include_in_schema=False)
    def alive() -> Response[bytes]:
        return Response(b"ok\n", media_type="text/plain", headers=UNSEEN)

    @get("/readyz", sync_to_thread=True, include_in_schema=False)
    def able() -> Response[Readiness]:
        found = looking.now()
        code, again = (200, {}) if found.ready else (503, {"Retry-After": "2"})
        return Response(found, status_code=code, headers={**UNSEEN, **again})

    @get(PATH, sync_to_thread=False, include_in_schema=False)
    def security() -> Response[Any]:
        text = desk.security(desk.identity.clock.now())
        if text is None:
            raise hidden()
        return Response(text, media_type=PLAIN, headers={"Cache-Control": "public, max-age=3600"})

    return [alive, able, security]


class _Looking:
    """One at a time looks; those who ask meanwhile wait for what it finds."""

    def __init__(self, looks: tuple[Look, ...]) -> None:
        self._looks, self._door = looks, threading.Lock()
        self._found: Readiness | None = None
        self._at = 0.0

    def now(self) -> Readiness:
        with self._door:
            if self._found is None or time.monotonic() - self._at > FRESH_S:
                found = ready(self._looks)
                # Who looked at nothing knows nothing.
                self._found = Readiness(ready=bool(found) and all(one.ready for one in found), checks=found)
                self._at = time.monotonic()
            return self._found
