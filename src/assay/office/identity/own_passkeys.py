"""See, add and remove one's passkeys."""

from assay.errors import Refused
from assay.office.identity import checked
from assay.office.identity.account import Passkey
from assay.office.identity.authenticate import Presence
from assay.office.identity.ceremony import Ceremony, challenge, spend
from assay.office.identity.enrol import new_passkey
from assay.office.identity.identity import Identity
from assay.office.identity.trail import Event
from assay.office.permissions import Action, Caller, Target, hidden, require


def own_passkeys(identity: Identity, caller: Caller) -> tuple[Passkey, ...]:
    require(caller, Action.SESSION_MANAGE_OWN, Target(account=caller.account))
    with identity.identities.read() as rows:
        return rows.find(Passkey, account=caller.account)


def add_passkey_begin(identity: Identity, presence: Presence) -> Ceremony:
    account = presence.account
    require(presence.caller, Action.PASSKEY_MANAGE_OWN, Target(account=account.id))
    with identity.identities.change() as rows:
        known = [one.id for one in rows.find(Passkey, account=account.id)]
        if len(known) >= identity.limits.passkeys:
            raise Refused(
                f"the account has {len(known)} passkeys already, at most {identity.limits.passkeys}"
            )
        handle, data = challenge(identity, rows, "add", bound=presence.session.id, account=account.id)
    options = identity.passkeys.creation(
        data, account=account.id, name=account.mail, label=account.name, known=known
    )
    return Ceremony(handle=handle, options=options)


def add_passkey_complete(
    identity: Identity, presence: Presence, handle: str, answer: bytes, label: str
) -> Passkey:
    """Unauthenticated; Malformed or Untrusted for an answer that does not verify; Duplicate."""
    checked.name(label, what="label")
    account = presence.account.id
    require(presence.caller, Action.PASSKEY_MANAGE_OWN, Target(account=account))
    asked = spend(identity, handle, "add", bound=presence.session.id)
    enrolled = identity.passkeys.created(answer, asked.challenge)
    passkey = new_passkey(enrolled, account, label, identity.clock.now())
    with identity.identities.change() as rows:
        rows.add(passkey)
        rows.note(_event(identity, presence.caller, "passkey.added", passkey))
    return passkey


def remove_passkey(identity: Identity, caller: Caller, passkey: str) -> None:
    """Refused for the last one: an account without a passkey would be locked out."""
    with identity.identities.change() as rows:
        found = rows.get(Passkey, passkey)
        if found is None:
            raise hidden()
        require(caller, Action.PASSKEY_MANAGE_OWN, Target(account=found.account))
        if len(rows.find(Passkey, account=found.account)) == 1:
            raise Refused("this is the account's only passkey: add another one first")
        rows.take(Passkey, passkey)
        rows.note(_event(identity, caller, "passkey.removed", found))


def _event(identity: Identity, caller: Caller, action: str, passkey: Passkey) -> Event:
    return Event(
        at=identity.clock.now(),
        actor=caller.id,
        action=action,
        organisation=caller.organisation,
        subject=passkey.id,
    )
