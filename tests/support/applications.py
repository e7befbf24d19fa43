"""One application for all desks of a process: it takes longer to make than most tests do."""

import atexit
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from functools import cache
from typing import Any, cast

from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from assay.web.api.app import app
from assay.web.api.desk import Desk
from assay.web.app.errors import elsewhere
from assay.web.app.routes import handlers
from assay.web.scitt.routes import router

_DESK: ContextVar[Desk] = ContextVar("_DESK")


class _OfDesk:
    """Something of the desk that the request under way is for, looked up each time; before any there is, what leads to it."""

    def __init__(self, found: Callable[[], Any]) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Any:
        if _DESK.get(None) is None:
            return _OfDesk(lambda: getattr(self._found(), name))
        return getattr(self._found(), name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._found())


def application(*, scitt: bool = False) -> Litestar:
    """With its pages; for the desk of :func:`at`. It remembers for a second how the desk was that was asked for /readyz."""
    return _made(scitt)


@cache
def _made(scitt: bool) -> Litestar:
    desk = cast("Desk", _OfDesk(_DESK.get))
    return app(desk, [*handlers(desk), *([router(desk)] if scitt else [])], elsewhere(desk))


def at(desk: Desk, *, scitt: bool = False) -> ASGIApp:
    """:func:`application` for requests at *desk*."""
    made = application(scitt=scitt)

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) == "lifespan":
            await _live(receive, send)
            return
        before = _DESK.set(desk)
        try:
            await made(scope, receive, send)
        finally:
            _DESK.reset(before)

    return enter


async def _live(receive: Receive, send: Send) -> None:
    """The life of one of many: the application that they share begins and ends once, and would wait for an end of its own here."""
    while True:
        kind = str((await receive())["type"])
        await send(cast("Any", {"type": f"{kind}.complete"}))
        if kind == "lifespan.shutdown":
            return


def client(desk: Desk, *, scitt: bool = False, **more: Any) -> TestClient[ASGIApp]:
    made = TestClient(at(desk, scitt=scitt), base_url=desk.url, **more)
    made.blocking_portal = _loop()
    return made


@cache
def _loop() -> BlockingPortal:
    """One event loop for all requests of a process, as a server has it; else each request starts one, and threads."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(start_blocking_portal())
