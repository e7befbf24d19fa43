"""Who asks: from a session's cookie or an API token to a caller."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from assay.errors import Malformed, Unauthenticated
from assay.formats.api_token import ApiTokenText
from assay.office.identity import look
from assay.office.identity.account import Account, Session
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import SERVICE_ROLE, Organisation, Status
from assay.office.identity.ports import Getting, Reading, Row, T
from assay.office.identity.token import ApiToken
from assay.office.identity.words import digest, key, same, unauthenticated
from assay.office.permissions import Caller

_SEEN = timedelta(minutes=1)
_USED = timedelta(hours=1)
"""How exactly it is known when something was last used: not every request writes."""
MOST_KNOWN = 10_000
"""Tokens that are kept in memory."""


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


def by_tokens(
    identity: Identity, texts: Sequence[str], known: "Known | None" = None
) -> list[Caller | Unauthenticated]:
    """:func:`by_token` for each, with one look. *known*: what was read before; what has changed since is read again."""
    now = identity.clock.now()
    given = [_parsed(text) for text in texts]
    with identity.identities.read() as rows:
        there = (known or Known()).look(rows, {one.id for one in given if one is not None})
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


class Known:
    """Tokens and whom they come from, as long as nobody has changed any of them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._changes, self._found = -1, _Looked()

    def look(self, rows: Reading, ids: Collection[str]) -> "_Looked":
        """With what is known of *ids*."""
        # Read first: what is changed after this is newer than what is kept under the number.
        changes = rows.changes(ApiToken, Account, Organisation)
        found = self._found if changes == self._changes else _Looked()
        missing = ids - found.tokens.keys()
        if missing or changes != self._changes:
            found = found.more(rows, missing)
            if len(found.tokens) <= MOST_KNOWN:
                self._changes, self._found = changes, found
        return found


class _Looked(msgspec.Struct, frozen=True):
    tokens: Mapping[str, ApiToken] = {}
    accounts: Mapping[str, Account] = {}
    organisations: Mapping[str, Organisation] = {}

    def more(self, rows: Reading, ids: Collection[str]) -> "_Looked":
        """Each kind with one look."""
        tokens = rows.several(ApiToken, ids)
        accounts = rows.several(Account, {one.account for one in tokens.values() if one.account})
        homes = {one.organisation for one in tokens.values()} | {
            one.organisation for one in accounts.values()
        }
        organisations = rows.several(Organisation, homes - self.organisations.keys())
        return _Looked(
            {**self.tokens, **tokens}, {**self.accounts, **accounts}, {**self.organisations, **organisations}
        )

    def get(self, kind: type[T], key: str, /) -> T | None:
        kinds: Mapping[Any, Mapping[str, Row]] = {
            ApiToken: self.tokens,
            Account: self.accounts,
            Organisation: self.organisations,
        }
        found = kinds[kind]
        return cast("T | None", found.get(key))


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
