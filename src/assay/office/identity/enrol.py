"""Enrol a passkey by a link, and come in with it."""

from datetime import datetime

import msgspec

from assay.office.identity import checked
from assay.office.identity.account import Account, Invitation, Passkey
from assay.office.identity.ceremony import Ceremony, challenge, spend
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Organisation, Status
from assay.office.identity.ports import Changing, Enrolled, Reading
from assay.office.identity.session import SignedIn, end_sessions, open_session
from assay.office.identity.token import ApiToken
from assay.office.identity.tokens import end_token
from assay.office.identity.trail import Event
from assay.office.identity.words import key, unauthenticated


def enrol_begin(identity: Identity, link: str) -> Ceremony:
    """*link* is the secret of an invitation. Unauthenticated when it is not, or not any more, good."""
    with identity.identities.change() as rows:
        invitation = _invitation(identity, rows, link)
        handle, data = challenge(identity, rows, "enrol", bound=invitation.id, account=invitation.account)
    options = identity.passkeys.creation(
        data, account=invitation.account, name=invitation.mail, label=invitation.name, known=()
    )
    return Ceremony(handle=handle, options=options)


def enrol_complete(
    identity: Identity, link: str, handle: str, answer: bytes, label: str = "passkey"
) -> SignedIn:
    """The account is there afterwards, and the link is used up.

    Unauthenticated; Malformed or Untrusted for an answer that does not verify: the link is still good then.
    """
    checked.name(label, what="label")
    asked = spend(identity, handle, "enrol", bound=key(link))
    enrolled = identity.passkeys.created(answer, asked.challenge)
    with identity.identities.change() as rows:
        invitation = _invitation(identity, rows, link)
        rows.take(Invitation, invitation.id)
        account = _account(identity, rows, invitation)
        now = identity.clock.now()
        rows.add(new_passkey(enrolled, account.id, label, now))
        rows.note(
            Event(
                at=now,
                actor=f"account:{account.id}",
                action="account.recovered" if invitation.recovers else "account.enrolled",
                organisation=account.organisation,
                subject=account.id,
            )
        )
        return open_session(identity, rows, account)


def new_passkey(enrolled: Enrolled, account: str, label: str, now: datetime) -> Passkey:
    return Passkey(
        id=enrolled.id,
        account=account,
        public_key=enrolled.public_key,
        sign_count=enrolled.sign_count,
        synced=enrolled.synced,
        label=label,
        created=now,
    )


def _invitation(identity: Identity, rows: Reading, link: str) -> Invitation:
    found = rows.get(Invitation, key(link))
    if found is None or found.expires <= identity.clock.now():
        raise unauthenticated()
    where = rows.get(Organisation, found.organisation)
    if where is None or where.status is not Status.ACTIVE:
        raise unauthenticated()
    return found


def _account(identity: Identity, rows: Changing, invitation: Invitation) -> Account:
    if invitation.recovers:
        found = rows.get(Account, invitation.account)
        if found is None or found.status is not Status.ACTIVE:
            raise unauthenticated()
        forget(identity, rows, found.id)
        found = msgspec.structs.replace(found, issuer="", subject="")
        rows.put(found)
        return found
    account = Account(
        id=invitation.account,
        organisation=invitation.organisation,
        name=invitation.name,
        mail=invitation.mail,
        roles=invitation.roles,
        created=identity.clock.now(),
    )
    rows.add(account)
    return account


def forget(identity: Identity, rows: Changing, account: str) -> None:
    """Its passkeys, sessions, tokens and links: whoever found the lost ones comes in no more."""
    end_links(rows, account)
    for passkey in rows.find(Passkey, account=account):
        rows.take(Passkey, passkey.id)
    end_sessions(rows, account)
    for token in rows.find(ApiToken, account=account):
        end_token(rows, token, identity.clock.now())


def end_links(rows: Changing, account: str) -> None:
    """Those that were given for *account* and not used."""
    for invitation in rows.find(Invitation, account=account):
        rows.take(Invitation, invitation.id)
