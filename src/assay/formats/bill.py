"""What bills of materials of every format say of a component."""

import msgspec

from assay.errors import Malformed
from assay.formats.digest import LENGTHS, Digest


class Distribution(msgspec.Struct, frozen=True, gc=False):
    """A file that the bill says a component is distributed as."""

    url: str
    digests: tuple[Digest, ...] = ()


class Component(msgspec.Struct, frozen=True, gc=False):
    """One part of the software. Empty means the bill does not say; *unknown* and *withheld* name fields it speaks of."""

    ref: str
    name: str
    """With its group or namespace in front: ``@scope/name``."""
    version: str = ""
    type: str = ""
    purl: str = ""
    digests: tuple[Digest, ...] = ()
    """Of the component's own file."""
    licences: tuple[str, ...] = ()
    """SPDX expressions, identifiers or names; ``NOASSERTION`` stays as written."""
    producer: str = ""
    """Who made it; ``NOASSERTION`` stays as written."""
    identifiers: tuple[str, ...] = ()
    """purl, CPE, SWID, OmniBOR, SWHID as written."""
    withheld: tuple[str, ...] = ()
    """Fields that the bill says it keeps back."""
    unknown: tuple[str, ...] = ()
    """Fields that the bill says its author does not know."""
    distributions: tuple[Distribution, ...] = ()
    """Only those that carry digests."""


class Tool(msgspec.Struct, frozen=True):
    name: str
    version: str = ""


def digest(algorithm: str, value: str, *, what: str, at: str) -> Digest:
    """A hash of a bill under in-toto's name for its algorithm; algorithms that :class:`Digest` does not know stay as named."""
    expected = LENGTHS.get(algorithm)
    if expected is not None and len(value) != expected:
        raise Malformed(f"{what}: {at} has {len(value)} digits, expected {expected} for {algorithm}")
    return Digest(algorithm, value.lower())
