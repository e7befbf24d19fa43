"""A tiled log on a server, read only. Whatever it answers is bounded in size and time, and proven by whoever asked."""

import zlib
from urllib.parse import urljoin

from assay.adapters.http_client import TIMEOUT_S, Answer, HttpClient
from assay.adapters.tiles import safe
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.text import shown
from assay.formats.web_url import parse_url

MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_SMALL = 1 << 16
"""What a server may say beside a file: that there is none, or that it is elsewhere."""


class HttpTiles:
    """The log under *url*, its prefix. Follows redirects on the same server only. May be shared by threads."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/") + "/"
        place = parse_url(self.url)
        if place.query:
            raise Malformed(f"{shown(url, 200)!r} is no prefix of a log: it has a query")
        self._server = (place.scheme, place.netloc)
        self._client = HttpClient(timeout_s=timeout_s)

    def read(self, path: str, *, limit: int) -> bytes | None:
        url = urljoin(self.url, safe(path))
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._client.get(url, limit=max(limit, _SMALL), headers=_ACCEPT)
            if answer.status not in _REDIRECTS:
                return _file(answer, url, limit)
            url = self._redirected(url, answer.location)
        raise Unavailable(f"{shown(url)}: more than {MAX_REDIRECTS} redirects")

    def close(self) -> None:
        self._client.close()

    def _redirected(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
            there = parse_url(target)
        except (Malformed, ValueError) as error:
            raise Unavailable(
                f"{shown(url)}: redirected to {shown(location, 100)!r}, which is no URL"
            ) from error
        if (there.scheme, there.netloc) != self._server:
            raise Unavailable(
                f"{shown(url)}: redirected to {shown(there.netloc, 100)!r}, expected the same server"
            )
        return target


_ACCEPT = {"Accept-Encoding": "gzip, identity"}
"""A log may answer in gzip without being asked to (c2sp.org/tlog-tiles)."""


def _file(answer: Answer, url: str, limit: int) -> bytes | None:
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise Unavailable(f"{shown(url)}: the server answers {answer.status}, expected 200 or 404")
    if answer.coding.lower() not in ("", "identity", "gzip"):
        raise Unavailable(f"{shown(url)}: coded as {shown(answer.coding, 40)!r}, expected gzip or nothing")
    body = _unpacked(answer.body, url, limit) if answer.coding.lower() == "gzip" else answer.body
    if len(body) > limit:
        raise TooLarge(f"{shown(url)} answers with over {limit} bytes")
    return body


def _unpacked(data: bytes, url: str, limit: int) -> bytes:
    """One gzip member, at most one byte over *limit*."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        body = unpack.decompress(data, limit + 1)
    except zlib.error as error:
        raise Unavailable(f"{shown(url)}: the gzip stream is damaged: {error}") from error
    if len(body) <= limit and (not unpack.eof or unpack.unused_data):
        raise Unavailable(f"{shown(url)}: the gzip stream is not one whole member")
    return body
