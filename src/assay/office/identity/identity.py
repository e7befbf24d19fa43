"""The office's identity side: its ports and its limits."""

from datetime import timedelta

import msgspec

from assay.office.identity.known import Known
from assay.office.identity.ports import Identities, Issuers, Passkeys, StaffLogin
from assay.office.permissions import CONFIRMED_FOR
from assay.office.ports import Clock, Entropy


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    challenge: timedelta = timedelta(minutes=5)
    invitation: timedelta = timedelta(hours=24)
    administrator_link: timedelta = timedelta(hours=24)
    recovery: timedelta = timedelta(hours=24)
    """How long a recovery waits for the second administrator, and then its link for the account's owner."""
    session_idle: timedelta = timedelta(hours=1)
    session: timedelta = timedelta(hours=12)
    confirmed: timedelta = CONFIRMED_FOR
    token: timedelta = timedelta(days=90)
    ci_token: timedelta = timedelta(minutes=15)
    tokens: int = 50
    """Of one account or organisation, not counting those of CI jobs."""
    passkeys: int = 20
    """Of one account."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    identities: Identities
    passkeys: Passkeys
    issuers: Issuers
    staff: StaffLogin | None = None
    """None where people come in with passkeys only."""
    clock: Clock
    entropy: Entropy
    limits: Limits = Limits()
    known: Known = msgspec.field(default_factory=Known)
