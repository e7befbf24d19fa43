"""A reminder of milestones in words, for mail to the provider. Nobody else is told."""

from collections.abc import Iterator, Sequence
from datetime import date

from assay.formats.attestation import Milestone
from assay.formats.text import shown
from assay.office.notice_text import MAX_ITEMS, MAX_REASON, About, Told


def reminded(due: Sequence[Milestone], day: date, today: date, about: About, attestation: str) -> Told:
    """Of the milestones that are *due* by *day* and not met. *attestation*: its digest."""
    overdue = today > day
    word = "overdue" if overdue else "due"
    subject = f"Milestone {word}: {about.what} ({day})"
    return Told(subject, "\n".join(_lines(due, day, about, attestation, overdue=overdue)) + "\n")


def _lines(
    due: Sequence[Milestone], day: date, about: About, attestation: str, *, overdue: bool
) -> Iterator[str]:
    yield f"Attestation for {about.what}, by {shown(about.provider, 120)}"
    yield ""
    said = f"was due on {day} and was not reported as met" if overdue else f"is due on {day}"
    yield f"What its plan of action says {said}:"
    for one in due[:MAX_ITEMS]:
        yield f"* {shown(one.requirement, 80)}: {shown(one.action, MAX_REASON)}"
    if len(due) > MAX_ITEMS:
        yield f"* and {len(due) - MAX_ITEMS} more, on the page below"
    yield ""
    yield "Say how far it is, and when it is met:"
    yield about.page
    yield ""
    yield "-----"
    yield shown(about.office, 120)
    yield f"Attestation {attestation}."
    yield "This mail was sent by a program. Answer on the page, not to this address."
