"""Mail servers that refuse, fail or are somebody else."""

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.mail_server import PASSWORD, USER, mail_server
from tests.support.talking import make_certificate, says, server

from assay.adapters.mail.smtp import Server, SmtpMailer
from assay.adapters.memory import FixedClock
from assay.errors import AssayError, Refused, Unavailable
from assay.office.mail import Mail

CLOCK = FixedClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
PATIENCE_S = 30.0
"""With a server that answers, however busy the machine is."""
MAIL = Mail(id="notice-1", to="pia@lighthouse.example", subject="A notice", text="Hello.")


def mailer(port: int, **settings: str) -> SmtpMailer:
    to = Server(host="127.0.0.1", port=port, **settings)  # type: ignore[arg-type]
    return SmtpMailer(to, "office@office.example", CLOCK, name="Office, of Assay", timeout_s=PATIENCE_S)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(
        tmp_path_factory.mktemp("tls") / "both.pem", x509.IPAddress(ip_address("127.0.0.1"))
    )


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_and_password_go_over_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate=certificate, implicit=tls == "implicit") as found:
        mailer(found.port, tls=tls, user=USER, password=PASSWORD).send(MAIL)
    (received,) = found.received
    assert (received.tls, received.user, received.to) == (True, USER, MAIL.to)
    lines = received.data.decode().split("\r\n")
    assert 'From: "Office, of Assay" <office@office.example>' in lines
    assert "Date: Mon, 02 Nov 2026 12:00:00 +0000" in lines
    assert "Message-ID: <notice-1@office.example>" in lines
    assert "Auto-Submitted: auto-generated" in lines
    assert lines[-2] == "Hello."


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_that_nobody_knows_gets_nothing(certificate: Path, tls: str) -> None:
    with mail_server(certificate=certificate, implicit=tls == "implicit") as found:
        with pytest.raises(Unavailable, match="TLS: CERTIFICATE_VERIFY_FAILED"):
            mailer(found.port, tls=tls, user=USER, password=PASSWORD).send(MAIL)
        assert found.received == []


def test_a_server_without_tls_gets_nothing() -> None:
    with mail_server() as found:
        with pytest.raises(Unavailable, match="STARTTLS"):
            mailer(found.port, user=USER, password=PASSWORD).send(MAIL)
        assert found.received == []


@pytest.mark.parametrize(
    ("answers", "kind", "message"),
    [
        (
            {"RCPT": "550 no such person"},
            Refused,
            "does not take mail notice-1 for its receiver: 550 no such person",
        ),
        ({"RCPT": "550 <pia@lighthouse.example> is nobody"}, Refused, r"550 <\(the receiver\)> is nobody"),
        ({"RCPT": "450 come later"}, Unavailable, "450 come later"),
        ({"end": "554 looks like spam"}, Refused, "554 looks like spam"),
        ({"end": "451 disk full"}, Unavailable, "451 disk full"),
        ({"MAIL": "550 not from you"}, Unavailable, "550"),
        ({"greeting": "554 go away"}, Unavailable, "554"),
        ({"greeting": "220 x\r\n" + "y" * 9000}, Unavailable, "127.0.0.1"),
        ({"DATA": "421 closing"}, Unavailable, "421"),
        ({"AUTH": "535 wrong"}, Unavailable, "535"),
    ],
)
def test_what_a_server_says(answers: Mapping[str, str], kind: type[AssayError], message: str) -> None:
    user = {"user": USER, "password": PASSWORD} if "AUTH" in answers else {}
    with mail_server(answers=answers) as found, pytest.raises(kind, match=message) as raised:
        mailer(found.port, tls="none", **user).send(MAIL)
    for secret in (MAIL.to, PASSWORD, MAIL.text):
        assert secret not in str(raised.value)


def test_nobody_there_and_nobody_answering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with pytest.raises(Unavailable, match="refused"):
        mailer(port, tls="none").send(MAIL)
    with server(says()) as url:
        to = Server(host="127.0.0.1", port=int(url.rpartition(":")[2].partition("/")[0]), tls="none")
        hasty = SmtpMailer(to, "office@office.example", CLOCK, timeout_s=0.3)
        with pytest.raises(Unavailable, match=r"no answer in time|closed"):
            hasty.send(MAIL)


def test_secrets_are_not_printed() -> None:
    assert PASSWORD not in repr(Server(host="h", port=1, user=USER, password=PASSWORD))
    assert MAIL.to not in repr(MAIL)
