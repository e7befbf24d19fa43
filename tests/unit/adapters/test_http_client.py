"""A client against servers that misbehave; each server ends by itself."""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.talking import OK, keeps, make_certificate, over_tls, says, server

from assay.adapters.http_client import HttpClient
from assay.errors import AssayError, Malformed, TooLarge, Unavailable
from assay.formats.web_url import parse_url


def test_gets_and_posts() -> None:
    with server(says(OK), says(OK)) as url:
        found = HttpClient().get(url, limit=5)
        assert (found.status, found.content_type, found.body) == (200, "text/plain", b"hello")
        assert HttpClient().post(url, b"abc", limit=5).body == b"hello"


def test_a_connection_is_used_again_and_a_lost_one_is_replaced() -> None:
    with server(keeps(OK, OK), keeps(OK)) as url:
        client = HttpClient()
        assert [client.get(url, limit=9).body for _ in range(3)] == [b"hello"] * 3
        client.close()


def test_an_answer_given_before_the_request_was_read_counts() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"
    with server(says(refusal)) as url:  # hangs up on the rest of the body
        answer = HttpClient().post(url, b"x" * (32 << 20), limit=9)
    assert (answer.status, answer.body) == (413, b"large")


@pytest.mark.parametrize(
    ("talk", "message"),
    [
        pytest.param(says(), "closed connection|connection", id="hangs up"),
        pytest.param(says(b"SSH-2.0\r\n"), "SSH-2.0|status", id="not HTTP"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), "IncompleteRead", id="cut"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "127.0.0.1", id="bad chunk"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300), "headers", id="many headers"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000), "header|line", id="long header"),
        pytest.param(says(*[b"H"] * 50, every_s=0.1), "no whole answer within 1.5 s", id="slow head"),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 50, every_s=0.1),
            "no whole answer within 1.5 s", id="slow body",
        ),
        pytest.param(says(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 50, every_s=0.1), "no whole answer", id="slow, until closed"),
        pytest.param(says(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, *[b"H"] * 50, every_s=0.1), "no whole answer", id="continues"),
    ],
)  # fmt: skip
def test_a_bad_server_is_unavailable(talk: Callable[[socket.socket], None], message: str) -> None:
    with server(talk) as url, pytest.raises(Unavailable, match=message):
        HttpClient(timeout_s=1.5).get(url, limit=1000)


@pytest.mark.parametrize(
    "head", [b"Content-Length: 2000\r\n", b"", b"Transfer-Encoding: chunked\r\n"], ids=["told", "untold", "chunked"]
)  # fmt: skip
def test_a_large_answer_is_cut_off(head: bytes) -> None:
    body = b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n" if b"chunked" in head else b"x" * 2000
    with (
        server(says(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)) as url,
        pytest.raises(TooLarge, match="over 1000 bytes"),
    ):
        HttpClient(timeout_s=5).get(url, limit=1000)


def test_redirects_are_answers_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with server(says(moved)) as url:
        assert HttpClient().get(url, limit=10).status == 302


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with pytest.raises(Unavailable, match="refused"):
        HttpClient(timeout_s=1).get(f"http://127.0.0.1:{port}/", limit=10)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "file:///etc/passwd", "http://", "http://u:p@a.example/", "http://a.example/#f", "a.example",
        "http://a.example/a b", "http://a.example/\r\nHost: b", "http://a.example:99999/", "http://a.example:0/", "http://[::1/",
        "http://a_%41.example/", "http://[v1.a]/", "http://a.example/é", "https://a.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(Malformed):
        parse_url(url)


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example:8443/b/c?d=e%20f", "http://[::1]:80/"]
)
def test_plain_urls_are_taken(url: str) -> None:
    assert parse_url(url).geturl() == url


def test_any_bytes_give_an_assay_error_or_an_answer() -> None:
    answers = [OK[:cut] + b"\x00\xff\r\n\r\n" for cut in range(0, len(OK), 7)]
    with server(*(says(answer) for answer in answers)) as url:
        for _ in answers:
            with suppress(AssayError):
                HttpClient(timeout_s=1.5).get(url, limit=1000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(
        tmp_path_factory.mktemp("tls") / "both.pem", x509.IPAddress(ip_address("127.0.0.1"))
    )


def test_https_of_a_trusted_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with server(over_tls(certificate, OK, OK)) as url:
        client = HttpClient(timeout_s=5)
        assert [client.get(url.replace("http:", "https:"), limit=9).body for _ in range(2)] == [b"hello"] * 2
        client.close()


def test_https_of_an_unknown_certificate(certificate: Path) -> None:
    with (
        server(over_tls(certificate, OK)) as url,
        pytest.raises(Unavailable, match="TLS: CERTIFICATE_VERIFY_FAILED"),
    ):
        HttpClient(timeout_s=5).get(url.replace("http:", "https:"), limit=9)


@pytest.mark.parametrize(
    "talk", [says(*[b"\x16"] * 50, every_s=0.1), says(b"HTTP/1.1 400 no\r\n\r\n")], ids=["stalls", "plain"]
)
def test_https_where_there_is_none(talk: Callable[[socket.socket], None]) -> None:
    with server(talk) as url, pytest.raises(Unavailable, match=r"no whole answer|TLS: "):
        HttpClient(timeout_s=1.5).get(url.replace("http:", "https:"), limit=9)


def test_https_that_drips(certificate: Path) -> None:
    """A record of TLS whose bytes come one by one, each in time."""
    sent = []

    def drips(one: socket.socket) -> None:
        one.sendall(b"\x16\x03\x03" + struct.pack(">H", 16_000))
        for n in range(80):
            time.sleep(0.1)
            one.sendall(b"\x02")
            sent.append(n)

    with server(drips) as url, pytest.raises(Unavailable, match=r"no whole answer within 1\.5 s"):
        HttpClient(timeout_s=1.5).get(url.replace("http:", "https:"), limit=9)
    assert len(sent) < 60
