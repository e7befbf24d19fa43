"""A small HTTP/1.1 client that hostile servers can neither fill nor hold up: bounded answers, one deadline for everything.

No redirects, no cookies, no proxies, no content codings. Connections are kept and used again.
"""

import http.client
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult

import msgspec

from assay import __version__
from assay.errors import TooLarge, Unavailable
from assay.formats.text import shown
from assay.formats.web_url import parse_url

TIMEOUT_S = 15.0
MAX_IDLE = 8
"""Connections kept for one server."""
_CHUNK = 64 * 1024

_Server = tuple[str, str, int]


class Answer(msgspec.Struct, frozen=True):
    status: int
    content_type: str
    body: bytes
    """As it came: a coding that was asked for is still to be undone."""
    coding: str = ""
    location: str = ""
    retry_after: str = ""
    headers: Mapping[str, str] = {}
    """All of them, by their names in small letters."""


Dial = Callable[[str, int, float], socket.socket]
"""From host, port and seconds to a connection; raises OSError, or an error of Assay's."""


def dial(host: str, port: int, timeout_s: float) -> socket.socket:
    """To whatever the host's name means."""
    return socket.create_connection((host, port), timeout_s)


class _Connection(http.client.HTTPConnection):
    """Over TLS when it has a *context*."""

    def __init__(
        self, host: str, port: int, timeout_s: float, dial: Dial, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.default_port = 443 if context else 80
        self._seconds, self._call, self._context = timeout_s, dial, context

    def connect(self) -> None:
        made = self._call(self.host, self.port, self._seconds)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                # Verifies that the other side is the host that was asked for, whatever address was called.
                made = self._context.wrap_socket(made, server_hostname=self.host)
        except BaseException:
            made.close()
            raise
        self.sock = made


class HttpClient:
    """May be shared by threads. *timeout_s* is for a whole exchange, from connecting to the last byte of the answer.

    *shows*: how an error names a URL.
    """

    def __init__(
        self,
        *,
        timeout_s: float = TIMEOUT_S,
        agent: str = f"assay/{__version__}",
        dial: Dial = dial,
        shows: Callable[[str], str] = shown,
    ) -> None:
        self._timeout_s = timeout_s
        self._agent = agent
        self._dial, self._shows = dial, shows
        self._lock = threading.Lock()
        self._idle: dict[_Server, list[_Connection]] = {}
        self._context: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._idle)

    def get(self, url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status. TooLarge when its body is over *limit* bytes; Unavailable when there is none."""
        return self._ask("GET", url, None, limit, headers or {})

    def post(
        self,
        url: str,
        body: bytes,
        *,
        limit: int,
        content_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As :meth:`get`. What is posted may arrive twice: a kept connection that was closed meanwhile is tried anew once."""
        return self._ask("POST", url, body, limit, {"Content-Type": content_type, **(headers or {})})

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As :meth:`post`, by another *method*."""
        return self._ask(method, url, body, limit, headers or {})

    def close(self) -> None:
        """Let go of the kept connections."""
        with self._lock:
            _close(self._idle)

    def _ask(
        self, method: str, url: str, body: bytes | None, limit: int, headers: Mapping[str, str]
    ) -> Answer:
        parts = parse_url(url)
        server = _server(parts)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = {"User-Agent": self._agent, "Accept-Encoding": "identity", **headers}
        request = (method, path, body, head)
        kept = self._kept(server)
        if kept is not None:
            with suppress(_Closed):  # a kept connection may have ended meanwhile; a fresh one decides
                return self._exchange(kept, server, request, limit, url)
        try:
            return self._exchange(self._connection(server), server, request, limit, url)
        except _Closed as error:
            raise Unavailable(f"{self._shows(url)}: {error}") from error

    def _exchange(
        self,
        connection: _Connection,
        server: _Server,
        request: tuple[str, str, bytes | None, dict[str, str]],
        limit: int,
        url: str,
    ) -> Answer:
        late = threading.Event()
        answer = None
        try:
            with self._deadline(connection, late):
                response = _answered(connection, request, late)
                answer = _read(response, limit, self._shows(url))
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise self._too_late(url) from error
            raise Unavailable(f"{self._shows(url)}: {_said(error)}") from error
        finally:
            if answer is not None and not late.is_set() and not response.will_close:
                self._keep(server, connection)
            else:
                connection.close()
        if late.is_set():
            raise self._too_late(url)
        return answer

    def _too_late(self, url: str) -> Unavailable:
        return Unavailable(f"{self._shows(url)}: no whole answer within {self._timeout_s:g} s")

    @contextmanager
    def _deadline(self, connection: _Connection, late: threading.Event) -> Iterator[None]:
        """Shut the connection when the time is up, wherever the exchange is then."""

        def stop() -> None:
            late.set()
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._timeout_s, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _kept(self, server: _Server) -> _Connection | None:
        with self._lock:
            kept = self._idle.get(server)
            return kept.pop() if kept else None

    def _keep(self, server: _Server, connection: _Connection) -> None:
        with self._lock:
            kept = self._idle.setdefault(server, [])
            if len(kept) < MAX_IDLE:
                kept.append(connection)
                return
        connection.close()

    def _connection(self, server: _Server) -> _Connection:
        scheme, host, port = server
        context = self._tls() if scheme == "https" else None
        return _Connection(host, port, self._timeout_s, self._dial, context)

    def _tls(self) -> ssl.SSLContext:
        """One for all connections: it reads all certificates of the system."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context


def _close(idle: dict[_Server, list[_Connection]]) -> None:
    for kept in idle.values():
        for connection in kept:
            connection.close()
    idle.clear()


class _Closed(Exception):
    """The other side hung up before it said anything."""


def _server(parts: SplitResult) -> _Server:
    return parts.scheme, str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)


def _answered(
    connection: _Connection,
    request: tuple[str, str, bytes | None, dict[str, str]],
    late: threading.Event,
) -> http.client.HTTPResponse:
    """The answer's head, also one given before the request was read. :class:`_Closed` when the other side hung up without."""
    if connection.sock is None:
        connection.connect()
        if late.is_set():  # nobody could shut a connection that was not there yet
            raise TimeoutError
    try:
        try:
            connection.request(*request)
        except (BrokenPipeError, ConnectionResetError):
            return _early(connection)
        return connection.getresponse()
    except ConnectionError as error:
        if late.is_set():
            raise
        raise _Closed(_said(error)) from error


def _early(connection: _Connection) -> http.client.HTTPResponse:
    """What the other side answered before it stopped reading; the connection serves nothing after it."""
    assert connection.sock is not None
    response = http.client.HTTPResponse(connection.sock)
    response.begin()
    response.will_close = True
    return response


def _read(response: http.client.HTTPResponse, limit: int, named: str) -> Answer:
    told = response.length  # None: in chunks, or until the connection closes
    chunks, left = [], limit + 1
    while left > 0 and (chunk := response.read(min(left, _CHUNK))):
        chunks.append(chunk)
        left -= len(chunk)
    if left <= 0:
        raise TooLarge(f"{named} answers with over {limit} bytes")
    body = b"".join(chunks)
    if told is not None and len(body) != told:
        raise http.client.IncompleteRead(body, told - len(body))
    headers = response.headers
    return Answer(
        response.status,
        headers.get_content_type(),
        body,
        coding=headers.get("Content-Encoding", ""),
        location=headers.get("Location", ""),
        retry_after=headers.get("Retry-After", ""),
        headers={name.lower(): value for name, value in headers.items()},
    )


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, OSError):
        return str(error.strerror or error) or "the connection was lost"
    return shown(str(error), 100) or type(error).__name__
