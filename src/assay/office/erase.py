"""Erase what a submission's entries mean, when nobody has to keep it any more: openings, documents, and names in the database.

The entries stay, and say nothing. What was published and copied by others is not the office's to take back; verdicts on other
submissions that cite an artifact used before go on naming whose it was, or they could not be recomputed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from assay.errors import Malformed, Refused
from assay.formats import strict_json, times
from assay.formats.case_documents import Ending, parse
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.log import entry
from assay.office.office_policy import OfficePolicy
from assay.office.openings import Eraser
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery
from assay.office.service import Service
from assay.register import leaf
from assay.register.leaf import Kind

Reason = Literal["retention", "request", "court", "mistake"]
OUTCOME = "erased"
LIMIT = 1 << 20


class Erasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the register records of an erasure: how much, and why; not of what."""

    format: Literal["urn:assay:erasure:1"] = "urn:assay:erasure:1"
    entries: tuple[int, ...]
    """Whose openings are erased."""
    documents: int
    reason: Reason
    policy: str
    """``sha256:…`` of the office policy that it was done under."""
    made: str
    salt: str

    def encode(self) -> bytes:
        return strict_json.encode(self)

    @classmethod
    def parse(cls, data: bytes) -> "Erasure":
        return strict_json.decode(data, cls, what="erasure", limit=LIMIT)


class Forgetting(Protocol):
    """The database's rows about a submission."""

    def forget(self, case: Case) -> None:
        """Store *case*, which has no names any more, one revision on, take them out of the submission's row, and drop what was due of it.

        Durable when it returns; a crash inside leaves all or nothing of it. Refused when the case has moved meanwhile.
        """


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    record: int
    """Index of the entry that records it."""
    entries: tuple[int, ...]
    documents: int
    kept: tuple[Digest, ...]
    """Documents that another submission uses."""


def erase(
    service: Service, eraser: Eraser, forgetting: Forgetting, case: Case, reason: Reason, *, actor: str
) -> Erased:
    """Erase all of *case*. Refused under a hold, and while something of it is still to be decided.

    It is recorded first. After a crash in here some of it is erased, and the case still has its names: erase again.
    """
    must_be_free(service.policy, case)
    office, now = service.office, service.now()
    named, kept = _documents(service, case)
    record = Erasure(
        entries=case.entries,
        documents=len(named),
        reason=reason,
        policy=str(service.policy.digest),
        made=times.encode(now),
        salt=service.salt(),
    )
    document = office.blobs.put(record.encode())
    values = {"actor": actor, "outcome": OUTCOME}
    done = office.register.append(entry(office, Kind.CORRECTION, document, values, now, None))
    for index in case.entries:
        eraser.erase(index)
    for digest in named:
        office.blobs.erase(digest)
        service.sealed.erase(digest)
    forgetting.forget(nameless(case, now))
    return Erased(record=done.index, entries=case.entries, documents=len(named), kept=kept)


def must_be_free(policy: OfficePolicy, case: Case) -> None:
    """Refused when something keeps *case*."""
    if policy.legal_hold:
        raise Refused("the office's policy sets a legal hold on everything: nothing is erased")
    if case.held:
        raise Refused(f"case {case.payload.short} is under a legal hold: nothing of it is erased")
    if case.open:
        raise Refused(
            f"case {case.payload.short} is {case.stage!r}: it is erased once it is closed, withdrawn or published"
        )


def hold(service: Service, case: Case, *, held: bool) -> Case:
    """Set or lift a legal hold on *case*, whatever stage it is at. When its life ended does not change by that."""
    if case.held == held:
        raise Refused(f"case {case.payload.short} {'is' if held else 'is not'} under a legal hold")
    after = msgspec.structs.replace(case, held=held, revision=case.revision + 1)
    service.cases.keep(after)
    return after


def nameless(case: Case, now: datetime) -> Case:
    """*case* without what was erased: that it was there, how it went, whose it was by an id."""
    return msgspec.structs.replace(
        case,
        provider="", product="", version="", subject={}, parties=(), because="", requested=(), supplied=(), proposal=None, proposals=(),
        told=None, initial=None, response=None, final=None, published=None, verdict=None, referred=(),
        shown_since=None, rederivation=None, derived=(), plan=(),
        revision=case.revision + 1, changed=now, deadline=None,
    )  # fmt: skip


def about(service: Service, index: int) -> Case:
    """The case that entry *index* is about. Refused when it is about none."""
    (backing,) = service.office.ledger.backing(index, index + 1)
    if backing.about is not None:
        page = service.cases.find(
            CaseQuery(visible=Visible(everything=True), entries=(backing.about,), limit=1)
        )
        if page.cases:
            return page.cases[0]
    for case in _all(service, Visible(everything=True)):
        if index in case.entries:
            return case
    raise Refused(f"entry {index} is not about a submission: it says nothing that could be erased")


def due(policy: OfficePolicy, cases: Iterable[Case], now: datetime) -> Iterator[Case]:
    """Those whose time to be kept is over, and that nothing holds."""
    for case in cases:
        ended = ended_at(case)
        days = policy.retention_days if case.publication is not None else policy.closed_retention_days
        kept = policy.legal_hold or case.held or not days or case.erased
        if not kept and ended is not None and now >= ended + timedelta(days=days):
            yield case


def ended_at(case: Case) -> datetime | None:
    """When the life of *case* ended; None while it goes on."""
    if case.stage in ("closed", "withdrawn"):
        return case.changed
    if case.stage == "published" and case.lapsed is not None:
        return case.lapsed
    return case.changed if case.stage == "published" and case.replaced_by is not None else None


def due_now(service: Service) -> tuple[Case, ...]:
    return tuple(due(service.policy, _all(service, Visible(everything=True)), service.now()))


def _all(service: Service, seen: Visible) -> Iterator[Case]:
    after = ""
    while True:
        page = service.cases.find(
            CaseQuery(visible=seen, sort="received", descending=False, after=after, limit=200)
        )
        yield from page.cases
        if not page.after:
            return
        after = page.after


def _documents(service: Service, case: Case) -> tuple[tuple[Digest, ...], tuple[Digest, ...]]:
    """Documents that go with *case*, and those that stay because another submission uses them."""
    office = service.office
    found = {digest for index in case.entries for digest in _of_entry(service, index)}
    found |= {
        one
        for one in (case.told, case.initial, case.response, case.final, case.published, case.verdict)
        if one is not None
    }
    artifacts = {*case.supplied, *case.requested}
    submission = office.ledger.submission(case.payload)
    if submission is not None:
        artifacts |= set(submission.artifacts)
        named = (submission.envelope, submission.customers, submission.verdict, submission.result)
        found |= {one for one in named if one is not None}
    found |= {*case.customer_lists, *case.referred, *case.derived, *case.proposals, *_packages(service, case)}
    uses = office.ledger.uses(tuple(sorted(artifacts)), office.register.size())
    shared = {digest for digest, other in uses if other.payload != case.payload}
    shared |= set(_other_lists(service, case)) & found
    gone = sorted(one for one in (found | artifacts) - shared if office.blobs.has(one))
    return tuple(gone), tuple(sorted(shared))


def _other_lists(service: Service, case: Case) -> Iterator[Digest]:
    """Lists of customers that the provider handed in with its other submissions: they may be the same bytes."""
    for other in _all(service, Visible(owner=case.organisation)):
        submission = service.office.ledger.submission(other.payload)
        if other.payload != case.payload and submission is not None:
            yield from other.customer_lists
            if submission.customers is not None:
                yield submission.customers


def _packages(service: Service, case: Case) -> Iterator[Digest]:
    """Archives that were handed on: each holds all of the case."""
    blobs = service.office.blobs
    for digest in case.referred:
        if blobs.has(digest) and (package := parse(blobs.get(digest), Ending).document):
            yield Digest.parse(package)


def _of_entry(service: Service, index: int) -> tuple[Digest, ...]:
    try:
        return leaf.parse(service.office.register.leaf(index)).digests
    except Malformed:
        return ()  # a damaged entry names nothing; the register's own checks tell of it
