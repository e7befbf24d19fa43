"""Challenges for passkeys: made here, kept here, and good for one answer."""

import msgspec

from assay.office.identity.account import Challenge
from assay.office.identity.identity import Identity
from assay.office.identity.ports import Changing
from assay.office.identity.words import key, secret, unauthenticated

CHALLENGE_BYTES = 32


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """*options* are JSON for the browser. It comes back with its answer and *handle*, a secret that is best kept in a cookie."""

    handle: str
    options: bytes


def challenge(
    identity: Identity, rows: Changing, purpose: str, *, bound: str = "", account: str = "", issuer: str = ""
) -> tuple[str, bytes]:
    """Keep a new one; its handle, and what is to be signed."""
    handle, data = secret(identity.entropy), identity.entropy.bytes(CHALLENGE_BYTES)
    expires = identity.clock.now() + identity.limits.challenge
    rows.add(
        Challenge(
            id=key(handle),
            purpose=purpose,
            bound=bound,
            account=account,
            issuer=issuer,
            challenge=data,
            expires=expires,
        )
    )
    return handle, data


def spend(identity: Identity, handle: str, purpose: str, *, bound: str = "") -> Challenge:
    """Take what was kept, whatever becomes of the answer: a second one finds nothing. Unauthenticated."""
    with identity.identities.change() as rows:
        found = rows.take(Challenge, key(handle))
    if (
        found is None
        or found.purpose != purpose
        or found.bound != bound
        or found.expires <= identity.clock.now()
    ):
        raise unauthenticated()
    return found
