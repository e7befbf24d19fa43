"""What a completeness rule is, what it looks at and what it says.

Every rule looks at the whole submission and says everything that it misses, so that a provider hears all of it at once.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import msgspec

from assay.checks.model import CustomerStanding
from assay.formats.attestation import Attestation
from assay.formats.digest import Digest
from assay.trust.envelope import EnvelopeStanding


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """An attestation with what came with it and what the office knows about it."""

    attestation: Attestation
    signature: EnvelopeStanding
    payload: Digest
    """Of the signed payload: signing again or other base64 does not make another attestation."""
    present: frozenset[Digest]
    """Artifacts in the bundle."""
    customers: CustomerStanding | None = None
    """None: no customer list came."""
    accepted: frozenset[Digest] = frozenset()
    """Payloads accepted before."""
    must_answer: tuple[str, ...] = ()
    """``pack@edition#id`` of every requirement to be claimed or planned for; empty where packs leave the choice."""
    known: frozenset[str] | None = None
    """Every requirement of the packs answered; None when they were not looked up."""
    schema_error: str = ""
    """Why the attestation does not fit the published schema; empty when it does."""
    in_scope_from: date
    """Software released, or changed in its major version, from this day on is in scope."""
    now: datetime


class Missing(msgspec.Struct, frozen=True):
    rule: str
    reason: str
    remedy: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    """A statement that is true when the rule holds."""
    remedy: str
    examine: Callable[[Submission], Iterator[str]]
    """Yields one reason, a plain line, for each thing that is missing."""
