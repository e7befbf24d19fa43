"""The work of sending a notice: one piece for each recipient, so that whoever is killed neither loses nor doubles one."""

from collections.abc import Iterable
from datetime import date

import msgspec

from assay.errors import Malformed, Refused, Unavailable
from assay.formats import customers as customer_list
from assay.formats.case_documents import Notice, parse
from assay.formats.customers import Customer, CustomerList
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.identity.account import Account
from assay.office.identity.identity import Identity
from assay.office.identity.organisations import named
from assay.office.keep_customers import newest
from assay.office.mail import Mail, Mailer
from assay.office.milestone_text import reminded
from assay.office.milestones import plan
from assay.office.notice_text import About, Audience, Told, told
from assay.office.recipients import Recipient, answering, is_address, recipients
from assay.office.service import Service
from assay.office.work import Claimed, Due, Outcome, Over

MAIL = "mail"


class _Told(msgspec.Struct, frozen=True, omit_defaults=True):
    notice: str = ""
    reminder: bool = False
    recipient: Recipient | None = None
    customers: str = ""
    """Digest of the list that the recipient is a row of."""
    milestones: date | None = None
    """Not a notice, but a reminder of what is due by that day."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What sending needs beside the office."""

    identity: Identity
    mailer: Mailer
    url: str


def spread(service: Service, post: Post, due: Due) -> None:
    """Handler of NOTIFY: from a notice to the mails that it takes."""
    job = msgspec.json.decode(due.payload, type=_Told)
    case = service.case(Digest.parse(due.subject))
    if job.milestones is not None:
        _put(service, due, answering(_members(post, case)), job)
        return
    digest = job.notice or str(_newest(case))
    notice = _notice(service, digest)
    digest_of = _newest_list(service, case)
    customers = _customers(service, digest_of) if not job.reminder and digest_of is not None else None
    to = recipients(case, notice, _members(post, case), customers)
    _put(service, due, to, _Told(digest, job.reminder, customers=str(digest_of or "")))


def _put(service: Service, due: Due, to: Iterable[Recipient], job: _Told) -> None:
    service.work.put(
        tuple(
            Due(
                key=f"{MAIL}:{due.key}:{one.kind}:{one.ref}",
                kind=MAIL,
                subject=due.subject,
                at=due.at,
                payload=msgspec.json.encode(msgspec.structs.replace(job, recipient=one)),
            )
            for one in to
        )
    )


def milestones_of(due: Due) -> date | None:
    """The day of the milestones that work of NOTIFY reminds of; None where it is about a notice."""
    return msgspec.json.decode(due.payload, type=_Told).milestones


def notice_of(service: Service, due: Due) -> tuple[Notice, bool]:
    """What work of NOTIFY is about, and whether it is a reminder of it."""
    job = msgspec.json.decode(due.payload, type=_Told)
    digest = job.notice or str(_newest(service.case(Digest.parse(due.subject))))
    return _notice(service, digest), job.reminder


def mail(service: Service, post: Post, claimed: Claimed) -> Outcome:
    """Handler of MAIL. An address that is refused for good is given up, and seen among what was."""
    job = msgspec.json.decode(claimed.due.payload, type=_Told)
    if job.recipient is None:
        return Over("there is no recipient")
    case = service.case(Digest.parse(claimed.due.subject))
    if job.milestones is not None:
        return _remind(service, post, claimed, case, job.milestones, job.recipient)
    notice = _notice(service, job.notice)
    if job.reminder and (case.waits != "provider" or case.notices != notice.number):
        return None  # answered meanwhile
    whom = job.recipient
    if whom.kind == "account":
        audience: Audience = "provider"
        page = _page(post, case)
        address = _address(post, case, whom)
    else:
        audience = "customer"
        page = f"{post.url}/results/{case.payload.value}"
        row = _row(service, case, job.customers, int(whom.ref))
        address = row.contact if row is not None else ""
        if row is not None and not is_address(address):
            return _untold(post, whom.ref, row)
    if not address:
        return None  # left meanwhile
    words = told(notice, _about(service, case, page), audience, reminder=job.reminder)
    return _sent(post, claimed, address, words)


def _remind(
    service: Service, post: Post, claimed: Claimed, case: Case, day: date, whom: Recipient
) -> Outcome:
    address = _address(post, case, whom)
    if day not in case.ahead or not address:
        return None  # met, or over, or left meanwhile
    late = [one.milestone for one in plan(service, case) if one.milestone.due == day and one.state != "met"]
    about = _about(service, case, f"{_page(post, case)}#milestones")
    words = reminded(late, day, service.now().date(), about, str(case.payload))
    return _sent(post, claimed, address, words)


def _about(service: Service, case: Case, page: str) -> About:
    return About(
        office=service.office.name,
        provider=case.provider,
        product=case.product,
        version=case.version,
        page=page,
    )


def _page(post: Post, case: Case) -> str:
    return f"{post.url}/cases/{case.payload.value}"


def _address(post: Post, case: Case, whom: Recipient) -> str:
    """Empty when that account is gone."""
    return next((one.mail for one in _members(post, case) if one.id == whom.ref), "")


def _sent(post: Post, claimed: Claimed, address: str, words: Told) -> Outcome:
    name = Digest.sha256(claimed.due.key.encode()).value[:32]
    try:
        post.mailer.send(Mail(id=name, to=address, subject=words.subject, text=words.text))
    except (Refused, Malformed) as error:
        return Over(str(error))
    return None


def _members(post: Post, case: Case) -> Iterable[Account]:
    with post.identity.identities.read() as rows:
        return rows.find(Account, organisation=case.organisation)


def _newest_list(service: Service, case: Case) -> Digest | None:
    return newest(case, service.office.ledger.submission(case.payload))


def _customers(service: Service, digest: Digest) -> CustomerList:
    return customer_list.parse(service.office.blobs.get(digest))


def _untold(post: Post, ref: str, row: Customer) -> Outcome:
    """A customer without an address is told where its organisation is here: it sees the case, and may subscribe. Else a person
    has to see that it was not."""
    if row.id is not None and named(post.identity.identities, ((row.id.scheme, row.id.value),)):
        return None
    return Over(
        f"row {int(ref) + 1} of the customer list has no mail address: tell this customer in another way"
    )


def _row(service: Service, case: Case, spread: str, row: int) -> Customer | None:
    """The customer in *row* of the list *spread*; None where it left the list meanwhile. A salt names a row in every list."""
    now = _newest_list(service, case)
    if now is None:
        return None
    rows = _customers(service, now).customers
    if spread and spread != str(now):
        salt = _customers(service, Digest.parse(spread)).customers[row].salt
        return next((one for one in rows if one.salt == salt), None)
    return rows[row] if row < len(rows) else None


def _notice(service: Service, digest: str) -> Notice:
    return parse(service.office.blobs.get(Digest.parse(digest)), Notice)


def _newest(case: Case) -> Digest:
    if case.told is None:
        raise Unavailable(f"case {case.payload.short} has no notice")
    return case.told
