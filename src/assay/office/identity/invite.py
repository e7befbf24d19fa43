"""Invite people into an organisation: a link that enrols a passkey, once."""

import msgspec

from assay.errors import Refused
from assay.office.identity import checked, look
from assay.office.identity.account import Invitation
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Kind, Organisation, Status
from assay.office.identity.ports import Changing
from assay.office.identity.trail import Event
from assay.office.identity.words import identifier, key, secret
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller, Target, hidden, require

FIRST_ROLES = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.OFFICER_LEAD})
"""Of whoever sets an office up: they can do everything, alone, until they share it out."""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    link: str
    """The secret of the link: see :func:`address`. It is not kept."""
    invitation: Invitation


def address(site: str, link: str) -> str:
    """Of the page that enrols, for *site* as ``https://office.example``. What follows ``#`` a browser sends to no server, so
    that it stands in no log."""
    return f"{site.rstrip('/')}/enrol#{link}"


def invite(
    identity: Identity, caller: Caller, organisation: str, *, name: str, mail: str, roles: frozenset[Role]
) -> Invited:
    with identity.identities.change() as rows:
        where = look.organisation(rows, caller, Action.MEMBER_MANAGE, organisation)
        if where.status is not Status.ACTIVE:
            raise Refused(f"organisation {where.id} is suspended")
        now = identity.clock.now()
        invited = make_invitation(
            identity,
            Invitation(
                id="",
                organisation=where.id,
                account=identifier(identity.entropy),
                name=checked.name(name, what="name"),
                mail=checked.mail(mail),
                roles=checked.roles(roles, where.kind),
                made_by=caller.id,
                made=now,
                expires=now + identity.limits.invitation,
            ),
        )
        rows.add(invited.invitation)
        detail = ", ".join(sorted(roles))
        rows.note(_event(invited.invitation, "member.invited", caller.id, detail))
    return invited


def invitations(identity: Identity, caller: Caller, organisation: str) -> tuple[Invitation, ...]:
    """Those that wait to be used."""
    now = identity.clock.now()
    with identity.identities.read() as rows:
        where = look.organisation(rows, caller, Action.MEMBER_READ, organisation)
        return tuple(one for one in rows.find(Invitation, organisation=where.id) if one.expires > now)


def withdraw_invitation(identity: Identity, caller: Caller, invitation: str) -> None:
    with identity.identities.change() as rows:
        found = rows.get(Invitation, invitation)
        if found is None:
            raise hidden()
        require(caller, Action.MEMBER_MANAGE, Target(owner=found.organisation))
        rows.take(Invitation, invitation)
        gone = msgspec.structs.replace(found, made=identity.clock.now())
        rows.note(_event(gone, "member.invitation_withdrawn", caller.id))


def first_administrator(identity: Identity, *, name: str = "Office") -> Invited | None:
    """A link for the first administrator, as ``assay serve`` prints it; None when there is an administrator.

    A former link that was not used is no longer good.
    """
    with identity.identities.change() as rows:
        if look.administrators(rows):
            return None
        office = _authority(identity, rows, name)
        for one in rows.find(Invitation, organisation=office.id, made_by="console"):
            rows.take(Invitation, one.id)
        now = identity.clock.now()
        invited = make_invitation(
            identity,
            Invitation(
                id="",
                organisation=office.id,
                account=identifier(identity.entropy),
                name="Administrator",
                mail="administrator",
                roles=FIRST_ROLES,
                made_by="console",
                made=now,
                expires=now + identity.limits.administrator_link,
            ),
        )
        rows.add(invited.invitation)
        rows.note(_event(invited.invitation, "member.invited", "console", "first administrator"))
    return invited


def make_invitation(identity: Identity, wanted: Invitation) -> Invited:
    """*wanted* with the id of a new link."""
    link = secret(identity.entropy)
    return Invited(link=link, invitation=msgspec.structs.replace(wanted, id=key(link)))


def _authority(identity: Identity, rows: Changing, name: str) -> Organisation:
    for one in rows.find(Organisation, kind=Kind.AUTHORITY):
        if one.status is Status.ACTIVE:
            return one
    made = Organisation(id=identifier(identity.entropy), name=name, kind=Kind.AUTHORITY)
    rows.add(made)
    return made


def _event(invitation: Invitation, action: str, actor: str, detail: str = "") -> Event:
    return Event(
        at=invitation.made,
        actor=actor,
        action=action,
        organisation=invitation.organisation,
        subject=invitation.account,
        detail=detail,
    )
