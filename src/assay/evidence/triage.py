"""Vulnerabilities that a scan found in components, and what the provider says of each."""

from datetime import datetime
from typing import Literal

import msgspec

from assay.formats.digest import Digest


class Vulnerability(msgspec.Struct, frozen=True):
    id: str
    aliases: tuple[str, ...] = ()
    component: str = ""
    """purl without qualifiers; empty when the report only has a name."""
    name: str = ""
    version: str = ""
    ecosystem: str = ""
    """purl type."""
    severity: float | None = None
    """CVSS base score."""
    fixed: tuple[str, ...] = ()
    modified: datetime | None = None
    """Last change of the advisory: the scan is no older than this."""
    withdrawn: bool = False
    """The advisory was taken back."""
    notice: str = ""
    """``unmaintained``, ``unsound`` or ``notice``: an advisory that is no vulnerability."""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset((self.id, *self.aliases))


class VulnerabilityReport(msgspec.Struct, frozen=True):
    """OSV-format results, a CycloneDX vulnerability report (VDR) or an in-toto vulns predicate."""

    format: Literal["osv", "cyclonedx", "in-toto-vulns"]
    scanner: str = ""
    created: datetime | None = None
    database: datetime | None = None
    """State of the advisory data, where the report says."""
    found: tuple[Vulnerability, ...] = ()
    scanned: tuple[str, ...] | None = None
    """purls the scan looked at; None when the report does not say."""
    subjects: tuple[Digest, ...] = ()
    """What the report says it is about; empty when it does not say."""


class Triage(msgspec.Struct, frozen=True):
    """One VEX statement."""

    ids: tuple[str, ...]
    """The vulnerability's id and aliases."""
    status: Literal["not_affected", "affected", "fixed", "under_investigation"]
    products: tuple[str, ...] = ()
    """purls, digests (``algorithm:hex``) or bom-refs the statement is about."""
    subcomponents: tuple[str, ...] = ()
    justification: str = ""
    impact: str = ""
    action: str = ""
    timestamp: datetime | None = None


class Vex(msgspec.Struct, frozen=True):
    format: Literal["openvex", "cyclonedx", "csaf"]
    author: str = ""
    timestamp: datetime | None = None
    statements: tuple[Triage, ...] = ()
