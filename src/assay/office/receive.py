"""Take a submission into due process: what :mod:`assay.office.submit` records, and the case that begins with it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from assay.errors import Duplicate, Refused
from assay.formats import times
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.office.case import Case, moved
from assay.office.permissions import Action, Caller, Target, require
from assay.office.ports import Holdings
from assay.office.service import Service, next_step
from assay.office.submit import Admitted, Documents, admit, keep, wanted

REPLACEABLE = frozenset(
    {"incomplete", "complete", "deep_validation", "under_response", "answered", "published", "closed"}
)
"""Stages in which a provider may replace a submission by a newer one."""


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
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.SUBMISSION_CREATE, own)
    office, now = service.office, service.now()
    admitted = admit(office.trust, [ref for ref, _ in office.packs], bundle, now)
    if admitted.provider not in speaks_for:
        raise Refused(
            f"the attestation is of {admitted.provider[:80]!r}, for whom your organisation does not speak here"
        )
    earlier = office.ledger.submission(admitted.payload)
    if earlier is not None:
        raise Duplicate(
            f"{admitted.payload} was submitted before, on {times.encode(earlier.received)}, as entry {earlier.entry}"
        )
    replaced = _replaced(service, caller, admitted.replaces)
    # A crash before the entry leaves blobs that nothing refers to: harmless, and the same names when tried again.
    documents = _kept(service, caller.organisation, admitted, bundle, holdings)
    case = _begun(caller.organisation, parties, admitted, now)
    made = wanted(office, admitted, documents, now)
    also = (
        ()
        if replaced is None
        else (moved(replaced, now, replaced_by=admitted.payload, deadline=None, waits="nobody"),)
    )
    office.register.append(
        msgspec.structs.replace(made, cases=(case, *also), due=(next_step(case, 0, now),), keys=admitted.keys)
    )
    return service.case(admitted.payload)


def _kept(
    service: Service, organisation: str, admitted: Admitted, bundle: Bundle, holdings: Holdings | None
) -> Documents:
    if holdings is None:
        return keep(bundle, service.office.blobs, service.sealed)
    came = {digest: len(data) for digest, data in bundle.artifacts.items()}
    # Before anything is written: who keeps too much here is refused whole.
    holdings.room(organisation, came)
    documents = keep(bundle, service.office.blobs, service.sealed)
    holdings.hold(organisation, came)
    also = holdings.held(organisation, admitted.named)
    return msgspec.structs.replace(documents, artifacts=tuple(sorted({*documents.artifacts, *also})))


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
