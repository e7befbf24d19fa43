"""Make, see and revoke API tokens."""

from datetime import datetime, timedelta

import msgspec

from assay.errors import Refused
from assay.formats.api_token import ApiTokenText
from assay.office.identity import checked, look
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import SERVICE_ROLE, Status
from assay.office.identity.ports import Changing
from assay.office.identity.token import ApiToken
from assay.office.identity.trail import Event
from assay.office.identity.words import digest, identifier, secret
from assay.office.permission_table import RULES, Action, Role
from assay.office.permissions import TOKEN_ACTIONS, Caller, Target, hidden, require


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    """The token itself, shown once."""
    token: ApiToken


def make_own_token(
    identity: Identity, caller: Caller, name: str, scopes: frozenset[Action], lasting: timedelta
) -> MadeToken:
    """It can do what *scopes* say, as far as its maker's roles reach at the time."""
    require(caller, Action.TOKEN_MAKE_OWN, Target(account=caller.account))
    with identity.identities.change() as rows:
        held = rows.find(ApiToken, account=caller.account)
        made = make_token(
            identity, caller, name=name, organisation=caller.organisation, account=caller.account,
            scopes=_reachable(scopes, caller.roles), lasting=lasting, held=held,
        )  # fmt: skip
        _keep(rows, made, caller)
    return made


def make_service_token(
    identity: Identity,
    caller: Caller,
    organisation: str,
    name: str,
    scopes: frozenset[Action],
    lasting: timedelta,
) -> MadeToken:
    """One that belongs to the organisation and outlasts its maker's account."""
    with identity.identities.change() as rows:
        where = look.organisation(rows, caller, Action.TOKEN_MANAGE, organisation)
        if where.status is not Status.ACTIVE:
            raise Refused(f"organisation {where.id} is suspended")
        role = SERVICE_ROLE[where.kind]
        held = rows.find(ApiToken, organisation=where.id, account="")
        made = make_token(
            identity, caller, name=name, organisation=where.id, account="",
            scopes=_reachable(scopes, frozenset({role})), lasting=lasting, held=held,
        )  # fmt: skip
        _keep(rows, made, caller)
    return made


def own_tokens(identity: Identity, caller: Caller) -> tuple[ApiToken, ...]:
    require(caller, Action.TOKEN_MANAGE_OWN, Target(account=caller.account))
    with identity.identities.read() as rows:
        return rows.find(ApiToken, account=caller.account)


def service_tokens(identity: Identity, caller: Caller, organisation: str) -> tuple[ApiToken, ...]:
    """Those of CI jobs among them."""
    with identity.identities.read() as rows:
        where = look.organisation(rows, caller, Action.TOKEN_MANAGE, organisation)
        return rows.find(ApiToken, organisation=where.id, account="")


def revoke_token(identity: Identity, caller: Caller, token: str) -> None:
    """One's own, or an organisation's. Revoked already is fine."""
    with identity.identities.change() as rows:
        found = rows.get(ApiToken, token)
        if found is None:
            raise hidden()
        if found.account and found.account == caller.account:
            require(caller, Action.TOKEN_MANAGE_OWN, Target(account=found.account))
        else:
            require(caller, Action.TOKEN_MANAGE, Target(owner=found.organisation))
        now = identity.clock.now()
        end_token(rows, found, now)
        rows.note(_event(now, caller.id, "token.revoked", found))


def make_token(
    identity: Identity,
    caller: Caller,
    *,
    name: str,
    organisation: str,
    account: str,
    scopes: frozenset[Action],
    lasting: timedelta,
    held: tuple[ApiToken, ...] = (),
) -> MadeToken:
    """*held*: those that there are already, which are counted."""
    now = identity.clock.now()
    if not timedelta() < lasting <= identity.limits.token:
        raise Refused(f"a token lasts up to {identity.limits.token.days} days, not {lasting}")
    good = [one for one in held if one.revoked is None and one.expires > now and not one.rule]
    if len(good) >= identity.limits.tokens:
        raise Refused(f"there are {len(good)} tokens already: revoke one that is not used")
    text = ApiTokenText(identifier(identity.entropy), secret(identity.entropy))
    token = ApiToken(
        id=text.id,
        name=checked.name(name, what="name of the token"),
        organisation=organisation,
        account=account,
        scopes=checked.scopes(scopes),
        hash=digest(text.secret),
        made=now,
        made_by=caller.id,
        expires=now + lasting,
    )
    return MadeToken(text=text.encode(), token=token)


def end_token(rows: Changing, token: ApiToken, now: datetime) -> None:
    if token.revoked is None:
        rows.put(msgspec.structs.replace(token, revoked=now))


def reachable(roles: frozenset[Role]) -> tuple[Action, ...]:
    """What a token of somebody with *roles* can be made for, in the order of the table."""
    return tuple(
        action for action, rule in RULES.items() if action in TOKEN_ACTIONS and roles & rule.grants.keys()
    )


def _reachable(scopes: frozenset[Action], roles: frozenset[Role]) -> frozenset[Action]:
    beyond = sorted(checked.scopes(scopes).difference(reachable(roles)))
    if beyond:
        raise Refused(f"{', '.join(beyond)}: beyond {', '.join(sorted(roles))}")
    return scopes


def _keep(rows: Changing, made: MadeToken, caller: Caller) -> None:
    rows.add(made.token)
    rows.note(_event(made.token.made, caller.id, "token.made", made.token))


def _event(now: datetime, actor: str, action: str, token: ApiToken) -> Event:
    return Event(at=now, actor=actor, action=action, organisation=token.organisation, subject=token.id)
