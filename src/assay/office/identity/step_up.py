"""Confirm with a passkey, in a session, before doing what asks for it."""

import msgspec

from assay.office.identity.account import Passkey, Session
from assay.office.identity.authenticate import Presence
from assay.office.identity.ceremony import Ceremony, challenge, spend
from assay.office.identity.identity import Identity
from assay.office.identity.login import used, verified
from assay.office.identity.words import unauthenticated


def step_up_begin(identity: Identity, presence: Presence) -> Ceremony:
    session = presence.session
    with identity.identities.change() as rows:
        known = [one.id for one in rows.find(Passkey, account=session.account)]
        handle, data = challenge(identity, rows, "step-up", bound=session.id, account=session.account)
    return Ceremony(handle=handle, options=identity.passkeys.request(data, known=known))


def step_up_complete(identity: Identity, presence: Presence, handle: str, answer: bytes) -> Session:
    """The session, confirmed now. Unauthenticated, whatever was wrong; the session goes on as it was."""
    session = presence.session
    asked = spend(identity, handle, "step-up", bound=session.id)
    passkey, count = verified(identity, asked.challenge, answer, account=session.account)
    confirmed = None
    with identity.identities.change() as rows:
        current = rows.get(Session, session.id)
        if used(identity, rows, passkey, count) is not None and current is not None:
            confirmed = msgspec.structs.replace(current, stepped_up=identity.clock.now())
            rows.put(confirmed)
    if confirmed is None:
        raise unauthenticated()
    return confirmed
