"""Mail in its form on the wire."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats import mail_message
from assay.formats.text import shown

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
NAMES = set(mail_message.HEADERS)


def message(subject: str = "s", text: str = "t", name: str = "") -> bytes:
    return mail_message.encode(
        sender="office@office.example", to="pia@lighthouse.example", subject=subject, text=text, id_="n.1-a_b", at=NOON, name=name
    )  # fmt: skip


def opened(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_whoever_chooses_the_words_chooses_no_header(subject: str, text: str, name: str) -> None:
    data = message(subject, text, name)
    found = opened(data)
    assert set(found.keys()) == NAMES
    assert found["To"].addresses[0].addr_spec == "pia@lighthouse.example"
    assert found["From"].addresses[0].addr_spec == "office@office.example"
    assert [address.addr_spec for address in found["To"].addresses] == ["pia@lighthouse.example"]
    assert found.get_content_type() == "text/plain"
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert "\x1b" not in found.get_content()


@pytest.mark.parametrize(
    "subject",
    ["a\r\nBcc: x@y.example", "a\nBcc: x@y.example\n\nbody", "a\u2028Bcc: x", "=?utf-8?q?=0ABcc:_x?=", "a\0b", "x" * 5000, "é" * 300],
)  # fmt: skip
def test_hostile_subjects_stay_subjects(subject: str) -> None:
    found = opened(message(subject))
    assert set(found.keys()) == NAMES
    assert "\n" not in found["Subject"]


def test_text_comes_as_it_was() -> None:
    text = "One line.\n\nAnd a long one " + "x" * 500 + "\n.\n..\nFrom here\n  ünï 中\n"
    assert opened(message(text=text)).get_content().replace("\r\n", "\n") == text
    assert opened(message("Ünï 中 " + "long " * 20)).get("Subject") == shown("Ünï 中 " + "long " * 20)


def test_no_escape_sequence_gets_to_a_terminal() -> None:
    assert opened(message(text="a\x1b[31mb\u202ec\td\n\x07e")).get_content().split() == ["a[31mbc", "d", "e"]


def test_ids_are_our_own() -> None:
    for odd in ("", "a b", "a@b", "a>", "x" * 121):
        with pytest.raises(ValueError, match="mail has the id"):
            mail_message.encode(
                sender="a@b.example", to="a@b.example", subject="s", text="t", id_=odd, at=NOON
            )
