"""What every kind of evidence has in common: where it came from and who vouches for it."""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from assay.formats.digest import Digest

T_co = TypeVar("T_co", covariant=True)


class Source(msgspec.Struct, frozen=True):
    """The artifact a value was read from: its name in the bundle and its SHA-256."""

    name: str
    digest: Digest


class Standing(StrEnum):
    """What is known about the signature over an artifact."""

    UNSIGNED = "unsigned"
    VERIFIED = "verified"
    """By a key that the trust root accepts for this purpose at this time."""
    UNKNOWN_SIGNER = "unknown_signer"
    REVOKED = "revoked"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    """There is a signature, but nothing here could check it (no trust root for it, unsupported form)."""


class Signature(msgspec.Struct, frozen=True):
    standing: Standing
    signers: tuple[str, ...] = ()
    """Names of signer records, or Sigstore identities, that verified."""
    reason: str = ""


UNSIGNED = Signature(Standing.UNSIGNED)


class Exhibit(msgspec.Struct, Generic[T_co], frozen=True):
    """A typed value with its source; what a check reads and a finding points to."""

    source: Source
    value: T_co
    signature: Signature = UNSIGNED


class Unreadable(msgspec.Struct, frozen=True):
    """An artifact that was submitted as *kind* and could not be read as such; never "absent", never "clean"."""

    source: Source
    kind: str
    reason: str
