"""A tiled log on a server, read only. Whatever the server answers is bounded in size and time and proven by whoever asked."""

import http.client
import threading
import time
import zlib
from typing import ClassVar
from urllib.parse import SplitResult, urljoin, urlsplit

from assay.adapters.tiles import safe
from assay.errors import Malformed, TooLarge, Unavailable

TIMEOUT = 10.0
"""Seconds for one step on the socket."""
DEADLINE = 60.0
"""Seconds for one file, however steadily it drips."""
MAX_REDIRECTS = 3
_READ = 1 << 16


class HttpTiles:
    """The log under *url*, its prefix. Keeps one connection per thread; follows redirects on the same host only."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> None:
        self.url = url.rstrip("/") + "/"
        self._place = _split(self.url)
        self._timeout, self._deadline = timeout, deadline
        self._local = threading.local()

    def read(self, path: str, *, limit: int) -> bytes | None:
        url = urljoin(self.url, safe(path))
        until = time.monotonic() + self._deadline
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._get(url)
                if answer.status not in (301, 302, 303, 307, 308):
                    return self._body(answer, url, limit, until)
                url = self._redirected(answer, url)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            self.close()
            raise Unavailable(f"cannot read {url}: {_said(error)}") from error
        raise Unavailable(f"cannot read {url}: more than {MAX_REDIRECTS} redirects")

    def close(self) -> None:
        """Of this thread's connection; the next read opens another."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _get(self, url: str) -> http.client.HTTPResponse:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            try:
                return self._ask(kept, url)
            except (OSError, http.client.HTTPException):
                self.close()  # a kept connection may have ended meanwhile; a fresh one decides
        self._local.connection = self._connect()
        return self._ask(self._local.connection, url)

    def _connect(self) -> http.client.HTTPConnection:
        made = http.client.HTTPSConnection if self._place.scheme == "https" else http.client.HTTPConnection
        return made(self._place.hostname or "", self._place.port, timeout=self._timeout)

    _HEADERS: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip, identity", "User-Agent": "assay"}

    def _ask(self, connection: http.client.HTTPConnection, url: str) -> http.client.HTTPResponse:
        connection.request("GET", urlsplit(url).path, headers=self._HEADERS)
        return connection.getresponse()

    def _body(self, answer: http.client.HTTPResponse, url: str, limit: int, until: float) -> bytes | None:
        if answer.status == 404:
            self._spend(answer)
            return None
        if answer.status != 200:
            self.close()
            raise Unavailable(f"cannot read {url}: the server answered {answer.status}, expected 200 or 404")
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            self.close()
            raise Unavailable(
                f"cannot read {url}: it is encoded as {encoding[:40]!r}, expected gzip or nothing"
            )
        unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        parts, size = [], 0
        while chunk := answer.read1(_READ):
            if time.monotonic() > until:
                raise TimeoutError(f"not done after {self._deadline:g} seconds")
            part = unpack.decompress(chunk, limit + 1 - size) if unpack else chunk
            size += len(part)
            parts.append(part)
            if size > limit or (unpack and unpack.unconsumed_tail):
                self.close()
                raise TooLarge(f"{url} has over {limit} bytes")
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        if unpack and not unpack.eof:
            raise zlib.error("the gzip stream is not complete")
        return b"".join(parts)

    def _spend(self, answer: http.client.HTTPResponse) -> None:
        """The rest of a short answer nobody needs, so that the connection can be used again."""
        answer.read(_READ)
        if not answer.isclosed():
            self.close()

    def _redirected(self, answer: http.client.HTTPResponse, url: str) -> str:
        self._spend(answer)
        target = urljoin(url, answer.headers.get("Location", ""))
        there = _split(target)
        if (there.scheme, there.netloc) != (self._place.scheme, self._place.netloc):
            raise Unavailable(
                f"cannot read {url}: redirected to {there.netloc[:100]!r}, expected the same host"
            )
        return target


def _split(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError as error:
        raise Malformed(f"{url[:200]!r} is no URL: {error}") from error
    plain = url.isascii() and url.isprintable() and " " not in url
    bare = place.username is None and not place.query and not place.fragment and port != 0
    if place.scheme not in ("http", "https") or not place.hostname or not (plain and bare):
        raise Malformed(
            f"{url[:200]!r} is no prefix of a log, expected http:// or https:// with host and path only"
        )
    return place


def _said(error: Exception) -> str:
    if isinstance(error, http.client.HTTPException):
        return f"the answer is not complete ({type(error).__name__})"
    return " ".join(str(error).split())[:300] or type(error).__name__
