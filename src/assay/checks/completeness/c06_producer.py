"""C6: who the producer is and whom to ask; regions and postal codes are not asked, as many countries have none."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.evidence.naming import is_placeholder
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    producer, contact = submission.attestation.provider, submission.attestation.contact
    for part, fields in (
        (
            "the producer",
            {name: getattr(producer, name) for name in ("name", "address", "city", "country", "website")},
        ),
        (
            "the contact",
            {name: getattr(contact, name) for name in ("name", "title", "address", "phone", "email")},
        ),
    ):
        lacking = [name for name, value in fields.items() if is_placeholder(value)]
        if lacking:
            yield f"{part} lacks {', '.join(lacking)}"
    if not is_placeholder(contact.email) and not _is_email(contact.email):
        yield f"the contact's email {shown(contact.email, 80)!r} is not an address"


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and not any(c.isspace() for c in text)


RULE = Rule(
    id="C6",
    title="producer and contact are filled in",
    remedy="fill in the producer's and the contact's fields; the contact may be a person, a role or a group",
    examine=examine,
)
