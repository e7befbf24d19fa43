"""Who asks: from a session's cookie or an API token to a caller."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from assay.errors import Malformed, Unauthenticated
from assay.formats.api_token import ApiTokenText
from assay.office.identity import look
from assay.office.identity.account import Account, Session
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import SERVICE_ROLE, Organisation, Status
from assay.office.identity.ports import Getting
from assay.office.identity.token import ApiToken
from assay.office.identity.words import digest, key, same, unauthenticated
from assay.office.permissions import Caller

_SEEN = timedelta(minutes=1)
_USED = timedelta(hours=1)
"""How exactly it is known when something was last used: not every request writes."""


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a session."""

    caller: Caller
    session: Session
    account: Account
    organisation: Organisation


def by_session(identity: Identity, cookie: str) -> Presence:
    """Unauthenticated."""
    now = identity.clock.now()
    with identity.identities.read() as rows:
        session = rows.get(Session, key(cookie))
        if session is None or session.expires <= now or session.seen + identity.limits.session_idle <= now:
            raise unauthenticated()
        account, organisation = look.active(rows, session.account)
    if session.seen + _SEEN <= now:
        session = _seen(identity, session.id, now)
    caller = Caller(
        at=now,
        id=f"account:{account.id}",
        account=account.id,
        organisation=organisation.id,
        roles=look.roles(account, organisation),
        stepped_up=session.stepped_up,
        confirmed_for=identity.limits.confirmed,
    )
    return Presence(caller=caller, session=session, account=account, organisation=organisation)


def by_token(identity: Identity, text: str) -> Caller:
    """Unauthenticated."""
    (found,) = by_tokens(identity, (text,))
    if isinstance(found, Unauthenticated):
        raise found
    return found


def by_tokens(identity: Identity, texts: Sequence[str]) -> list[Caller | Unauthenticated]:
    """:func:`by_token` for each, with one look."""
    now = identity.clock.now()
    given = [_parsed(text) for text in texts]
    with identity.identities.read() as rows:
        there = identity.known.look(rows, {one.id for one in given if one is not None})
    answers: list[Caller | Unauthenticated] = []
    unseen: set[str] = set()
    for one in given:
        try:
            token = _token(there, one, now)
            answers.append(_caller(there, token, now))
        except Unauthenticated as error:
            answers.append(error)
            continue
        if token.used is None or token.used + _USED <= now:
            unseen.add(token.id)
    if unseen:
        _used(identity, unseen, now)
    return answers


def _parsed(text: str) -> ApiTokenText | None:
    try:
        return ApiTokenText.parse(text)
    except Malformed:
        return None


def _token(rows: Getting, given: ApiTokenText | None, now: datetime) -> ApiToken:
    if given is None:
        raise unauthenticated()
    token = rows.get(ApiToken, given.id)
    right = same(token.hash if token is not None else bytes(32), digest(given.secret))
    if token is None or not right or token.revoked is not None or token.expires <= now:
        raise unauthenticated()
    return token


def _caller(rows: Getting, token: ApiToken, now: datetime) -> Caller:
    if token.account:
        account, where = look.active(rows, token.account)
        roles = look.roles(account, where)
    else:
        found = rows.get(Organisation, token.organisation)
        if found is None or found.status is not Status.ACTIVE:
            raise unauthenticated()
        where, roles = found, frozenset({SERVICE_ROLE[found.kind]})
    return Caller(
        at=now,
        id=f"token:{token.id}",
        account=token.account,
        organisation=where.id,
        roles=roles,
        scopes=token.scopes,
    )


def _seen(identity: Identity, session: str, now: datetime) -> Session:
    with identity.identities.change() as rows:
        found = rows.get(Session, session)
        if found is None:
            raise unauthenticated()
        found = msgspec.structs.replace(found, seen=now)
        rows.put(found)
    return found


def _used(identity: Identity, tokens: Collection[str], now: datetime) -> None:
    with identity.identities.change() as rows:
        for token in sorted(tokens):
            found = rows.get(ApiToken, token)
            if found is not None:
                rows.put(msgspec.structs.replace(found, used=now))
