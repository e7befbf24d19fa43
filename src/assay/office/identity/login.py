"""Come in with a passkey. Nobody says who it is before: which accounts there are cannot be asked for."""

import msgspec

from assay.errors import Malformed, Untrusted
from assay.office.identity import look
from assay.office.identity.account import Account, Passkey
from assay.office.identity.ceremony import Ceremony, challenge, spend
from assay.office.identity.identity import Identity
from assay.office.identity.ports import Changing
from assay.office.identity.session import SignedIn, open_session
from assay.office.identity.trail import Event
from assay.office.identity.words import unauthenticated


def login_begin(identity: Identity) -> Ceremony:
    with identity.identities.change() as rows:
        handle, data = challenge(identity, rows, "login")
    return Ceremony(handle=handle, options=identity.passkeys.request(data))


def login_complete(identity: Identity, handle: str, answer: bytes) -> SignedIn:
    """Unauthenticated, whatever was wrong."""
    asked = spend(identity, handle, "login")
    passkey, count = verified(identity, asked.challenge, answer)
    with identity.identities.change() as rows:
        account = used(identity, rows, passkey, count)
        entered = open_session(identity, rows, account) if account is not None else None
    if entered is None:
        raise unauthenticated()
    return entered


def verified(identity: Identity, signed: bytes, answer: bytes, *, account: str = "") -> tuple[Passkey, int]:
    """The passkey that signed, of *account* when one is named, and its new count."""
    try:
        named = identity.passkeys.named(answer)
        with identity.identities.read() as rows:
            passkey = rows.get(Passkey, named)
        if passkey is None or (account and passkey.account != account):
            raise unauthenticated()
        return passkey, identity.passkeys.confirmed(answer, signed, passkey)
    except (Malformed, Untrusted) as error:
        raise unauthenticated() from error


def used(identity: Identity, rows: Changing, passkey: Passkey, count: int) -> Account | None:
    """Whose it is; None when its count went back: then there are two of it (WebAuthn level 3, section 6.1.1)."""
    now = identity.clock.now()
    current = rows.get(Passkey, passkey.id)
    if current is None:
        raise unauthenticated()
    account, organisation = look.active(rows, current.account)
    if (count or current.sign_count) and count <= current.sign_count:
        rows.note(
            Event(
                at=now,
                actor=f"account:{account.id}",
                action="passkey.count_went_back",
                organisation=organisation.id,
                subject=current.id,
                detail=f"from {current.sign_count} to {count}",
            )
        )
        return None
    rows.put(msgspec.structs.replace(current, sign_count=count, used=now))
    return account
