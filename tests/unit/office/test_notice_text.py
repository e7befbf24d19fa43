"""Notices as their readers get them."""

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from assay.formats.case_documents import Item, Notice, NoticeReason
from assay.office.notice_text import About, Told, told

NOTICE = Notice(
    attestation="sha256:" + "ab" * 32,
    salt="0" * 64,
    number=2,
    reason="incomplete",
    sent=datetime(2026, 11, 2, 12, tzinfo=UTC),
    respond_by=datetime(2026, 12, 2, 12, tzinfo=UTC),
    items=(
        Item("C7", "items 1.a and 3 are answered no", "add a plan of action"),
        Item("C10", "the secret finding"),
    ),
)
ABOUT = About(
    office="Office (fictional)",
    provider="Lighthouse Works (fictional)",
    product="lantern",
    version="2.1.0",
    page="https://office.example/submissions/1",
)


def test_a_provider_reads_what_is_missing_until_when_and_how_to_answer() -> None:
    assert told(NOTICE, ABOUT, "provider") == Told(
        "Incomplete: lantern 2.1.0 (notice 2)",
        """\
Attestation for lantern 2.1.0, by Lighthouse Works (fictional)

The attestation is incomplete.

What is missing:
* C7: items 1.a and 3 are answered no
  to do: add a plan of action
* C10: the secret finding

Until 2026-12-02 12:00 UTC you can hand in a revised attestation that names this one as the one it replaces:
https://office.example/submissions/1
Otherwise the submission is closed as incomplete.

-----
Office (fictional), notice 2 of 2026-11-02 12:00 UTC
Attestation sha256:abababababababababababababababababababababababababababababababab. The notice is recorded in the office's register.
This mail was sent by a program. Answer on the page, not to this address.
""",
    )


def test_a_customer_reads_no_finding() -> None:
    found = told(NOTICE, ABOUT, "customer")
    assert found.subject == "Incomplete: lantern 2.1.0 (notice 2)"
    assert "It is about C7, C10." in found.text
    assert "The provider can answer until 2026-12-02 12:00 UTC. You need not do anything." in found.text
    for hidden in ("secret", "1.a", "plan of action"):
        assert hidden not in found.text


@pytest.mark.parametrize("reason", get_args(NoticeReason))
@pytest.mark.parametrize("respond_by", [NOTICE.respond_by, None], ids=["deadline", "no deadline"])
def test_every_reason_has_its_words(reason: NoticeReason, respond_by: datetime | None) -> None:
    notice = msgspec.structs.replace(NOTICE, reason=reason, respond_by=respond_by)
    provider, customer = told(notice, ABOUT, "provider"), told(notice, ABOUT, "customer")
    for found in (provider, customer):
        assert "lantern 2.1.0" in found.subject
        assert ABOUT.page in found.text
        assert NOTICE.attestation in found.text
        assert "None" not in found.text
        assert found == told(notice, ABOUT, "provider" if found is provider else "customer")
    answered = respond_by is not None and reason in (
        "incomplete",
        "contradicted",
        "insufficient_evidence",
        "evidence_requested",
        "extended",
        "not_extended",
    )
    assert ("Until 2026-12-02" in provider.text) == answered
    assert ("until 2026-12-02" in customer.text) == answered
    assert "secret" in provider.text
    assert "secret" not in customer.text


def test_digests_of_low_level_evidence_are_not_for_customers() -> None:
    asked = msgspec.structs.replace(
        NOTICE, reason="evidence_requested", items=(Item("sha256:" + "cd" * 32, "scan"),)
    )
    assert "cdcd" in told(asked, ABOUT, "provider").text
    assert "cdcd" not in told(asked, ABOUT, "customer").text


def test_a_reminder_says_so() -> None:
    found = told(NOTICE, ABOUT, "provider", reminder=True)
    assert found.subject == "Reminder: Incomplete: lantern 2.1.0 (notice 2)"
    assert found.text == told(NOTICE, ABOUT, "provider").text


def test_long_lists_and_hostile_names_are_cut() -> None:
    items = tuple(Item(f"R{n}", "x" * 9000 + "\n\x1b[31m") for n in range(50))
    hostile = msgspec.structs.replace(ABOUT, product="a\nBcc: x", version="\u202e" * 9, provider="p" * 9000)
    for audience in ("provider", "customer"):
        found = told(msgspec.structs.replace(NOTICE, items=items, text="t" * 99_999), hostile, audience)
        assert len(found.text) < 20_000
        assert "and 30 more" in found.text
        assert "\n" not in found.subject
        assert "\x1b" not in found.text
        assert "\u202e" not in found.text


def test_a_company_wide_attestation_has_no_product() -> None:
    found = told(NOTICE, msgspec.structs.replace(ABOUT, product="", version=""), "customer")
    assert found.subject == "Incomplete: the company as a whole (notice 2)"
