"""Forget what has expired, and read the trail."""

from assay.office.identity.identity import Identity
from assay.office.identity.trail import Noted
from assay.office.permissions import Action, Caller, require_role, visible

MAX_EVENTS = 1_000


def sweep(identity: Identity) -> int:
    """How many rows went. To be run now and then; nothing relies on it."""
    with identity.identities.change() as rows:
        return rows.sweep(identity.clock.now())


def trail(
    identity: Identity, caller: Caller, *, before: int | None = None, limit: int = 100
) -> tuple[Noted, ...]:
    """The newest events that the caller may see, those before number *before*."""
    require_role(caller, Action.AUDIT_READ)
    seen = visible(caller, Action.AUDIT_READ)
    organisation = None if seen.everything else seen.owner
    with identity.identities.read() as rows:
        return rows.trail(organisation=organisation, before=before, limit=min(limit, MAX_EVENTS))
