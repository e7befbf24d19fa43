"""What identity needs from the outside world."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from assay.office.identity.account import Account, Challenge, Invitation, Passkey, Recovery, Session
from assay.office.identity.organisation import Organisation, Signer
from assay.office.identity.token import ApiToken, OidcRule, Spent
from assay.office.identity.trail import Event, Noted

Row = (
    Organisation | Signer | Account | Passkey | Session | Invitation | Challenge | Recovery
    | ApiToken | OidcRule | Spent
)  # fmt: skip
"""What is stored, each kind by its ``id``."""

T = TypeVar("T", bound=Row)


class Getting(Protocol):
    def get(self, kind: type[T], key: str, /) -> T | None:
        """By id."""


class Reading(Getting, Protocol):
    """What is committed."""

    def several(self, kind: type[T], keys: Collection[str], /) -> dict[str, T]:
        """Those that there are, by id, with one look."""

    def find(self, kind: type[T], /, **equal: str) -> tuple[T, ...]:
        """Those whose fields are as said, in the order of their ids."""

    def changes(self, *kinds: type[Row]) -> int:
        """How often rows of these kinds were changed: as long as it is the same number, so are they."""

    def trail(
        self, *, organisation: str | None, before: int | None = None, limit: int = 100
    ) -> tuple[Noted, ...]:
        """Events, newest first: of all organisations or of one, those before number *before*."""


class Changing(Reading, Protocol):
    """What is written here is seen by nobody before the end, and not at all when the end is an exception."""

    def add(self, row: Row) -> None:
        """Duplicate when its id is there already."""

    def put(self, row: Row) -> None:
        """Replace what has its id. ValueError when nothing has."""

    def take(self, kind: type[T], key: str, /) -> T | None:
        """Remove it, and return it; None when it is not there any more."""

    def sweep(self, now: datetime) -> int:
        """Remove what has expired of sessions, invitations, challenges, recoveries, spent tokens and tokens of CI jobs; how many."""

    def note(self, event: Event) -> None:
        """Add to the trail, which nothing removes from."""


class Identities(Protocol):
    """Organisations, accounts, and what they come in with. Unavailable when the store does not answer."""

    def read(self) -> AbstractContextManager[Reading]: ...

    def change(self) -> AbstractContextManager[Changing]:
        """One at a time in the whole office, all or nothing; durable after the end."""


class Enrolled(msgspec.Struct, frozen=True):
    """A new passkey, verified."""

    id: str
    public_key: bytes
    sign_count: int
    synced: bool


class Passkeys(Protocol):
    """WebAuthn for one site. A confirmation without user verification (PIN, finger, face) never counts."""

    def creation(
        self, challenge: bytes, *, account: str, name: str, label: str, known: Sequence[str]
    ) -> bytes:
        """What the browser's ``navigator.credentials.create`` is given, as JSON; *known*: ids not to enrol again."""

    def created(self, answer: bytes, challenge: bytes) -> Enrolled:
        """What the browser answered, as JSON. Malformed, or Untrusted when it does not answer *challenge* here."""

    def request(self, challenge: bytes, *, known: Sequence[str] = ()) -> bytes:
        """For ``navigator.credentials.get``; without *known* any passkey of this site will do."""

    def named(self, answer: bytes) -> str:
        """Id of the passkey that an answer says it is by. Nothing is verified. Malformed."""

    def confirmed(self, answer: bytes, challenge: bytes, passkey: Passkey) -> int:
        """The sign count of a verified answer; whether it went back is the caller's question. Malformed or Untrusted."""


class StaffLogin(Protocol):
    """Issuers that people log in at (OpenID Connect core 1.0, authorization code with PKCE)."""

    def issuers(self) -> tuple[str, ...]:
        """Those that there are."""

    def address(self, issuer: str, *, state: str, nonce: str, verifier: str) -> str:
        """Of the issuer's page, from which the browser comes back with *state* and a code. Unavailable."""

    def redeem(self, issuer: str, code: str, *, verifier: str, now: datetime) -> "Claims":
        """What the issuer says for *code* of who logged in. Malformed, Untrusted or Unavailable."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified identity token says."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    expires: datetime
    id: str = ""
    """Its own (``jti``)."""
    nonce: str = ""
    values: Mapping[str, str]
    """Claims that are one text, number or truth value, as text."""


class Issuers(Protocol):
    """Whose identity tokens are read."""

    @property
    def read(self) -> Mapping[str, tuple[str, ...]]:
        """Each issuer, and what its tokens may be made out to."""

    def verify(self, token: str, now: datetime) -> Claims:
        """Malformed; Untrusted for another issuer, key, audience or time; Unavailable when the issuer's keys are not to be had."""
