"""Find what a caller asks about, and let it through only when the caller may."""

from assay.errors import Unauthenticated
from assay.office.identity.account import Account
from assay.office.identity.organisation import ROLES, Organisation, Status
from assay.office.identity.ports import Getting, Reading
from assay.office.identity.words import unauthenticated
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller, Target, hidden, require, require_role


def organisation(rows: Reading, caller: Caller, action: Action, key: str) -> Organisation:
    """Hidden when there is none, or it is out of the caller's reach."""
    require_role(caller, action)
    found = rows.get(Organisation, key)
    if found is None:
        raise hidden()
    require(caller, action, Target(owner=found.id))
    return found


def account(rows: Reading, caller: Caller, action: Action, key: str) -> Account:
    """The same for an account, which is its organisation's."""
    require_role(caller, action)
    found = rows.get(Account, key)
    if found is None:
        raise hidden()
    require(caller, action, Target(owner=found.organisation, account=found.id))
    return found


def active(rows: Getting, key: str) -> tuple[Account, Organisation]:
    """An account that may come in. Unauthenticated otherwise."""
    found = rows.get(Account, key)
    where = rows.get(Organisation, found.organisation) if found is not None else None
    if found is None or where is None or {found.status, where.status} != {Status.ACTIVE}:
        raise unauthenticated()
    return found, where


def roles(of: Account, where: Organisation) -> frozenset[Role]:
    """Those that fit the organisation; others, however they came there, count for nothing."""
    return of.roles & ROLES[where.kind]


def administrators(rows: Reading) -> set[str]:
    """Ids of the accounts that may come in and administer."""
    found: set[str] = set()
    for one in rows.find(Account, status=Status.ACTIVE):
        try:
            who, where = active(rows, one.id)
        except Unauthenticated:
            continue
        if Role.ADMINISTRATOR in roles(who, where):
            found.add(one.id)
    return found
