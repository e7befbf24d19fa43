"""New passkeys for an account that lost its own, on the word of two administrators.

Whoever runs a command on the office's own machine is one of the two, and alone where no administrator could be the other one.
"""

from collections.abc import Iterable

from assay.errors import Refused
from assay.formats.text import shown
from assay.office.identity import checked, look
from assay.office.identity.account import Account, Invitation, Recovery
from assay.office.identity.enrol import end_links
from assay.office.identity.identity import Identity
from assay.office.identity.invite import Invited, make_invitation
from assay.office.identity.organisation import Status
from assay.office.identity.ports import Changing
from assay.office.identity.trail import Event
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, hidden, require, require_role


def start_recovery(identity: Identity, caller: Caller, account: str, reason: str) -> Recovery:
    """The first administrator's word, after making sure by another way that the account's owner asks for it."""
    with identity.identities.change() as rows:
        found = look.account(rows, caller, Action.RECOVERY_START, account)
        return _started(identity, rows, caller, found, reason)


def recover_here(identity: Identity, who: str, reason: str) -> Recovery | Invited:
    """On the office's own machine, of the account with the id or mail address *who*.

    The word of one, for another administrator to approve; a link at once where there is no other. Refused when several accounts
    have that address.
    """
    caller = Caller.console(identity.clock.now())
    with identity.identities.change() as rows:
        named = [one for one in rows.find(Account) if who in (one.id, one.mail)]
        if len(named) != 1:
            raise Refused(
                f"{len(named)} accounts have the id or mail address {shown(who, 80)!r}, expected one"
                + (f": {', '.join(one.id for one in named[:10])}" if named else "")
            )
        (found,) = named
        started = _started(identity, rows, caller, found, reason)
        if look.administrators(rows) - {found.id}:
            return started
        return _approved(identity, rows, caller, started, found)


def _started(identity: Identity, rows: Changing, caller: Caller, found: Account, reason: str) -> Recovery:
    if found.status is not Status.ACTIVE:
        raise Refused("the account is suspended: restore it first")
    if found.id == caller.account:
        raise Refused("for your own account another administrator has to ask")
    now = identity.clock.now()
    if any(one.expires > now for one in rows.find(Recovery, account=found.id)):
        raise Refused("a recovery of this account waits already")
    made = Recovery(
        id=identifier(identity.entropy),
        account=found.id,
        reason=checked.name(reason, what="reason"),
        started_by=caller.account,
        started=now,
        expires=now + identity.limits.recovery,
    )
    rows.add(made)
    _note(identity, rows, caller, "recovery.started", found)
    return made


def recoveries(identity: Identity, caller: Caller) -> tuple[Recovery, ...]:
    """Those that wait for a second administrator."""
    require_role(caller, Action.RECOVERY_APPROVE)
    now = identity.clock.now()
    with identity.identities.read() as rows:
        return tuple(one for one in rows.find(Recovery) if one.expires > now)


def whose(identity: Identity, caller: Caller, waiting: Iterable[Recovery]) -> dict[str, Account]:
    """By the id of the account: who is to get new passkeys, for whoever approves it."""
    require_role(caller, Action.RECOVERY_APPROVE)
    with identity.identities.read() as rows:
        found = [rows.get(Account, one.account) for one in waiting]
    return {one.id: one for one in found if one is not None}


def approve_recovery(identity: Identity, caller: Caller, recovery: str) -> Invited:
    """The second administrator's word: a link for the account's owner. What it had before ends when the link is used."""
    require_role(caller, Action.RECOVERY_APPROVE)
    with identity.identities.change() as rows:
        waiting, account = _waiting(identity, rows, caller, recovery)
        if account.status is not Status.ACTIVE:
            raise Refused("the account is suspended: restore it first")
        # Whoever asked may have been suspended since: then it was the word of one.
        if waiting.started_by not in look.administrators(rows) | {"console"}:
            raise Refused("the administrator who asked for it is none any more: ask again")
        return _approved(identity, rows, caller, waiting, account)


def _approved(
    identity: Identity, rows: Changing, caller: Caller, waiting: Recovery, account: Account
) -> Invited:
    rows.take(Recovery, waiting.id)
    end_links(rows, account.id)
    now = identity.clock.now()
    invited = make_invitation(
        identity,
        Invitation(
            id="",
            organisation=account.organisation,
            account=account.id,
            recovers=True,
            name=account.name,
            mail=account.mail,
            made_by=caller.id,
            made=now,
            expires=now + identity.limits.recovery,
        ),
    )
    rows.add(invited.invitation)
    _note(identity, rows, caller, "recovery.approved", account)
    return invited


def refuse_recovery(identity: Identity, caller: Caller, recovery: str) -> None:
    """Either of them may."""
    with identity.identities.change() as rows:
        require(caller, Action.RECOVERY_START, Target.office())
        found = rows.take(Recovery, recovery)
        if found is None:
            raise hidden()
        account = rows.get(Account, found.account)
        if account is not None:
            _note(identity, rows, caller, "recovery.refused", account)


def _waiting(identity: Identity, rows: Changing, caller: Caller, recovery: str) -> tuple[Recovery, Account]:
    found = rows.get(Recovery, recovery)
    account = rows.get(Account, found.account) if found is not None else None
    if found is None or account is None or found.expires <= identity.clock.now():
        raise hidden()
    acted = frozenset({found.started_by, account.id})
    require(caller, Action.RECOVERY_APPROVE, Target(owner=account.organisation, acted=acted))
    return found, account


def _note(identity: Identity, rows: Changing, caller: Caller, action: str, account: Account) -> None:
    rows.note(
        Event(
            at=identity.clock.now(),
            actor=caller.id,
            action=action,
            organisation=account.organisation,
            subject=account.id,
        )
    )
