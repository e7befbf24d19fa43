"""Notices in words, for mail. A provider reads what is missing and how to answer; a customer reads that, and nothing that is not theirs.

What a customer is told names the requirements and no finding: before the provider was heard, a finding may be wrong, and it
may tell an attacker something. No text names another customer.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from assay.formats.case_documents import Item, Notice, NoticeReason
from assay.formats.text import shown

Audience = Literal["provider", "customer"]
MAX_ITEMS = 20
MAX_REASON = 400


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice is about, as its reader knows it."""

    office: str
    provider: str
    product: str
    version: str
    page: str
    """URL where the reader sees it and, if it is theirs, answers."""

    @property
    def what(self) -> str:
        name = " ".join(one for one in (self.product, self.version) if one)
        return shown(name, 120) or "the company as a whole"


class Told(msgspec.Struct, frozen=True):
    subject: str
    text: str


class _Words(msgspec.Struct, frozen=True):
    subject: str
    provider: str
    """What the office found; the attestation's product stands before it."""
    items: str
    answer: str
    """What the provider can do until the deadline."""
    otherwise: str
    customer: str


_WORDS: Mapping[NoticeReason, _Words] = {
    "incomplete": _Words(
        "Incomplete",
        "The attestation is incomplete.",
        "What is missing",
        "hand in a revised attestation that names this one as the one it replaces",
        "Otherwise the submission is closed as incomplete.",
        "An attestation that names you as a customer is incomplete. The provider can complete it.",
    ),
    "contradicted": _Words(
        "Evidence contradicts the attestation",
        "The evidence contradicts the attestation. This is an initial determination: you are heard before the office decides.",
        "What the evidence contradicts",
        "answer with a text and with further evidence, or hand in a revised attestation",
        "Otherwise the office decides by what it has.",
        "The office has doubts about an attestation that names you as a customer. Nothing is decided: the provider is heard first.",
    ),
    "insufficient_evidence": _Words(
        "Insufficient evidence",
        "The evidence does not carry the attestation. This is an initial determination: you are heard before the office decides.",
        "What lacks evidence",
        "answer with a text and with further evidence, or hand in a revised attestation",
        "Otherwise the office decides by what it has.",
        "The evidence for an attestation that names you as a customer is not sufficient yet. Nothing is decided: the provider is heard first.",
    ),
    "evidence_requested": _Words(
        "Evidence requested",
        "The attestation was drawn for a closer look. The office asks for evidence that you keep.",
        "What the office asks for",
        "upload the files with these digests",
        "Otherwise the office decides by what it has.",
        "An attestation that names you as a customer was drawn for a closer look. That says nothing against it.",
    ),
    "determined": _Words(
        "Result published",
        "The office decided, and published the result.",
        "Reasons",
        "",
        "",
        "The result of an attestation that names you as a customer is published.",
    ),
    "closed": _Words(
        "Closed",
        "The submission is closed.",
        "Reasons",
        "",
        "",
        "An attestation that names you as a customer was closed and has no result.",
    ),
    "corrected": _Words(
        "Result corrected",
        "The office corrected a published result. The former one stays in its register.",
        "Reasons",
        "",
        "",
        "The published result of an attestation that names you as a customer was corrected.",
    ),
    "extended": _Words(
        "More time",
        "You asked for more time, and the office gives it. What it asked for before stays the same.",
        "What the office asked for",
        "answer",
        "Otherwise it goes on as it would have before.",
        "The provider of an attestation that names you as a customer was given more time.",
    ),
    "not_extended": _Words(
        "No more time",
        "You asked for more time, and the office does not give it. What it asked for before stays the same.",
        "What the office asked for",
        "answer",
        "Otherwise it goes on as it would have before.",
        "The provider of an attestation that names you as a customer asked for more time.",
    ),
}  # fmt: skip


def told(notice: Notice, about: About, audience: Audience, *, reminder: bool = False) -> Told:
    """*notice* for one reader; a *reminder* says the same once more."""
    words = _WORDS[notice.reason]
    lines = _for_provider if audience == "provider" else _for_customer
    again = "Reminder: " if reminder else ""
    return Told(
        f"{again}{words.subject}: {about.what} (notice {notice.number})",
        "\n".join([*lines(notice, about, words), "", *_foot(notice, about)]) + "\n",
    )


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _for_provider(notice: Notice, about: About, words: _Words) -> Iterator[str]:
    yield f"Attestation for {about.what}, by {shown(about.provider, 120)}"
    yield ""
    yield words.provider
    if notice.items:
        yield ""
        yield f"{words.items}:"
        for item in notice.items[:MAX_ITEMS]:
            yield from _item(item)
        if len(notice.items) > MAX_ITEMS:
            yield f"* and {len(notice.items) - MAX_ITEMS} more, on the page below"
    if notice.text:
        yield ""
        yield shown(notice.text, 4000)
    yield ""
    if notice.respond_by is None or not words.answer:
        yield f"Everything about it: {about.page}"
        return
    yield f"Until {moment(notice.respond_by)} you can {words.answer}:"
    yield about.page
    yield words.otherwise


def _for_customer(notice: Notice, about: About, words: _Words) -> Iterator[str]:
    yield f"Attestation for {about.what}, by {shown(about.provider, 120)}"
    yield ""
    yield words.customer
    refs = list(dict.fromkeys(shown(item.ref, 80) for item in notice.items))
    if refs and notice.reason != "evidence_requested":
        more = f" and {len(refs) - MAX_ITEMS} more" if len(refs) > MAX_ITEMS else ""
        yield f"It is about {', '.join(refs[:MAX_ITEMS])}{more}."
    if notice.respond_by is not None and words.answer:
        yield f"The provider can answer until {moment(notice.respond_by)}. You need not do anything."
    yield ""
    yield f"What you may see of it: {about.page}"


def _item(item: Item) -> Iterator[str]:
    yield f"* {shown(item.ref, 80)}: {shown(item.reason, MAX_REASON)}"
    if item.remedy:
        yield f"  to do: {shown(item.remedy, MAX_REASON)}"


def _foot(notice: Notice, about: About) -> Iterator[str]:
    yield "-----"
    yield f"{shown(about.office, 120)}, notice {notice.number} of {moment(notice.sent)}"
    yield f"Attestation {notice.attestation}. The notice is recorded in the office's register."
    yield "This mail was sent by a program. Answer on the page, not to this address."
