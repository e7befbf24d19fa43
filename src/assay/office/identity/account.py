"""People, and what they come in with."""

from datetime import datetime

import msgspec

from assay.office.identity.organisation import Status
from assay.office.permission_table import Role


class Account(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    organisation: str
    name: str
    mail: str
    roles: frozenset[Role]
    status: Status = Status.ACTIVE
    created: datetime
    issuer: str = ""
    """With *subject*: whom the organisation's own login calls this person; empty for none."""
    subject: str = ""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """The credential's id, in URL-safe base64 without padding, as browsers write it."""
    account: str
    public_key: bytes
    """A COSE key."""
    sign_count: int
    synced: bool
    """Whether it may be on several devices; then its count says nothing."""
    label: str
    created: datetime
    used: datetime | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """SHA-256 of the cookie, which is not kept."""
    account: str
    csrf: str
    """What every form and changing request of the session has to bring."""
    created: datetime
    seen: datetime
    """To the minute or so."""
    expires: datetime
    stepped_up: datetime | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A link that enrols passkeys once: for a new account, or for one that lost its keys."""

    id: str
    """SHA-256 of the link's secret, which is not kept."""
    organisation: str
    account: str
    """The account that it makes, or gives new keys to."""
    recovers: bool = False
    """The account is there; its former keys, sessions and tokens end."""
    name: str = ""
    mail: str = ""
    roles: frozenset[Role] = frozenset()
    made_by: str
    made: datetime
    expires: datetime


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What a passkey is to sign, once."""

    id: str
    """SHA-256 of the handle that the browser holds meanwhile."""
    purpose: str
    """``enrol``, ``login``, ``step-up``, ``add``, ``staff``, ``link``."""
    bound: str
    """Id of the invitation or session that it was asked for with; empty for a login."""
    account: str
    issuer: str = ""
    """Where the person was sent to; empty for passkeys."""
    challenge: bytes
    expires: datetime


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """An administrator's word that an account lost its keys, which waits for another one's."""

    id: str
    account: str
    reason: str
    started_by: str
    """Account."""
    started: datetime
    expires: datetime
