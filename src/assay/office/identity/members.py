"""See and look after the people of an organisation."""

import msgspec

from assay.errors import Refused
from assay.office.identity import checked, look
from assay.office.identity.account import Account
from assay.office.identity.enrol import forget
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Organisation, Status
from assay.office.identity.ports import Changing
from assay.office.identity.trail import Event
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller


def members(identity: Identity, caller: Caller, organisation: str) -> tuple[Account, ...]:
    with identity.identities.read() as rows:
        where = look.organisation(rows, caller, Action.MEMBER_READ, organisation)
        return rows.find(Account, organisation=where.id)


def give_roles(identity: Identity, caller: Caller, account: str, roles: frozenset[Role]) -> Account:
    """In the place of those that it has."""
    with identity.identities.change() as rows:
        found = look.account(rows, caller, Action.MEMBER_MANAGE, account)
        where = rows.get(Organisation, found.organisation)
        if where is None:
            raise ValueError(f"account {account} is of an organisation that is not there")
        changed = msgspec.structs.replace(found, roles=checked.roles(roles, where.kind))
        _keep(identity, rows, caller, changed, "member.roles", ", ".join(sorted(roles)))
        _some_administrator(rows)
    return changed


def suspend_member(identity: Identity, caller: Caller, account: str) -> Account:
    """Its sessions, tokens, passkeys and link end now; to come back it takes a recovery after :func:`restore_member`."""
    with identity.identities.change() as rows:
        found = look.account(rows, caller, Action.MEMBER_MANAGE, account)
        changed = msgspec.structs.replace(found, status=Status.SUSPENDED, issuer="", subject="")
        forget(identity, rows, account)
        _keep(identity, rows, caller, changed, "member.suspended")
        _some_administrator(rows)
    return changed


def restore_member(identity: Identity, caller: Caller, account: str) -> Account:
    with identity.identities.change() as rows:
        found = look.account(rows, caller, Action.MEMBER_MANAGE, account)
        changed = msgspec.structs.replace(found, status=Status.ACTIVE)
        _keep(identity, rows, caller, changed, "member.restored")
    return changed


def _keep(
    identity: Identity, rows: Changing, caller: Caller, account: Account, action: str, detail: str = ""
) -> None:
    rows.put(account)
    rows.note(
        Event(
            at=identity.clock.now(),
            actor=caller.id,
            action=action,
            organisation=account.organisation,
            subject=account.id,
            detail=detail,
        )
    )


def _some_administrator(rows: Changing) -> None:
    """An exception here undoes the change."""
    if not look.administrators(rows):
        raise Refused("the office would have no administrator left")
