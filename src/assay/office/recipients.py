"""Who is told of a notice (M6). Pure. The words are in :mod:`assay.office.notice_text`."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.formats.case_documents import Notice, NoticeReason
from assay.formats.customers import CustomerList
from assay.formats.mail_message import check_address
from assay.office.case import Case
from assay.office.identity.account import Account
from assay.office.identity.organisation import Status
from assay.office.permission_table import Role

TOLD = frozenset({Role.PROVIDER_MEMBER, Role.PROVIDER_ADMIN})
_TO_CUSTOMERS: frozenset[NoticeReason] = frozenset(
    {"incomplete", "contradicted", "insufficient_evidence", "determined", "closed", "corrected"}
)


class Recipient(msgspec.Struct, frozen=True):
    """*ref* names the recipient in a queue without saying who it is: an account's id, or the row of a customer list."""

    kind: Literal["account", "customer"]
    ref: str


def recipients(
    case: Case, notice: Notice, members: Iterable[Account], customers: CustomerList | None
) -> tuple[Recipient, ...]:
    """Members of the provider's organisation who may answer, then customers who have the product, by row.

    A customer without a mail address is one too: that it cannot be told is for the sender to say.
    """
    told = list(answering(members))
    if customers is not None and notice.reason in _TO_CUSTOMERS:
        told += [
            Recipient("customer", str(row))
            for row, one in enumerate(customers.customers)
            if _has(one.products, case.product)
        ]
    return tuple(told)


def answering(members: Iterable[Account]) -> tuple[Recipient, ...]:
    """Those of the provider's *members* who may answer."""
    return tuple(
        Recipient("account", one.id)
        for one in sorted(members, key=lambda found: found.id)
        if one.status is Status.ACTIVE and one.roles & TOLD and is_address(one.mail)
    )


def _has(products: Sequence[str], product: str) -> bool:
    return not products or product in products


def is_address(text: str) -> bool:
    try:
        check_address(text)
    except Malformed:
        return False
    return True
