"""Organisations, and what a provider signs with."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from assay.office.permission_table import Role


class Kind(StrEnum):
    PROVIDER = "provider"
    AUTHORITY = "authority"
    RELYING_PARTY = "relying_party"
    ASSESSOR = "assessor"


class Status(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


ROLES: Mapping[Kind, frozenset[Role]] = {
    Kind.PROVIDER: frozenset({Role.PROVIDER_MEMBER, Role.PROVIDER_ADMIN}),
    Kind.AUTHORITY: frozenset({Role.OFFICER, Role.OFFICER_LEAD, Role.ADMINISTRATOR, Role.AUDITOR}),
    Kind.RELYING_PARTY: frozenset({Role.RELYING_PARTY_MEMBER}),
    Kind.ASSESSOR: frozenset({Role.ASSESSOR}),
}
"""What a person can be in an organisation of that kind, whatever is written down elsewhere."""

SERVICE_ROLE: Mapping[Kind, Role] = {
    Kind.PROVIDER: Role.CI,
    Kind.AUTHORITY: Role.AUDITOR,
    Kind.RELYING_PARTY: Role.RELYING_PARTY_MEMBER,
    Kind.ASSESSOR: Role.ASSESSOR,
}
"""What a token is that belongs to the organisation and to no person."""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    kind: Kind
    status: Status = Status.ACTIVE
    speaks_for: tuple[str, ...] = ()
    """Providers, as attestations name them, that it may submit for."""
    identifiers: tuple[tuple[str, str], ...] = ()
    """(scheme, value) by which customer lists name it, such as ``("domain", "harbour.example")``."""


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider signs with. It counts once it is verified."""

    id: str
    organisation: str
    name: str
    """How a verified signature names it."""
    record: str
    """JSON of a trust root that holds this signer alone, with its keys and the providers that it may sign for."""
    offered: datetime
    offered_by: str
    """Account."""
    verified: datetime | None = None
    verified_by: str = ""
    ended: datetime | None = None
    """Since when it counts no more."""

    @property
    def counts(self) -> bool:
        return self.verified is not None and self.ended is None
