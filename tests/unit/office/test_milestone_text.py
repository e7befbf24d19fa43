"""A reminder of milestones as the provider gets it."""

from datetime import date, timedelta

from tests.unit.office.test_notice_text import ABOUT

from assay.formats.attestation import Milestone
from assay.office.milestone_text import reminded
from assay.office.notice_text import MAX_ITEMS, Told

DAY = date(2026, 12, 1)
STEP = Milestone("cisa-form@2024-03#1.c", "no review yet", "have it\nreviewed", "design lead", DAY)
DIGEST = "sha256:" + "ab" * 32


def test_what_is_due() -> None:
    assert reminded([STEP], DAY, DAY, ABOUT, DIGEST) == Told(
        "Milestone due: lantern 2.1.0 (2026-12-01)",
        f"""\
Attestation for lantern 2.1.0, by Lighthouse Works (fictional)

What its plan of action says is due on 2026-12-01:
* cisa-form@2024-03#1.c: have it reviewed

Say how far it is, and when it is met:
https://office.example/submissions/1

-----
Office (fictional)
Attestation {DIGEST}.
This mail was sent by a program. Answer on the page, not to this address.
""",
    )


def test_what_is_overdue() -> None:
    told = reminded([STEP], DAY, DAY + timedelta(days=1), ABOUT, DIGEST)
    assert told.subject == "Milestone overdue: lantern 2.1.0 (2026-12-01)"
    assert "was due on 2026-12-01 and was not reported as met:" in told.text


def test_many_are_counted() -> None:
    told = reminded([STEP] * (MAX_ITEMS + 3), DAY, DAY, ABOUT, DIGEST)
    assert told.text.count("have it reviewed") == MAX_ITEMS
    assert "* and 3 more, on the page below" in told.text
