"""Names that lead elsewhere than their owners say; every server is on loopback and ends by itself."""

import socket
import threading
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.talking import OK, keeps, make_certificate, over_tls, says, server

from assay.adapters.guarded_http import Found, GuardedHttp, Resolve
from assay.errors import Malformed, Refused, TooLarge, Unavailable
from assay.office.destination import Destinations

SECRET = "/hook/s3cret?token=t0ken"


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def allowed(port: int, *, http: bool = True) -> Destinations:
    return Destinations(networks=("127.0.0.1/32",), ports=(port,), http=http)


def finds(*answers: str | list[str]) -> tuple[Resolve, list[str]]:
    """A resolver that gives one answer after the other, the last one for ever; and what it was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Found:
        asked.append(host)
        given = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, (one, port))
            for one in ([given] if isinstance(given, str) else given)
        ]

    return resolve, asked


def test_asks_the_address_that_was_judged_under_the_name_that_was_given() -> None:
    seen: list[bytes] = []

    def talk(one: socket.socket) -> None:
        seen.append(one.recv(65536))
        one.sendall(OK)

    resolve, asked = finds("127.0.0.1")
    with server(talk) as url:
        client = GuardedHttp(allowed(port_of(url)), resolve=resolve)
        answer = client.post(
            f"http://hooks.example:{port_of(url)}{SECRET}", b"{}", limit=99, content_type="application/json", headers={"A": "b"}
        )  # fmt: skip
        client.close()
    assert (answer.status, asked) == (200, ["hooks.example"])
    head = seen[0].decode()
    assert head.startswith(f"POST {SECRET} HTTP/1.1\r\n")
    assert f"Host: hooks.example:{port_of(url)}\r\n" in head
    assert "Content-Type: application/json\r\n" in head
    assert "A: b\r\n" in head


@pytest.mark.parametrize(
    "found",
    ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", ["127.0.0.1", "10.0.0.1"], ["127.0.0.1", "fe80::1%lo"], []],
    ids=str,
)  # fmt: skip
def test_a_name_with_any_other_address_is_not_asked(found: str | list[str]) -> None:
    resolve, _ = finds(found)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        client = GuardedHttp(allowed(port), resolve=resolve)
        with pytest.raises(Refused, match=r"hooks\.example"):
            client.get(f"http://hooks.example:{port}{SECRET}", limit=99)
        listening.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_name_that_changes_its_address_is_judged_at_each_connection_and_looked_up_once_for_it() -> None:
    resolve, asked = finds("127.0.0.1", "169.254.169.254")
    with server(says(OK)) as url:
        client = GuardedHttp(allowed(port_of(url)), resolve=resolve)
        assert client.get(f"http://hooks.example:{port_of(url)}/", limit=99).status == 200
        client.close()
        with pytest.raises(Refused, match="link-local"):
            client.get(f"http://hooks.example:{port_of(url)}/", limit=99)
    assert len(asked) == 2


def test_a_kept_connection_needs_no_second_look() -> None:
    resolve, asked = finds("127.0.0.1", "10.0.0.1")
    with server(keeps(OK, OK)) as url:
        client = GuardedHttp(allowed(port_of(url)), resolve=resolve)
        for _ in range(2):
            assert client.get(f"http://hooks.example:{port_of(url)}/", limit=99).body == b"hello"
        client.close()
    assert len(asked) == 1


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    resolve, _ = finds(["127.0.0.2", "127.0.0.1"])
    with server(says(OK)) as url:
        both = Destinations(networks=("127.0.0.0/8",), ports=(port_of(url),), http=True)
        assert (
            GuardedHttp(both, resolve=resolve).get(f"http://a.example:{port_of(url)}/", limit=9).status == 200
        )


def test_a_redirect_is_an_answer() -> None:
    moved = (
        b"HTTP/1.1 307 x\r\nLocation: http://169.254.169.254/\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    )
    resolve, asked = finds("127.0.0.1")
    with server(says(moved)) as url:
        client = GuardedHttp(allowed(port_of(url)), resolve=resolve)
        answer = client.post(f"http://a.example:{port_of(url)}/", b"", limit=9, content_type="text/plain")
    assert (answer.status, answer.retry_after, len(asked)) == (307, "7", 1)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:22/", "https://127.1/", "https://10.0.0.1/", "ftp://a.example/"]
)
def test_a_url_that_is_not_allowed_is_not_looked_up(url: str) -> None:
    resolve, asked = finds("127.0.0.1")
    with pytest.raises((Refused, Malformed)):
        GuardedHttp(Destinations(), resolve=resolve).get(url, limit=9)
    assert asked == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "both.pem", x509.DNSName("hooks.example"))


@pytest.mark.parametrize(
    ("host", "good"), [("hooks.example", True), ("other.example", False), ("127.0.0.1", False)]
)
def test_tls_is_of_the_name_and_not_of_the_address(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str, good: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    resolve, _ = finds("127.0.0.1")
    with server(over_tls(certificate, OK)) as url:
        client = GuardedHttp(allowed(port_of(url), http=False), resolve=resolve, timeout_s=5)
        if good:
            assert client.get(f"https://{host}:{port_of(url)}/", limit=9).body == b"hello"
        else:
            with pytest.raises(Unavailable, match="TLS: CERTIFICATE_VERIFY_FAILED"):
                client.get(f"https://{host}:{port_of(url)}/", limit=9)
        client.close()


def test_a_lookup_that_fails_or_takes_too_long_is_unavailable() -> None:
    def nowhere(host: str, port: int) -> Found:
        raise socket.gaierror(-2, "Name or service not known")

    ended = threading.Event()

    def slow(host: str, port: int) -> Found:
        ended.wait(20)
        return []

    public = Destinations()
    with pytest.raises(Unavailable, match=r"hooks\.example: its address was not found$"):
        GuardedHttp(public, resolve=nowhere).get("https://hooks.example/", limit=9)
    with pytest.raises(Unavailable, match=r"not found within 0\.2 s"):
        GuardedHttp(public, resolve=slow, timeout_s=0.2).get("https://hooks.example/", limit=9)
    ended.set()


def test_errors_do_not_tell_the_path() -> None:
    resolve, _ = finds("127.0.0.1")
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b"x" * 99
    with server(says(large), says(b"nonsense\r\n\r\n"), says()) as url:
        client = GuardedHttp(allowed(port_of(url)), resolve=resolve)
        for kind in (TooLarge, Unavailable, Unavailable):
            with pytest.raises(kind, match=r"hooks\.example") as raised:
                client.get(f"http://hooks.example:{port_of(url)}{SECRET}", limit=9)
            assert "s3cret" not in str(raised.value)
            assert "t0ken" not in str(raised.value)


def test_the_systems_own_lookup_finds_addresses_as_they_are() -> None:
    with server(says(OK)) as url:
        assert GuardedHttp(allowed(port_of(url))).get(url.replace("/x", SECRET), limit=9).status == 200
