"""Sessions: how one begins, and how what belongs to it is checked."""

import base64

import msgspec

from assay.errors import Forbidden
from assay.office.identity.account import Account, Session
from assay.office.identity.identity import Identity
from assay.office.identity.ports import Changing
from assay.office.identity.words import key, same, secret


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session. *cookie* is its secret: for ``Set-Cookie`` only, never for a log, a page or a URL."""

    cookie: str
    session: Session
    account: Account


def open_session(identity: Identity, rows: Changing, account: Account, *, confirmed: bool = True) -> SignedIn:
    """*confirmed*: for somebody who has just used a passkey."""
    now = identity.clock.now()
    cookie = secret(identity.entropy)
    session = Session(
        id=key(cookie),
        account=account.id,
        csrf=base64.urlsafe_b64encode(identity.entropy.bytes(24)).decode("ascii"),
        created=now,
        seen=now,
        expires=now + identity.limits.session,
        stepped_up=now if confirmed else None,
    )
    rows.add(session)
    return SignedIn(cookie=cookie, session=session, account=account)


def end_sessions(rows: Changing, account: str, *, but: str = "") -> None:
    """All of an account, but the one with id *but*."""
    for one in rows.find(Session, account=account):
        if one.id != but:
            rows.take(Session, one.id)


def check_csrf(session: Session, given: str) -> None:
    if not same(session.csrf.encode(), given.encode("utf-8", "replace")):
        raise Forbidden("the form does not belong to this session: load the page again")
