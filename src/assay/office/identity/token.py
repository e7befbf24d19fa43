"""API tokens, and the rules by which CI jobs get theirs."""

from datetime import datetime

import msgspec

from assay.office.permission_table import Action


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    organisation: str
    account: str = ""
    """Whose roles it has; empty for one that belongs to the organisation."""
    rule: str = ""
    """The rule by which a CI job got it; empty for none."""
    scopes: frozenset[Action]
    hash: bytes
    """SHA-256 of the secret, which is not kept."""
    made: datetime
    made_by: str
    expires: datetime
    used: datetime | None = None
    """To the hour or so."""
    revoked: datetime | None = None


class OidcRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which CI jobs speak for an organisation: tokens of *issuer* for *audience* whose claims are all as said."""

    id: str
    organisation: str
    issuer: str
    audience: str
    claims: tuple[tuple[str, str], ...]
    """Sorted by name."""
    scopes: frozenset[Action]
    made: datetime
    made_by: str


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """An identity token that was exchanged already."""

    id: str
    """SHA-256 of its issuer and its own id."""
    expires: datetime
