"""What the office needs from the outside world. Adapters implement these; every port has a memory adapter.

An adapter raises :class:`~assay.errors.Unavailable` for every failure of the technology behind it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from assay.formats.digest import Digest


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment in UTC."""


class Entropy(Protocol):
    def bytes(self, count: int) -> bytes:
        """*count* bytes fit for keys and salts."""


class Blobs(Protocol):
    """Bytes by SHA-256. Immutable; the same bytes may be put any number of times."""

    def put(self, data: bytes) -> Digest:
        """Durable when it returns. A crash inside leaves nothing under the digest's name."""

    def get(self, digest: Digest) -> bytes:
        """The bytes, checked against *digest*; Unavailable when absent or changed."""

    def has(self, digest: Digest) -> bool:
        """Whether :meth:`get` would find the name; says nothing of its bytes."""


class Logged(msgspec.Struct, frozen=True):
    """An entry as the register holds it."""

    index: int
    leaf: bytes
    openings: bytes
    """Canonical JSON of the openings of its commitments; never public before publication."""


class Head(msgspec.Struct, frozen=True):
    size: int
    root: bytes
    stamp: int
    """Unix seconds of the newest signature over this log; never decreases."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission and how far it has come. Documents are blobs, named by digest."""

    payload: Digest
    """SHA-256 of the attestation's payload: its identity, however often it is signed."""
    envelope: Digest
    customers: Digest | None
    artifacts: tuple[Digest, ...]
    received: datetime
    provider: str
    product: str
    version: str
    state: str
    """``submitted``, ``complete``, ``incomplete``, ``determined``, ``published``."""
    entry: int = -1
    """Index of the submission's entry in the register; set when it is recorded."""
    verdict: Digest | None = None
    result: Digest | None = None
    publication: int | None = None
    """Index of the publication's entry; set when it is recorded as ``published``."""


class Ledger(Protocol):
    """The register's newest leaves and the state that follows from them, in one place, so that they move together."""

    def record(self, leaf: bytes, openings: bytes, submission: Submission | None = None) -> int:
        """Append *leaf* and store *submission* (new, or further on) in one transaction; its index in the register.

        Durable when it returns; a crash inside leaves neither. Raises Duplicate when a new submission's payload is
        already there, and Refused when *submission* would go back.
        """

    def head(self) -> Head:
        """Size, root and newest stamp."""

    def stamp(self, seconds: int) -> int:
        """Reserve a time for a signature: the later of *seconds* and the newest one. Durable when it returns."""

    def nodes(self, positions: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
        """Hashes of perfect subtrees by (level, index), in the order asked."""

    def entry(self, index: int) -> Logged:
        """Unavailable when there is none."""

    def submission(self, payload: Digest) -> Submission | None:
        """By payload digest."""

    def submissions(self, state: str | None = None) -> tuple[Submission, ...]:
        """All, or those in *state*, in the order of their entries."""

    def uses(self, artifacts: Sequence[Digest], before: int) -> tuple[tuple[Digest, Submission], ...]:
        """Which of *artifacts* were submitted in entries before *before*, and with what."""
