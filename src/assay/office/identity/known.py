"""Tokens that were read before, for as long as they are what is stored."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast

import msgspec

from assay.office.identity.account import Account
from assay.office.identity.organisation import Organisation
from assay.office.identity.ports import Reading, Row, T
from assay.office.identity.token import ApiToken

MOST = 10_000
"""Tokens that are kept in memory."""


class Looked(msgspec.Struct, frozen=True):
    tokens: Mapping[str, ApiToken] = {}
    accounts: Mapping[str, Account] = {}
    organisations: Mapping[str, Organisation] = {}

    def more(self, rows: Reading, ids: Collection[str]) -> "Looked":
        """Each kind with one look."""
        tokens = rows.several(ApiToken, ids)
        accounts = rows.several(Account, {one.account for one in tokens.values() if one.account})
        homes = {one.organisation for one in tokens.values()} | {
            one.organisation for one in accounts.values()
        }
        organisations = rows.several(Organisation, homes - self.organisations.keys())
        return Looked(
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


class Known:
    """Tokens and whom they come from, as long as nobody has changed any of them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._kept = (-1, Looked())
        """One value, so that no thread sees a number with what was read under another."""

    def look(self, rows: Reading, ids: AbstractSet[str]) -> Looked:
        """With what is known of *ids*."""
        # Read first: what is changed after this is newer than what is kept under the number.
        changes = rows.changes(ApiToken, Account, Organisation)
        number, kept = self._kept
        found = kept if number == changes else Looked()
        if missing := ids - found.tokens.keys():
            found = found.more(rows, missing)
            if len(found.tokens) <= MOST:
                self._kept = (changes, found)
        return found
