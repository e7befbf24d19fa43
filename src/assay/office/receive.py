"""Take a submission into due process: what :mod:`assay.office.submit` records, and the case that begins with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from assay.errors import AssayError, Duplicate, Refused, TooLarge, Unavailable
from assay.formats import times
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.office.case import Case, moved, placed
from assay.office.examining import Here, Terms
from assay.office.holding import check_room, check_submission
from assay.office.permissions import Action, Caller, Target, require
from assay.office.ports import Appended, Held, Holdings, Share, Wanted
from assay.office.service import Service, next_step
from assay.office.submit import Admitted, Documents, keep_all, wanted

REPLACEABLE = frozenset(
    {"incomplete", "complete", "deep_validation", "under_response", "answered", "published", "closed"}
)
"""Stages in which a provider may replace a submission by a newer one."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that somebody hands in."""

    caller: Caller
    bundle: Bundle
    admitted: Admitted
    """What :func:`admit_all` made of it."""
    speaks_for: Sequence[str]
    """Providers that the caller's organisation may submit for."""
    parties: Sequence[str] = ()
    """Organisations that the customer list names, and the assessor."""
    owner: str = ""
    """Organisation whose case it is; empty for the caller's own. The caller's is a party then."""


class Received(msgspec.Struct, frozen=True):
    case: Case
    appended: Appended
    """Its entry, with what the receipt is made of."""


Answer = Received | AssayError


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """An :class:`Asked` that nothing speaks against so far."""

    at: int
    asked: Asked
    replaced: Case | None
    also: frozenset[Digest] = frozenset()
    """Artifacts that it names and the organisation brought before."""


def receive(
    service: Service,
    caller: Caller,
    bundle: Bundle,
    *,
    speaks_for: Sequence[str],
    parties: Sequence[str] = (),
    holdings: Holdings | None = None,
) -> Case:
    """Record *bundle* for the caller's organisation, which may submit for the providers named in *speaks_for*.

    Raises what :func:`~assay.office.submit.admit` does; Refused for another provider's attestation, or for a revision of
    what may not be revised; Duplicate when the payload was accepted before. *parties*: organisations that the customer
    list names. *holdings*: what the caller's organisation brought here before, so that the bundle need not have it. TooLarge
    when it then keeps too much here.
    """
    admitted = admit_one(service, bundle)
    asked = Asked(caller=caller, bundle=bundle, admitted=admitted, speaks_for=speaks_for, parties=parties)
    (found,) = receive_all(service, (asked,), holdings)
    if isinstance(found, AssayError):
        raise found
    return found.case


def admit_all(service: Service, bundles: Sequence[Bundle]) -> Sequence[Admitted | AssayError]:
    """Each read and verified, by whoever examines for *service*. Nothing is looked up or kept."""
    terms = Terms(service.office.trust, tuple(ref for ref, _ in service.office.packs), service.now())
    return (service.examiner or Here(service.office.sigstore)).admit(terms, bundles)


def admit_one(service: Service, bundle: Bundle) -> Admitted:
    """:func:`admit_all`, of one. Raises what :func:`~assay.office.submit.admit` does."""
    (found,) = admit_all(service, (bundle,))
    if isinstance(found, AssayError):
        raise found
    return found


def receive_all(
    service: Service, asked: Sequence[Asked], holdings: Holdings | None = None
) -> Sequence[Answer]:
    """:func:`receive` for each that was read, with one look at the holdings, one synchronisation for all documents and one commit; answers in order.

    What is wrong with one is told to that one. Raises when none was recorded.
    """
    now = service.now()
    answers: list[Answer] = [Unavailable("nobody answered")] * len(asked)
    steps: list[_Step] = []
    for at, one in enumerate(asked):
        try:
            steps.append(_step(service, at, one))
        except AssayError as error:
            answers[at] = error
    if holdings is not None and steps:
        steps = _within(steps, _shares(steps, holdings), answers)
    if not steps:
        return answers
    # A crash before the entries leaves blobs that nothing refers to: harmless, and the same names when tried again.
    documents = keep_all([one.asked.bundle for one in steps], service.office.blobs, service.sealed)
    made = [_wanted(service, step, kept, now) for step, kept in zip(steps, documents, strict=True)]
    recorded = service.office.register.append_many(made)
    for step, new, found in zip(steps, made, recorded, strict=True):
        answers[step.at] = _told(service, new.cases[0], found)
    return answers


def must_be_admissible(service: Service, asked: Asked) -> None:
    """Raises what :func:`receive` does, but for what may be kept here."""
    _step(service, 0, asked)
    if (duplicate := _duplicate(service, asked.admitted.payload)) is not None:
        raise duplicate


def _step(service: Service, at: int, asked: Asked) -> _Step:
    caller, admitted = asked.caller, asked.admitted
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.SUBMISSION_CREATE, own)
    if admitted.provider not in asked.speaks_for:
        raise Refused(
            f"the attestation is of {admitted.provider[:80]!r}, for whom your organisation does not speak here"
        )
    if admitted.replaces is not None and (duplicate := _duplicate(service, admitted.payload)) is not None:
        raise duplicate  # rather than that the other one was revised, by this
    return _Step(at=at, asked=asked, replaced=_replaced(service, caller, admitted.replaces))


def _shares(steps: Sequence[_Step], holdings: Holdings) -> Mapping[str, Share]:
    about: dict[str, set[Digest]] = {}
    for one in steps:
        about.setdefault(one.asked.caller.organisation, set()).update(
            one.asked.bundle.artifacts, one.asked.admitted.named
        )
    return holdings.shares(about)


def _within(steps: Sequence[_Step], shares: Mapping[str, Share], answers: list[Answer]) -> list[_Step]:
    """Before anything is written: who keeps too much here is refused whole, and told in *answers*."""
    left: list[_Step] = []
    now = dict(shares)
    for one in steps:
        name, came = one.asked.caller.organisation, _sizes(one.asked.bundle)
        share = now[name]
        try:
            check_submission(shares[name], one.asked.bundle, one.asked.admitted.named)
            check_room(share, came)
        except TooLarge as error:
            answers[one.at] = error
            continue
        more = sum(size for digest, size in came.items() if digest not in share.held)
        now[name] = msgspec.structs.replace(share, kept=share.kept + more, held={**share.held, **came})
        also = frozenset(shares[name].held).intersection(one.asked.admitted.named) - came.keys()
        left.append(msgspec.structs.replace(one, also=also))
    return left


def _sizes(bundle: Bundle) -> dict[Digest, int]:
    return {digest: len(data) for digest, data in bundle.artifacts.items()}


def _wanted(service: Service, step: _Step, kept: Documents, now: datetime) -> Wanted:
    asked, admitted = step.asked, step.asked.admitted
    organisation = asked.caller.organisation
    documents = msgspec.structs.replace(kept, artifacts=tuple(sorted({*kept.artifacts, *step.also})))
    case = _begun(asked.owner or organisation, (*asked.parties, organisation), admitted, now)
    also = () if step.replaced is None else (_ended(step.replaced, now, admitted.payload),)
    return msgspec.structs.replace(
        wanted(service.office, admitted, documents, now),
        cases=(case, *also),
        due=(next_step(case, 0, now),),
        keys=admitted.keys,
        held=tuple(Held(organisation, digest, size) for digest, size in _sizes(asked.bundle).items()),
    )


def _ended(case: Case, now: datetime, by: Digest) -> Case:
    """*case*, in whose place another one stands: nobody has to do anything any more, nor to decide about more time or what is proposed."""
    asked = case.more_time is not None or case.proposal is not None
    because = "" if asked else case.because
    return moved(
        case,
        now,
        replaced_by=by,
        deadline=None,
        waits="nobody",
        more_time=None,
        proposal=None,
        because=because,
    )


def _told(service: Service, case: Case, found: Appended | AssayError) -> Answer:
    if isinstance(found, Appended):
        return Received(placed(case, found.index), found)
    return (_duplicate(service, case.payload) if isinstance(found, Duplicate) else None) or found


def _duplicate(service: Service, payload: Digest) -> Duplicate | None:
    """What is told of *payload* when it was accepted before."""
    earlier = service.office.ledger.submission(payload)
    if earlier is None:
        return None
    return Duplicate(
        f"{payload} was submitted before, on {times.encode(earlier.received)}, as entry {earlier.entry}"
    )


def _begun(organisation: str, parties: Sequence[str], admitted: Admitted, now: datetime) -> Case:
    return Case(
        payload=admitted.payload,
        organisation=organisation,
        parties=tuple(sorted(set(parties) - {organisation})),
        provider=admitted.provider,
        product=admitted.product,
        version=admitted.version,
        subject={label: value for label, value in admitted.values.items() if label != "actor"},
        received=now,
        changed=now,
        replaces=admitted.replaces,
    )


def _replaced(service: Service, caller: Caller, replaces: Digest | None) -> Case | None:
    """The case that a revision ends; None where it is no revision, or of something that is not here (rule C14 says so)."""
    found = None if replaces is None else service.cases.case(replaces)
    if found is None:
        return None
    require(caller, Action.SUBMISSION_REVISE, found.target)
    if found.replaced_by is not None:
        raise Refused(f"{found.payload.short} was revised already, by {found.replaced_by.short}")
    if found.stage not in REPLACEABLE:
        raise Refused(f"{found.payload.short} is {found.stage!r} and cannot be revised now")
    return found
