"""Come in by one's organisation's own login. It confirms nothing: what asks for a confirmation still takes a passkey."""

import base64

import msgspec

from assay.errors import Duplicate, Malformed, Refused, Untrusted
from assay.formats.text import shown
from assay.office.identity import look
from assay.office.identity.account import Account, Challenge
from assay.office.identity.authenticate import Presence
from assay.office.identity.ceremony import challenge, spend
from assay.office.identity.identity import Identity
from assay.office.identity.ports import Claims, StaffLogin
from assay.office.identity.session import SignedIn, open_session
from assay.office.identity.trail import Event
from assay.office.identity.words import digest, key, same, unauthenticated
from assay.office.permissions import Action, Target, require


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """The browser goes to *address*, and comes back with a state and a code. *handle*: a secret for its cookie meanwhile."""

    handle: str
    address: str


def staff_begin(identity: Identity, issuer: str) -> Leaving:
    """Refused for an issuer that nobody logs in at. Unavailable."""
    return _leave(identity, issuer, "staff")


def staff_complete(identity: Identity, handle: str, state: str, code: str) -> SignedIn:
    """For an account that was linked before. Unauthenticated, whatever was wrong; Unavailable."""
    claims = _returned(identity, handle, state, code, "staff")
    with identity.identities.change() as rows:
        found = rows.find(Account, issuer=claims.issuer, subject=claims.subject)
        if len(found) != 1:
            raise unauthenticated()
        account, _ = look.active(rows, found[0].id)
        return open_session(identity, rows, account, confirmed=False)


def link_begin(identity: Identity, presence: Presence, issuer: str) -> Leaving:
    """From a session that was confirmed with a passkey."""
    require(presence.caller, Action.PASSKEY_MANAGE_OWN, Target(account=presence.account.id))
    return _leave(identity, issuer, "link", bound=presence.session.id)


def link_complete(identity: Identity, presence: Presence, handle: str, state: str, code: str) -> Account:
    """Whoever logged in there comes in here as this account from now on, and as no other. Duplicate when it is another one's."""
    require(presence.caller, Action.PASSKEY_MANAGE_OWN, Target(account=presence.account.id))
    claims = _returned(identity, handle, state, code, "link", bound=presence.session.id)
    with identity.identities.change() as rows:
        account, _ = look.active(rows, presence.account.id)
        others = rows.find(Account, issuer=claims.issuer, subject=claims.subject)
        if any(one.id != account.id for one in others):
            raise Duplicate("that login belongs to another account here")
        linked = msgspec.structs.replace(account, issuer=claims.issuer, subject=claims.subject)
        rows.put(linked)
        rows.note(_event(identity, presence, "account.linked"))
    return linked


def unlink(identity: Identity, presence: Presence) -> Account:
    require(presence.caller, Action.PASSKEY_MANAGE_OWN, Target(account=presence.account.id))
    with identity.identities.change() as rows:
        account, _ = look.active(rows, presence.account.id)
        rows.put(msgspec.structs.replace(account, issuer="", subject=""))
        rows.note(_event(identity, presence, "account.unlinked"))
    return msgspec.structs.replace(account, issuer="", subject="")


def _leave(identity: Identity, issuer: str, purpose: str, *, bound: str = "") -> Leaving:
    staff = _staff(identity)
    if issuer not in staff.issuers():
        raise Refused(f"nobody logs in here at {shown(issuer, 80)!r}")
    with identity.identities.change() as rows:
        handle, data = challenge(identity, rows, purpose, bound=bound, issuer=issuer)
    address = staff.address(
        issuer, state=key(handle), nonce=_derived(data, "nonce"), verifier=_derived(data, "verifier")
    )
    return Leaving(handle=handle, address=address)


def _returned(
    identity: Identity, handle: str, state: str, code: str, purpose: str, *, bound: str = ""
) -> Claims:
    asked = spend(identity, handle, purpose, bound=bound)
    if not same(key(handle).encode(), state.encode("utf-8", "replace")):
        raise unauthenticated()
    return _redeemed(identity, asked, code)


def _redeemed(identity: Identity, asked: Challenge, code: str) -> Claims:
    try:
        claims = _staff(identity).redeem(
            asked.issuer, code, verifier=_derived(asked.challenge, "verifier"), now=identity.clock.now()
        )
    except (Malformed, Untrusted) as error:
        raise unauthenticated() from error
    nonce = _derived(asked.challenge, "nonce")
    if (
        claims.issuer != asked.issuer
        or not claims.subject
        or not same(claims.nonce.encode("utf-8", "replace"), nonce.encode())
    ):
        raise unauthenticated()
    return claims


def _staff(identity: Identity) -> StaffLogin:
    if identity.staff is None:
        raise Refused("people come in here with passkeys only")
    return identity.staff


def _derived(data: bytes, what: str) -> str:
    """43 characters, as RFC 7636 section 4.1 asks for; one tells nothing about another."""
    return base64.urlsafe_b64encode(digest(f"assay {what} {data.hex()}")).decode("ascii").rstrip("=")


def _event(identity: Identity, presence: Presence, action: str) -> Event:
    return Event(
        at=identity.clock.now(),
        actor=presence.caller.id,
        action=action,
        organisation=presence.organisation.id,
        subject=presence.account.id,
    )
