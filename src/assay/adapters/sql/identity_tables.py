"""Tables of identity. Times are RFC 3339 text in UTC; sets and lists are JSON text. Secrets stand here as SHA-256 only."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from assay.formats import strict_json, times

metadata = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        return None if value is None else times.encode(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        return None if value is None else times.parse(value)


class Listed(TypeDecorator[list[Any]]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, _dialect: Dialect) -> str | None:
        return None if value is None else strict_json.encode(value).decode()

    def process_result_value(self, value: Any, _dialect: Dialect) -> list[Any] | None:
        return None if value is None else strict_json.decode(value.encode(), list[Any], what="a list")


organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("speaks_for", Listed, nullable=False),
    Column("identifiers", Listed, nullable=False),
)

signers = Table(
    "signers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("offered", Moment, nullable=False),
    Column("offered_by", Text, nullable=False),
    Column("verified", Moment),
    Column("verified_by", Text, nullable=False),
    Column("ended", Moment),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("roles", Listed, nullable=False),
    Column("status", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("label", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("used", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("csrf", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Column("stepped_up", Moment),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("recovers", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("roles", Listed, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("bound", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False, index=True),
    Column("account", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False, index=True),
    Column("scopes", Listed, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("made", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment),
    Column("revoked", Moment),
)

rules = Table(
    "oidc_rules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("issuer", Text, nullable=False, index=True),
    Column("audience", Text, nullable=False),
    Column("claims", Listed, nullable=False),
    Column("scopes", Listed, nullable=False),
    Column("made", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

changes = Table(
    "identity_changes",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("number", NUMBER, nullable=False),
)
"""How often something of a kind (the name of its table) was changed: what was read before need not be read again meanwhile."""

trail = Table(
    "trail",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("organisation", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What was done, in order. The office never removes or changes a row."""
