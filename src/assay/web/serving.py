"""Run an ASGI application over HTTP/1.1 in this process (granian on uvloop), within limits that hostile clients keep to.

Errors leave as one plain line. TLS, names and load across machines are for a proxy in front.
"""

import asyncio
import ipaddress
import re
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from assay.errors import AssayError, Duplicate, Malformed, Refused, TooLarge, Unavailable, Untrusted
from assay.formats.first_use import learn
from assay.formats.text import shown

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.types import ControllerRouterHandler

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application: scope, receive, send."""

MAX_DRAINED = 4 << 20
"""Bytes of a refused body that are read and dropped, in at most :data:`DRAIN_S` seconds."""
DRAIN_S = 2.0

MISSING = "serving needs the extra 'server': install assay-office[server]"
PLAIN = "text/plain"
"""Litestar adds the character set."""

_ADDRESS = re.compile(r"(?:(?P<host>[^:\[\]]*)|\[(?P<v6>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})\Z")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    body_bytes: int = 1 << 20
    """Of a request's body, which is held whole."""
    holds: bool = True
    """Whether bodies are held before the application sees them; else it reads them, and sees to their limits."""
    body_s: float = 20.0
    """From the first to the last byte of it."""
    head_s: float = 10.0
    """For the head of a request; idle kept connections are closed after it too."""
    requests: int = 1024
    """Connections served at a time, idle ones too; more wait until one of them is let go."""
    stop_s: float = 10.0
    """How long requests under way may take once it is to stop."""


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int
    """0: any free one."""

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``host:port``, ``[v6]:port`` or ``:port`` (this machine only)."""
        match = _ADDRESS.match(text)
        if match is None or int(match["port"]) > 65535:
            raise Malformed(f"{shown(text, 80)!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
        return cls(match["v6"] or match["host"] or "127.0.0.1", int(match["port"]))


def require() -> None:
    """Unavailable, in one line, where the server's packages are not installed. Does not load them: not every server needs all."""
    for name in ("granian", "litestar", "uvloop"):
        if find_spec(name) is None:
            raise Unavailable(f"{MISSING} (no module named {name!r})")


def application(handlers: Sequence["ControllerRouterHandler"]) -> "Litestar":
    """A litestar application whose errors are plain lines; see :func:`serve` for limits."""
    require()
    from litestar import Litestar, Request, Response  # noqa: PLC0415
    from litestar.exceptions import HTTPException  # noqa: PLC0415

    def http(_: "Request[Any, Any, Any]", error: HTTPException) -> "Response[bytes]":
        line = shown(error.detail, 400) or "the request cannot be answered"
        return Response(f"{line}\n".encode(), status_code=error.status_code, media_type=PLAIN)

    def ours(_: "Request[Any, Any, Any]", error: AssayError) -> "Response[bytes]":
        return Response(f"{shown(str(error), 2000)}\n".encode(), status_code=status(error), media_type=PLAIN)

    def fault(request: "Request[Any, Any, Any]", error: Exception) -> "Response[bytes]":
        sys.stderr.write(
            f"assay: a fault in Assay at {shown(request.url.path, 100)}: {type(error).__name__}: {shown(str(error), 400)}\n"
        )
        return Response(b"a fault in Assay\n", status_code=500, media_type=PLAIN)

    return Litestar(
        list(handlers),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
        exception_handlers={HTTPException: http, AssayError: ours, Exception: fault},
    )


def status(error: AssayError) -> int:
    """The HTTP status of an error that nothing more special is known of."""
    match error:
        case TooLarge():
            return 413
        case Malformed():
            return 400
        case Untrusted():
            return 403
        case Duplicate():
            return 409
        case Refused():
            return 422
    return 503


def serve(
    app: App,
    address: Address,
    *,
    ready: Callable[[str], None] = lambda _: None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    while_serving: Callable[[], Awaitable[None]] | None = None,
    shared: bool = False,
) -> None:
    """Serve until the process gets SIGINT or SIGTERM, or *while_serving* ends; requests under way are answered.

    *ready* gets the URL once connections are taken. Unavailable when the address cannot be had. *shared*: with other processes
    of this user that serve there, which somebody holds it for (:func:`reserved`).
    """
    require()
    import uvloop  # noqa: PLC0415

    learn()
    host = resolved(address)
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        reserved(host, address.port, shared=shared) as held,
    ):
        port = int(held.getsockname()[1])
        runner.run(_serve(bounded(app, limits), host, port, ready, limits, while_serving))


async def _serve(
    app: App,
    host: str,
    port: int,
    ready: Callable[[str], None],
    limits: Limits,
    while_serving: Callable[[], Awaitable[None]] | None,
) -> None:
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=limits.requests,
        backpressure=limits.requests,
        http1_settings=HTTP1Settings(header_read_timeout=int(limits.head_s * 1000)),
    )
    running = asyncio.ensure_future(server.serve())
    await _listening(running, host, port)
    try:
        with told_to_stop() as stop:  # before anybody knows that it is there
            ready(url(host, port))
            await until_ended(running, stop, while_serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait((running,), timeout=limits.stop_s)


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """Set by SIGINT and SIGTERM, where this is the thread that gets them."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def until_ended(
    running: "asyncio.Future[Any]",
    stop: asyncio.Event,
    while_serving: Callable[[], Awaitable[None]] | None,
) -> None:
    waits: list[asyncio.Future[Any]] = [running, asyncio.ensure_future(stop.wait())]
    if while_serving is not None:
        waits.append(asyncio.ensure_future(while_serving()))
    try:
        done, _ = await asyncio.wait(waits, return_when="FIRST_COMPLETED")
    finally:
        for one in waits[1:]:
            one.cancel()
    for one in done:
        one.result()


def url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def resolved(address: Address) -> str:
    """The server takes addresses in numbers only."""
    try:
        return str(ipaddress.ip_address(address.host))
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"{shown(address.host, 80)} has no address: {error}") from error
    return str(found[0][4][0])


def reserved(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that has the port (a free one for 0) and shares it with servers of this user; never listens.

    Unavailable when another has it, unless it is *shared*.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        if not shared:
            # The server's own socket shares its port with any other that does so: look for another listener first.
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise Unavailable(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return held


async def _listening(running: "asyncio.Future[None]", host: str, port: int) -> None:
    """Return when connections are taken; Unavailable when the server ends before."""
    while True:
        done, _ = await asyncio.wait((running,), timeout=0.01)
        if done:
            told = str(running.exception() or "the server ended").partition("\n")[0]
            raise Unavailable(f"cannot listen on {host} port {port}: {told}") from running.exception()
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return


def bounded(app: App, limits: Limits) -> App:
    """*app* behind a reader that takes a body whole, within its limits, before the application sees the request."""
    if not limits.holds:
        return app

    async def guarded(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        told = told_length(scope["headers"])
        if told is not None and told > limits.body_bytes:
            await _drained(receive, told)
            await _refuse(send, 413, f"the body has {told} bytes, over {limits.body_bytes}")
            return
        try:
            async with asyncio.timeout(limits.body_s):
                body = await _body(receive, limits.body_bytes)
        except TimeoutError:
            await _refuse(send, 408, f"the body did not arrive within {limits.body_s:g} s")
        except TooLarge as error:
            await _refuse(send, 413, str(error))
        else:
            if body is not None:
                await app(scope, _once(body, receive), send)

    return guarded


def told_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Bytes of a body, as its request says it; None when it does not."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return None


async def _body(receive: Receive, limit: int, *, keep: bool = True) -> bytes | None:
    """The whole body, or nothing of it; None when the client went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if keep:
            parts.append(part)
        if size > limit:
            raise TooLarge(f"the body has over {limit} bytes")
        if not message.get("more_body"):
            return b"".join(parts)


async def _drained(receive: Receive, told: int) -> None:
    """Read on for a moment: a connection closed on bytes that were not read resets, and the client never sees the answer."""
    if told > MAX_DRAINED:
        return
    with suppress(TimeoutError, TooLarge):
        async with asyncio.timeout(DRAIN_S):
            await _body(receive, MAX_DRAINED, keep=False)


def _once(body: bytes, receive: Receive) -> Receive:
    given = False

    async def whole() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return whole


async def _refuse(send: Send, code: int, line: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": f"{line}\n".encode()})
