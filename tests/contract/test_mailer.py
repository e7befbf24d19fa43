"""What every way to send mail keeps to."""

import email
import email.policy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.mail_server import mail_server

from assay.adapters.mail.folder import FolderMailer
from assay.adapters.mail.memory import MemoryMailer
from assay.adapters.mail.smtp import Server, SmtpMailer
from assay.adapters.memory import FixedClock
from assay.errors import Malformed
from assay.office.mail import Mail, Mailer

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MAIL = Mail(id="notice-1", to="pia@lighthouse.example", subject="A notice", text="Line one.\nLine two: é.\n")
Sent = Callable[[], list[tuple[str, str, str]]]


def opened(data: bytes) -> tuple[str, str, str]:
    found = email.message_from_bytes(data, policy=email.policy.default)
    return str(found["To"]), str(found["Subject"]), found.get_content().replace("\r\n", "\n")


@pytest.fixture(params=["memory", "folder", "smtp"])
def mailer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Mailer, Sent]]:
    clock = FixedClock(NOON)
    if request.param == "memory":
        memory = MemoryMailer()
        yield memory, lambda: [(one.to, one.subject, one.text) for one in memory.sent]
    elif request.param == "folder":
        folder = FolderMailer(tmp_path / "mail", "office@office.example", clock)
        yield (
            folder,
            lambda: [opened(path.read_bytes()) for path in sorted((tmp_path / "mail").glob("*.eml"))],
        )
    else:
        with mail_server() as server:
            to = Server(host="127.0.0.1", port=server.port, tls="none")
            yield (
                SmtpMailer(to, "office@office.example", clock, timeout_s=30),
                lambda: [opened(one.data) for one in server.received],
            )


def test_sends_what_it_is_given(mailer: tuple[Mailer, Sent]) -> None:
    send, sent = mailer
    send.send(MAIL)
    send.send(Mail(id="notice-2", to="a.b+c@x-1.example", subject="ö", text="."))
    assert [(to, subject) for to, subject, _ in sent()] == [
        ("pia@lighthouse.example", "A notice"),
        ("a.b+c@x-1.example", "ö"),
    ]
    assert [text.rstrip() for _, _, text in sent()] == ["Line one.\nLine two: é.", "."]


@pytest.mark.parametrize(
    "address",
    [
        "", "pia", "pia@", "@lighthouse.example", "pia@lighthouse", "pia@@lighthouse.example", "pia@lighthouse.example\nBcc: x@y.example",
        "pia@lighthouse.example, x@y.example", "Pia <pia@lighthouse.example>", "<pia@lighthouse.example>", '"p i"@lighthouse.example',
        "pia@[127.0.0.1]", "pia@lighthouse.example.", "pia.@lighthouse.example", "p..a@lighthouse.example", "piä@lighthouse.example",
        "pia@leuchttürme.example", "pia@-x.example", " pia@lighthouse.example", "pia@lighthouse.example\0", "a" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example", "a@" + "x." * 130 + "example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_malformed_and_not_shown(mailer: tuple[Mailer, Sent], address: str) -> None:
    send, sent = mailer
    with pytest.raises(Malformed) as raised:
        send.send(Mail(id="n", to=address, subject="s", text="t"))
    assert len(address) < 5 or address not in str(raised.value)
    assert sent() == []
