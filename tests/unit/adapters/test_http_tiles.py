"""Reading a log from a server that redirects, compresses, answers too much, or nothing useful."""

import gzip
import re
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest
from tests.support.tile_servers import answer, served

from assay.adapters.tiles.http import HttpTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import AssayError, Malformed, TooLarge, Unavailable

DATA = bytes(range(256)) * 4
PATH = "tile/0/000"


def says(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, status, body, **headers)


def read(*odd: Callable[[BaseHTTPRequestHandler], None], limit: int = 1024) -> bytes | None:
    """What stands at PATH, answered by the first of *odd*; others answer at ``tile/0/001`` and on."""
    paths = {f"tile/0/{number:03}": one for number, one in enumerate(odd)}
    store = MemoryTiles()
    store.write("tile/9", DATA)
    with served(store, paths) as url, closing(HttpTiles(url)) as files:
        return files.read(PATH, limit=limit)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(says(200, DATA), id="plain"),
        pytest.param(
            says(200, gzip.compress(DATA), Content_Encoding="gzip"), id="gzip that nobody asked for"
        ),
        pytest.param(says(200, DATA, Content_Encoding="identity"), id="coded as nothing"),
        pytest.param(says(302, b"over there", Location="/log/tile/9"), id="elsewhere on the server"),
        pytest.param(says(307, Location="../9"), id="elsewhere, relative"),
    ],
)
def test_what_is_read(odd: Callable[[BaseHTTPRequestHandler], None]) -> None:
    assert read(odd) == DATA


@pytest.mark.parametrize("page", [b"", b"<html>" + b"not here" * 500])
def test_a_file_that_is_not_there_however_wordily(page: bytes) -> None:
    assert read(says(404, page), limit=32) is None


@pytest.mark.parametrize(
    ("odd", "kind", "message"),
    [
        pytest.param(says(200, DATA + b"x"), TooLarge, "over 1024 bytes", id="too long"),
        pytest.param(says(200, b"x" * 200_000), TooLarge, "over 65536 bytes", id="far too long"),
        pytest.param(says(200, gzip.compress(bytes(10**7)), Content_Encoding="gzip"), TooLarge, "over 1024 bytes", id="gzip bomb"),
        pytest.param(says(200, gzip.compress(DATA)[:-1], Content_Encoding="gzip"), Unavailable, "not one whole member", id="gzip cut"),
        pytest.param(says(200, gzip.compress(DATA) + b"x", Content_Encoding="gzip"), Unavailable, "not one whole member", id="gzip and more"),
        pytest.param(says(200, DATA, Content_Encoding="gzip"), Unavailable, "gzip stream is damaged", id="no gzip"),
        pytest.param(says(200, DATA, Content_Encoding="br"), Unavailable, "coded as 'br'", id="another coding"),
        pytest.param(says(204), Unavailable, "answers 204, expected 200 or 404", id="no content"),
        pytest.param(says(206, DATA), Unavailable, "answers 206", id="a part"),
        pytest.param(says(304), Unavailable, "answers 304", id="not modified"),
        pytest.param(says(403), Unavailable, "answers 403", id="forbidden"),
        pytest.param(says(410), Unavailable, "answers 410", id="gone, which is not the same as never there"),
        pytest.param(says(500), Unavailable, "answers 500", id="broken"),
        pytest.param(says(302, Location="http://other.example/log/tile/9"), Unavailable, "redirected to 'other.example', expected the same server", id="another host"),
        pytest.param(says(302, Location="//127.0.0.1:1/x"), Unavailable, "expected the same server", id="another port"),
        pytest.param(says(302, Location="https://127.0.0.1/x"), Unavailable, "expected the same server", id="another scheme"),
        pytest.param(says(302, Location="file:///etc/passwd"), Unavailable, "which is no URL", id="a file"),
        pytest.param(says(302, Location="http://[x"), Unavailable, "which is no URL", id="nonsense"),
        pytest.param(says(302), Unavailable, "more than 3 redirects", id="to itself"),
    ],
)  # fmt: skip
def test_what_is_not_taken(
    odd: Callable[[BaseHTTPRequestHandler], None], kind: type[AssayError], message: str
) -> None:
    with pytest.raises(AssayError, match=re.escape(message)) as raised:
        read(odd)
    assert type(raised.value) is kind
    assert re.search(r"http://127\.0\.0\.1:\d+/log/tile/0/000", str(raised.value))


def test_a_server_that_is_gone() -> None:
    with served(MemoryTiles()) as url:
        pass
    with pytest.raises(Unavailable, match=re.escape(f"{url}/checkpoint")):
        HttpTiles(url).read("checkpoint", limit=10)


@pytest.mark.parametrize(
    "url", ["", "log", "ftp://h/", "http://", "http://u@h/", "http://h/?q", "http://h/#f", "http://h:x/", "http://h/a b"]
)  # fmt: skip
def test_urls_that_are_no_prefix(url: str) -> None:
    with pytest.raises(Malformed):
        HttpTiles(url)
