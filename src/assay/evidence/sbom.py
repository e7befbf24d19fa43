"""A software bill of materials, whichever format it came in."""

from datetime import datetime
from typing import Literal

import msgspec

from assay.formats.digest import Digest


class Component(msgspec.Struct, frozen=True):
    """One part of the software. Empty text means the bill does not say; *withheld* names fields it says it keeps back."""

    ref: str
    name: str
    version: str = ""
    type: str = ""
    purl: str = ""
    digests: tuple[Digest, ...] = ()
    licences: tuple[str, ...] = ()
    """SPDX expressions, identifiers or names; ``NOASSERTION`` stays as written."""
    producer: str = ""
    identifiers: tuple[str, ...] = ()
    """purl, CPE, SWID, OmniBOR, SWHID as written."""
    withheld: tuple[str, ...] = ()


class Tool(msgspec.Struct, frozen=True):
    name: str
    version: str = ""


class Sbom(msgspec.Struct, frozen=True):
    format: Literal["CycloneDX", "SPDX"]
    format_version: str
    serial: str = ""
    """serialNumber or document namespace."""
    version: str = ""
    """Version of the bill itself."""
    timestamp: datetime | None = None
    authors: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    generation: tuple[str, ...] = ()
    """Lifecycle phases or generation context, as written."""
    root: Component | None = None
    """The software the bill is about."""
    components: tuple[Component, ...] = ()
    """All others, nested ones flattened."""
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(ref, refs it depends on or contains)."""
    signed: bool = False
    """Carries an enveloped signature (JSF); whether it holds is not decided here."""
