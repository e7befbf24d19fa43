"""An attestation as a frozen value: everything a provider says, whatever wire form carried it.

Fields follow the CISA common form, sections I to III. Empty text, None and empty tuples mean "not said";
whether something must be said is decided by the completeness rules, not here.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from assay.formats.digest import Digest

Kind = Literal["new", "following_extension_or_waiver", "revised"]
Scope = Literal["company_wide", "individual_product", "multiple_products_or_specific_versions"]
ScopeReason = Literal[
    "released_after_cutoff", "major_version_after_cutoff", "continuous_delivery", "voluntary"
]
ArtifactKind = Literal[
    "release", "sbom", "lockfile", "statement", "test-report", "analysis", "vulnerabilities", "vex",
    "disclosure-policy", "security-txt", "security-insights", "scorecard", "git-state", "workflow",
    "environment", "document", "assessment",
]  # fmt: skip


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section II.1."""

    name: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    website: str = ""


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section II.2: a person, a role or a group."""

    name: str = ""
    title: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


class ReleaseDigest(msgspec.Struct, frozen=True, order=True):
    """A file of a release."""

    filename: str
    digest: Digest


class Release(msgspec.Struct, frozen=True):
    """A product in a version, with the digests of its files."""

    name: str
    version: str = ""
    released: date | None = None
    files: tuple[ReleaseDigest, ...] = ()
    purl: str = ""
    in_scope: ScopeReason | None = None
    excluded: str = ""
    """Why the software is outside the form's scope (developed by an agency, freely obtained, ...); empty otherwise."""
    repository: str = ""
    commit: str = ""
    """Full commit that the release was made from, as the provider says."""

    @property
    def label(self) -> str:
        """``name@version``, or the name alone; no two releases of an attestation share it."""
        return f"{self.name}@{self.version}" if self.version else self.name


class Artifact(msgspec.Struct, frozen=True):
    """A file submitted as evidence, named by digest."""

    digest: Digest
    name: str
    """Path as it was found, relative, POSIX."""
    kind: ArtifactKind
    title: str = ""
    description: str = ""
    media_type: str = ""
    created: datetime | None = None
    """As the provider says; never a proof of age."""
    confidential: bool = False
    releases: tuple[str, ...] = ()
    """``name@version`` of the releases it is about; empty for all."""


class Claim(msgspec.Struct, frozen=True):
    """One requirement answered."""

    requirement: str
    """``pack@edition#id``."""
    claimed: bool
    artifacts: tuple[Digest, ...] = ()
    reasoning: str = ""


class Milestone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item of the plan of action and milestones (POA&M)."""

    requirement: str
    weakness: str = ""
    action: str = ""
    owner: str = ""
    due: date | None = None
    approved_extension: str = ""


class Signatory(msgspec.Struct, frozen=True):
    """Section III, first path."""

    name: str = ""
    title: str = ""
    signed: date | None = None
    authority: Literal["", "chief_executive", "designee"] = ""
    delegation: Digest | None = None
    """Document that gives a designee the authority to bind."""


class Assessment(msgspec.Struct, frozen=True):
    """Section III, second path: a third party assessed. Always confidential."""

    assessor: str = ""
    listing: Literal["", "fedramp_3pao", "approved_in_writing"] = ""
    report: Digest | None = None
    approval: Digest | None = None


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    serial: str
    """``urn:uuid:…``."""
    made: datetime
    draft: bool = False
    """Made without an ``assay.toml``: nobody claimed anything."""
    kind: Kind | None = None
    scope: Scope | None = None
    provider: Provider = Provider()
    contact: Contact = Contact()
    releases: tuple[Release, ...] = ()
    packs: tuple[str, ...] = ()
    """``pack@edition`` of each pack answered."""
    claims: tuple[Claim, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    signatory: Signatory | None = None
    assessment: Assessment | None = None
    notify: bool = False
    """Accepts the duty to notify when the statement is no longer true."""
    binds_future_versions: bool = False
    replaces: Digest | None = None
    """Payload digest of the attestation that a ``revised`` one replaces."""
    extension: str = ""
    """What extension or waiver a ``following_extension_or_waiver`` follows."""
    customers: Digest | None = None
    """Commitment to the customer list: Merkle root of its salted rows; None when there is no list."""
    customer_rows: int | None = None
