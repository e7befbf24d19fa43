"""What every server of ours keeps to, whoever its clients are."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from litestar import get, post
from litestar.params import RawBody
from tests.support.serving import served

from assay.adapters.http_client import HttpClient
from assay.errors import Duplicate, Malformed, Refused, TooLarge, Unavailable, Untrusted
from assay.web import serving
from assay.web.serving import Address, Limits, application, status

ENTERED = threading.Event()
LIMITS = Limits(body_bytes=1000, body_s=2, head_s=2, requests=32, stop_s=5)


@post("/echo", status_code=200, sync_to_thread=True)
def echo(body: RawBody) -> bytes:
    return body


@get("/slow", sync_to_thread=True)
def slow() -> str:
    ENTERED.set()
    time.sleep(0.5)
    return "done"


@get("/malformed", sync_to_thread=False)
def malformed() -> str:
    raise Malformed("the size is 'x',\nexpected a number\x1b[31m")


@get("/fault", sync_to_thread=False)
def fault() -> str:
    raise KeyError("secret")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(application([echo, slow, malformed, fault]), LIMITS) as found:
        yield found


def talk(url: str, *parts: bytes, every_s: float = 0.0) -> bytes:
    """Everything that the server says to these bytes until it closes the connection, in ten seconds at most."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as one:
        for part in parts:
            try:
                one.sendall(part)
            except OSError:
                break
            time.sleep(every_s)
        answer = b""
        try:
            while chunk := one.recv(65536):
                answer += chunk
        except ConnectionError:
            return answer
        return answer


def head(length: int | str, *, method: str = "POST", path: str = "/echo", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n".encode()


CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_of_the_limit_comes_through(url: str) -> None:
    found = HttpClient().post(f"{url}/echo", b"x" * 1000, limit=2000)
    assert (found.status, found.body) == (200, b"x" * 1000)
    assert HttpClient().post(f"{url}/echo", b"", limit=2000).body == b""


@pytest.mark.parametrize(
    ("parts", "code", "line"),
    [
        pytest.param((head(1001), b"x" * 1001), 413, b"the body has 1001 bytes, over 1000\n", id="told too long"),
        pytest.param((head(10**15),), 413, b"over 1000\n", id="told a petabyte"),
        pytest.param((CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n"), 413, b"the body has over 1000 bytes\n", id="in chunks"),
        pytest.param((head(10), b"x"), 408, b"the body did not arrive within 2 s\n", id="stops"),
        pytest.param((head(1000, method="GET", path="/nope"), b"x" * 1000), 404, b"Not Found\n", id="unknown path"),
        pytest.param((head(0, method="DELETE"),), 405, b"Method Not Allowed\n", id="another method"),
        pytest.param((head(0, method="BREW"),), 405, b"Method Not Allowed\n", id="no method"),
        pytest.param((head(0, method="GET", path="/malformed"),), 400, b"the size is 'x', expected a number[31m\n", id="ours"),
        pytest.param((head(0, method="GET", path="/fault"),), 500, b"a fault in Assay\n", id="a fault"),
        pytest.param((b"nonsense\r\n\r\n",), 400, b"", id="not HTTP"),
        pytest.param((b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",), 431, b"", id="many headers"),
        pytest.param((b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",), 414, b"", id="long path"),
        pytest.param((head("-1"),), 400, b"", id="a negative length"),
        pytest.param((head("1e2"),), 400, b"", id="a length that is none"),
    ],
)  # fmt: skip
def test_answers_in_one_plain_line(
    url: str, parts: tuple[bytes, ...], code: int, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = talk(url, *parts)
    assert answer.startswith(b"HTTP/1.1 %d " % code), answer[:200]
    assert answer.endswith(line), answer[-200:]
    if line:
        assert b"content-type: text/plain; charset=utf-8\r\n" in answer.lower()
    assert b"KeyError" not in answer
    assert ("a fault in Assay at /fault: KeyError: 'secret'" in capfd.readouterr().err) == (code == 500)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([head(100), *[b"x"] * 60], id="a body that drips"),
        pytest.param([bytes([one]) for one in head(0)], id="a head that drips"),
        pytest.param([], id="nothing at all"),
    ],
)  # fmt: skip
def test_slow_clients_are_left(url: str, parts: list[bytes]) -> None:
    answer = talk(url, *parts, every_s=0.1)
    assert answer.startswith(b"HTTP/1.1 408 ") or answer == b""
    assert HttpClient().post(f"{url}/echo", b"still there", limit=100).body == b"still there"


def test_clients_that_go_away_cost_nothing(url: str) -> None:
    place = urlsplit(url)
    for _ in range(100):
        with socket.create_connection((place.hostname or "", place.port or 0)) as one:
            one.sendall(head(900) + b"x" * 10)
    assert HttpClient().post(f"{url}/echo", b"still there", limit=100).body == b"still there"


def test_requests_under_way_are_answered_when_it_stops() -> None:
    with served(application([slow]), LIMITS) as url:
        place = urlsplit(url)
        one = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
        one.sendall(head(0, method="GET", path="/slow"))
        assert ENTERED.wait(10)
    with one:
        assert one.recv(65536).endswith(b"done")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((place.hostname or "", place.port or 0), timeout=1)


SCRIPT = """
from assay.web.serving import *
serve(application([]), Address.parse("localhost:0"), ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert HttpClient().get(f"{url}/", limit=100).status == 404
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "ended\n", "")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Address("127.0.0.1", 80)),
        ("[::1]:0", Address("::1", 0)),
        (":8080", Address("127.0.0.1", 8080)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text", ["", "80", "a:", "a:b", "a:65536", "::1:80", "[::1]", "a:80:90", "a:-1", "a:\u0661", "[x]:1"]
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(Malformed, match="is not HOST:PORT"):
        Address.parse(text)


def test_an_address_that_cannot_be_had() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        with pytest.raises(
            Unavailable, match=f"cannot listen on 127.0.0.1 port {port}: Address already in use"
        ):
            serving.serve(application([]), Address("127.0.0.1", port))
    with served(application([])) as url, pytest.raises(Unavailable, match="already in use"):
        serving.serve(application([]), Address("127.0.0.1", urlsplit(url).port or 0))
    with pytest.raises(Unavailable, match=r"cannot listen on 192\.0\.2\.1"):
        serving.serve(application([]), Address("192.0.2.1", 0))
    with pytest.raises(Unavailable, match=r"no-such-host\.invalid has no address"):
        serving.serve(application([]), Address("no-such-host.invalid", 80))


def test_without_the_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "granian", None)
    with pytest.raises(Unavailable, match="serving needs the extra 'server': install assay-office"):
        serving.require()


def test_statuses_of_our_errors() -> None:
    kinds = (TooLarge, Malformed, Untrusted, Duplicate, Refused, Unavailable)
    assert [status(kind("x")) for kind in kinds] == [413, 400, 403, 409, 422, 503]
