"""What the API shows of organisations, people, and what they come in with. Never a secret, but once where it is made."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from assay.formats import strict_json
from assay.office.identity.authenticate import Presence
from assay.office.identity.invite import Invited as Made
from assay.office.identity.invite import address
from assay.office.identity.organisation import Kind, Signer, Status
from assay.office.identity.token import OidcRule
from assay.office.identity.tokens import MadeToken
from assay.office.identity.trail import Noted
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller

MAX_RECORD = 1 << 20


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    pass


V = TypeVar("V", bound=View)


class Me(View, frozen=True, kw_only=True):
    """Who asks."""

    known: bool
    id: str = ""
    """``account:…`` or ``token:…``, as the audit trail says it."""
    name: str = ""
    organisation: str = ""
    organisation_name: str = ""
    roles: tuple[Role, ...] = ()
    scopes: tuple[Action, ...] = ()
    """Of a token."""
    confirmed: bool = False
    """Whether a confirmation with a passkey counts at this moment."""
    csrf: str = ""
    """What a browser sends as ``X-Assay-Csrf`` with every request that changes something."""
    until: datetime | None = None
    """When the session ends."""


class OrganisationView(View, frozen=True, kw_only=True):
    id: str
    name: str
    kind: Kind
    status: Status
    speaks_for: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


class MemberView(View, frozen=True, kw_only=True):
    id: str
    organisation: str
    name: str
    mail: str
    roles: tuple[Role, ...]
    status: Status
    created: datetime


class InvitationView(View, frozen=True, kw_only=True):
    id: str
    account: str
    name: str
    mail: str
    roles: tuple[Role, ...] = ()
    recovers: bool = False
    made: datetime
    expires: datetime


class Invited(View, frozen=True, kw_only=True):
    link: str
    """For whoever is invited; shown this once."""
    invitation: InvitationView


class SessionView(View, frozen=True, kw_only=True):
    id: str
    current: bool
    created: datetime
    seen: datetime
    expires: datetime


class PasskeyView(View, frozen=True, kw_only=True):
    id: str
    label: str
    synced: bool
    created: datetime
    used: datetime | None = None


class TokenView(View, frozen=True, kw_only=True):
    id: str
    name: str
    organisation: str
    account: str = ""
    rule: str = ""
    scopes: tuple[Action, ...]
    made: datetime
    expires: datetime
    used: datetime | None = None
    revoked: datetime | None = None


class NewToken(View, frozen=True, kw_only=True):
    secret: str
    """The token itself; shown this once."""
    token: TokenView


class RuleView(View, frozen=True, kw_only=True):
    id: str
    organisation: str
    issuer: str
    audience: str
    claims: dict[str, str]
    scopes: tuple[Action, ...]
    made: datetime


class SignerView(View, frozen=True, kw_only=True):
    id: str
    organisation: str
    name: str
    record: dict[str, Any]
    """A trust root that holds this signer alone."""
    offered: datetime
    verified: datetime | None = None
    ended: datetime | None = None


class RecoveryView(View, frozen=True, kw_only=True):
    id: str
    account: str
    reason: str
    started_by: str
    started: datetime
    expires: datetime


class EventView(View, frozen=True, kw_only=True):
    number: int
    at: datetime
    actor: str
    action: str
    organisation: str = ""
    subject: str = ""
    detail: str = ""


def me(caller: Caller, presence: Presence | None) -> Me:
    session = presence.session if presence is not None else None
    return Me(
        known=caller.known,
        id=caller.id,
        name=presence.account.name if presence is not None else "",
        organisation=caller.organisation,
        organisation_name=presence.organisation.name if presence is not None else "",
        roles=tuple(sorted(caller.roles)),
        scopes=tuple(sorted(caller.scopes or ())),
        confirmed=caller.confirmed,
        csrf=session.csrf if session is not None else "",
        until=session.expires if session is not None else None,
    )


def seen(kind: type[V], one: object, **more: Any) -> V:
    """*one* by the fields of *kind*; sets in order, so that the same thing always looks the same."""
    values = {name: getattr(one, name) for name in kind.__struct_fields__ if name not in more} | more
    sets = {name: tuple(sorted(value)) for name, value in values.items() if isinstance(value, frozenset)}
    return kind(**values | sets)


def invited(made: Made, site: str) -> Invited:
    return Invited(link=address(site, made.link), invitation=seen(InvitationView, made.invitation))


def new_token(made: MadeToken) -> NewToken:
    return NewToken(secret=made.text, token=seen(TokenView, made.token))


def rule(one: OidcRule) -> RuleView:
    return seen(RuleView, one, claims=dict(one.claims))


def signer(one: Signer) -> SignerView:
    record = strict_json.load(one.record.encode(), what=f"signer {one.id}", limit=MAX_RECORD)
    return seen(SignerView, one, record=record)


def event(one: Noted) -> EventView:
    return seen(EventView, one.event, number=one.number)
