"""``assay.toml`` and the environment: the only reader of both.

Every table and key is listed in docs/settings.md; an unknown one is refused by name.
"""

import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal, cast

import msgspec

from assay.collect.files import read_plain
from assay.collect.project import Named
from assay.errors import Malformed, Unavailable
from assay.evidence.environment import Fact
from assay.formats.attestation import (
    ArtifactKind,
    Assessment,
    Contact,
    Kind,
    Milestone,
    Provider,
    Release,
    Scope,
    ScopeReason,
    Signatory,
)
from assay.formats.digest import Digest
from assay.formats.strict_toml import load as load_toml
from assay.provider.attest import Declared

NAME = "assay.toml"
MAX_BYTES = 1 << 20


class SubmissionTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind | None = None
    scope: Scope | None = None
    notify: bool = False
    binds_future_versions: bool = False
    replaces: str = ""
    extension: str = ""


class ProductTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str = ""
    released: date | None = None
    purl: str = ""
    in_scope: ScopeReason | None = None
    excluded: str = ""
    repository: str = ""
    commit: str = ""
    files: tuple[str, ...] = ()


class SignatoryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""
    title: str = ""
    signed: date | None = None
    authority: Literal["", "chief_executive", "designee"] = ""
    delegation: str = ""


class AssessmentTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    assessor: str = ""
    listing: Literal["", "fedramp_3pao", "approved_in_writing"] = ""
    report: str = ""
    approval: str = ""


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scheme: str
    value: str


class CustomerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    id: Identifier | None = None
    contact: str = ""
    products: tuple[str, ...] = ()


class ArtifactTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    kind: ArtifactKind = "document"
    title: str = ""
    description: str = ""
    requirements: tuple[str, ...] = ()
    confidential: bool = False
    releases: tuple[str, ...] = ()


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``assay.toml``."""

    provider: Provider = Provider()
    contact: Contact = Contact()
    submission: SubmissionTable = SubmissionTable()
    products: tuple[ProductTable, ...] = ()
    packs: tuple[str, ...] = ()
    claims: dict[str, tuple[str, ...] | Literal["all"]] = {}
    """Pack id -> ids of the requirements attested, or ``all``."""
    reasons: dict[str, str] = {}
    """``pack@edition#id`` -> why the requirement is met, in the provider's words."""
    signatory: SignatoryTable | None = None
    assessment: AssessmentTable | None = None
    milestones: tuple[Milestone, ...] = ()
    customers: tuple[CustomerTable, ...] | None = None
    environment: tuple[Fact, ...] = ()
    artifacts: tuple[ArtifactTable, ...] = ()
    exclude: tuple[str, ...] = ()
    """Glob patterns of paths never collected."""


def parse(data: bytes, *, what: str = NAME) -> Project:
    """Read an ``assay.toml``."""
    try:
        return msgspec.convert(load_toml(data, what=what), Project)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error


def find(folder: Path) -> Project | None:
    """The project's ``assay.toml``, or None when it has none."""
    path = folder / NAME
    try:
        if not os.path.lexists(path):
            return None
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    return parse(read_plain(path, limit=MAX_BYTES), what=str(path))


def declared(project: Project, document: Callable[[str], Digest]) -> Declared:
    """What *project* declares, with documents named by digest: *document* gives the digest of a path."""
    submission = project.submission

    def digest(path: str) -> Digest | None:
        return document(path) if path else None

    return Declared(
        provider=project.provider,
        contact=project.contact,
        kind=submission.kind,
        scope=submission.scope,
        notify=submission.notify,
        binds_future_versions=submission.binds_future_versions,
        replaces=Digest.parse(submission.replaces, what="submission.replaces")
        if submission.replaces
        else None,
        extension=submission.extension,
        claims=project.claims,
        reasons=project.reasons,
        signatory=_signatory(project.signatory, digest) if project.signatory else None,
        assessment=_assessment(project.assessment, digest) if project.assessment else None,
        milestones=project.milestones,
    )


def products(project: Project) -> tuple[Release, ...]:
    """The products as declared; their files are attached when they are found."""
    return tuple(
        Release(**{name: value for name, value in msgspec.structs.asdict(table).items() if name != "files"})
        for table in project.products
    )


def _signatory(table: SignatoryTable, digest: Callable[[str], Digest | None]) -> Signatory:
    return Signatory(table.name, table.title, table.signed, table.authority, digest(table.delegation))


def _assessment(table: AssessmentTable, digest: Callable[[str], Digest | None]) -> Assessment:
    return Assessment(table.assessor, table.listing, digest(table.report), digest(table.approval))


def named(project: Project) -> tuple[Named, ...]:
    """Files that ``assay.toml`` names, wherever it does."""
    items = [Named(**msgspec.structs.asdict(item)) for item in project.artifacts]
    if project.signatory and project.signatory.delegation:
        items.append(
            Named(
                project.signatory.delegation,
                title="Delegation of authority",
                description="gives the signatory the authority to bind the provider",
            )
        )
    if project.assessment:
        for path, kind, title in (
            (project.assessment.report, "assessment", "Third-party assessment"),
            (project.assessment.approval, "document", "Approval of the assessor"),
        ):
            if path:
                items.append(
                    Named(
                        path,
                        cast("ArtifactKind", kind),
                        title,
                        f"{title} by {project.assessment.assessor}",
                        confidential=True,
                    )
                )
    items += [
        Named(path, "release", description=f"Release file {path}")
        for product in project.products
        for path in product.files
    ]
    return tuple({item.path: item for item in reversed(items)}.values())[::-1]


class Environment(msgspec.Struct, frozen=True):
    """What Assay takes from environment variables."""

    passphrase_file: Path | None = None
    """``ASSAY_PASSPHRASE_FILE``."""
    credentials: Path | None = None
    """``CREDENTIALS_DIRECTORY``, set by systemd; the passphrase is its file ``assay-passphrase``."""
    token_file: Path | None = None
    """``ASSAY_TOKEN_FILE``: file with an API token, for commands that ask an office over HTTP."""
    home: Path | None = None
    """``ASSAY_HOME``: folder of keys and trust, instead of ``.assay`` here."""
    now: str = ""
    """``ASSAY_NOW``: a fixed RFC 3339 time, for tests and reproducible runs."""


def environment(variables: Mapping[str, str] = os.environ) -> Environment:
    def path(name: str) -> Path | None:
        value = variables.get(name, "")
        return Path(value) if value else None

    return Environment(
        passphrase_file=path("ASSAY_PASSPHRASE_FILE"),
        credentials=path("CREDENTIALS_DIRECTORY"),
        token_file=path("ASSAY_TOKEN_FILE"),
        home=path("ASSAY_HOME"),
        now=variables.get("ASSAY_NOW", ""),
    )
