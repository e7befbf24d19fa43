"""The provider's list of customers, which it keeps up while its attestation stands (M3). Restricted: nothing here shows a row.

The attestation commits to the list that was submitted, and that one is judged. Notices go by the newest.
"""

from collections.abc import Callable, Collection, Sequence

from assay.errors import Refused
from assay.formats import customers as customer_list
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.case_documents import Change
from assay.formats.customers import Customer, CustomerList
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.accesses import Access, Accesses
from assay.office.case import Case
from assay.office.case_changes import record
from assay.office.identity.organisations import named
from assay.office.identity.ports import Identities
from assay.office.permissions import Action, Caller
from assay.office.ports import Blobs, Submission
from assay.office.service import Service, asked

MAX_LISTS = 1000
"""In the place of one submission's."""
Known = Callable[[Sequence[Customer]], Collection[str]]
"""Organisations here that rows name."""


def newest(case: Case, submission: Submission | None) -> Digest | None:
    """The list that counts now; None where none was ever handed in."""
    if case.customer_lists:
        return case.customer_lists[-1]
    return submission.customers if submission is not None else None


def held(service: Service, case: Case) -> Digest | None:
    """:func:`newest`, where it is kept still."""
    digest = newest(case, service.office.ledger.submission(case.payload))
    return digest if digest is not None and service.office.blobs.has(digest) else None


def read(service: Service, at: Accesses, caller: Caller, payload: Digest, reason: str = "") -> CustomerList:
    """The newest list. That somebody of the office read it, and why, is in the log before anybody has it. Refused where there is none."""
    case = asked(service, caller, Action.CUSTOMERS_READ, payload)
    digest = held(service, case)
    if digest is None:
        raise Refused("no list of customers is kept with this submission")
    if caller.organisation != case.organisation:
        if not reason.strip() or len(reason) > 2000:
            raise Refused(
                "say in 'reason', in at most 2000 characters, why you read it: its provider sees that"
            )
        at.note(
            Access(
                at=service.now(),
                what="read",
                actor=caller.id,
                organisation=caller.organisation,
                owner=case.organisation,
                case=payload,
                artifact=digest,
                reason=reason,
            )
        )
    return customer_list.parse(service.office.blobs.get(digest))


def replace(service: Service, caller: Caller, payload: Digest, new: CustomerList, known: Known) -> Case:
    """*new* in the place of the newest list. The submitted one stays, as it is part of what was attested.

    Whom no list names any more sees the case no more. Refused for a case that is over, or has moved meanwhile.
    """
    return _replaced(service, asked(service, caller, Action.CUSTOMERS_WRITE, payload), new, known)


def _replaced(service: Service, case: Case, new: CustomerList, known: Known) -> Case:
    """As *case* stands: where another list came meanwhile, it is Refused."""
    if case.replaced_by is not None or case.stage in ("closed", "withdrawn"):
        raise Refused("the submission is over, or was revised: keep the list of the one that stands")
    if len(case.customer_lists) >= MAX_LISTS:
        raise Refused(f"the list was replaced {MAX_LISTS} times: revise the submission")
    data = customer_list.encode(new)
    submission = service.office.ledger.submission(case.payload)
    before = newest(case, submission)
    if before == Digest.sha256(data):
        return case
    parties = parties_with(service.office.blobs, submission, case, new, known)
    # A crash after this leaves a blob that nothing refers to.
    kept = service.sealed.put(data)
    now = service.now()
    change = Change(
        attestation=str(case.payload), salt=service.salt(), kind="customers", made=now, customers=str(kept)
    )
    lists = (*case.customer_lists, kept)
    return record(service, case, change, case.organisation, now, customer_lists=lists, parties=parties)


def parties_with(
    blobs: Blobs, submission: Submission | None, case: Case, new: CustomerList, known: Known
) -> tuple[str, ...]:
    """Whom *case* names with *new* in the place of its newest list. Unavailable where that, or the attestation, is lost."""
    before = newest(case, submission)
    products = _products(blobs, submission)
    old = customer_list.parse(blobs.get(before)) if before is not None else CustomerList(customers=())
    gone = set(known(having(old, products))) - {case.organisation}
    come = set(known(having(new, products))) - {case.organisation}
    return tuple(sorted((set(case.parties) - gone) | come))


def add(service: Service, caller: Caller, payload: Digest, row: Customer, known: Known) -> Case:
    """*row* at the end of the newest list, or of none. As :func:`replace`."""
    case = asked(service, caller, Action.CUSTOMERS_WRITE, payload)
    return _replaced(service, case, CustomerList(customers=(*_rows(service, case), row)), known)


def remove(service: Service, caller: Caller, payload: Digest, row: Digest, known: Known) -> Case:
    """The newest list without the row of that :func:`~assay.formats.customers.row_digest`; Refused where it has none. As :func:`replace`."""
    case = asked(service, caller, Action.CUSTOMERS_WRITE, payload)
    before = _rows(service, case)
    left = tuple(one for one in before if customer_list.row_digest(one) != row)
    if len(left) == len(before):
        raise Refused("the list has no such row any more: look at it again")
    return _replaced(service, case, CustomerList(customers=left), known)


def _rows(service: Service, case: Case) -> tuple[Customer, ...]:
    digest = held(service, case)
    return customer_list.parse(service.office.blobs.get(digest)).customers if digest is not None else ()


def named_in(identities: Identities, rows: Sequence[Customer]) -> tuple[str, ...]:
    """Organisations here that *rows* name by an identifier."""
    return named(identities, ((one.id.scheme, one.id.value) for one in rows if one.id is not None))


def having(found: CustomerList, products: Collection[str]) -> list[Customer]:
    """Rows of those who have one of *products*."""
    about = set(products)
    return [
        one for one in found.customers if not (one.products and about) or about.intersection(one.products)
    ]


def _products(blobs: Blobs, submission: Submission | None) -> Collection[str]:
    if submission is None:
        return ()
    envelope = Envelope.parse(blobs.get(submission.envelope), what="attestation.dsse.json")
    return {one.name for one in parse_attestation(envelope.payload).releases}
