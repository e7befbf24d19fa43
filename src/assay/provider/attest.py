"""Write the attestation: what the provider declares, about the releases that were found, with the artifacts behind it.

Nothing is claimed that was not declared. Without a declaration the attestation is a draft: every requirement is
answered "not claimed" and there is no signatory.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.formats.attestation import (
    Artifact,
    ArtifactKind,
    Assessment,
    Attestation,
    Claim,
    Contact,
    Kind,
    Milestone,
    Provider,
    Release,
    ReleaseDigest,
    Scope,
    Signatory,
)
from assay.formats.digest import Digest
from assay.formats.purl import normalise_name

CHECKED_OUT = "HEAD"
"""As a product's ``commit``: the commit that is checked out, which must be clean."""


class Declared(msgspec.Struct, frozen=True):
    """What the provider says in ``assay.toml``."""

    provider: Provider = Provider()
    contact: Contact = Contact()
    kind: Kind | None = None
    scope: Scope | None = None
    notify: bool = False
    binds_future_versions: bool = False
    replaces: Digest | None = None
    extension: str = ""
    claims: Mapping[str, tuple[str, ...] | Literal["all"]] = {}
    """``pack@edition`` -> ids attested."""
    reasons: Mapping[str, str] = {}
    signatory: Signatory | None = None
    assessment: Assessment | None = None
    milestones: tuple[Milestone, ...] = ()


class Piece(msgspec.Struct, frozen=True):
    """An artifact with the requirements it was named for; empty means: by its kind."""

    artifact: Artifact
    requirements: tuple[str, ...] = ()


class Answerable(msgspec.Struct, frozen=True):
    """A requirement that can be answered, and the kinds of artifact its checks read."""

    requirement: str
    kinds: frozenset[ArtifactKind]


class Customers(msgspec.Struct, frozen=True):
    commitment: Digest
    rows: int


def attest(
    declared: Declared | None,
    *,
    pieces: Sequence[Piece],
    releases: Sequence[Release],
    answerable: Sequence[Answerable],
    customers: Customers | None,
    serial: str,
    made: datetime,
) -> Attestation:
    """The attestation over *releases* (see :func:`releases_of`) and *pieces*."""
    said = declared or Declared()
    return Attestation(
        serial=serial,
        made=made,
        draft=declared is None,
        kind=said.kind,
        scope=said.scope,
        provider=said.provider,
        contact=said.contact,
        releases=tuple(releases),
        packs=tuple(dict.fromkeys(item.requirement.partition("#")[0] for item in answerable)),
        claims=tuple(_claim(item, said, pieces) for item in answerable),
        artifacts=tuple(piece.artifact for piece in pieces),
        milestones=said.milestones,
        signatory=said.signatory,
        assessment=said.assessment,
        notify=said.notify,
        binds_future_versions=said.binds_future_versions,
        replaces=said.replaces,
        extension=said.extension,
        customers=customers.commitment if customers else None,
        customer_rows=customers.rows if customers else None,
    )


def unknown_claims(declared: Declared, answerable: Sequence[Answerable]) -> tuple[str, ...]:
    """Requirements claimed or planned that no chosen pack has."""
    known = {item.requirement for item in answerable}
    packs = {requirement.partition("#")[0] for requirement in known}
    named = [f"{pack}#{id_}" for pack, ids in declared.claims.items() if ids != "all" for id_ in ids]
    named += [pack for pack, ids in declared.claims.items() if ids == "all" and pack not in packs]
    named += [milestone.requirement for milestone in declared.milestones]
    return tuple(name for name in named if name not in known | packs)


def _claim(item: Answerable, said: Declared, pieces: Sequence[Piece]) -> Claim:
    pack, _, id_ = item.requirement.partition("#")
    ids = said.claims.get(pack, ())
    behind = tuple(
        piece.artifact.digest
        for piece in pieces
        if item.requirement in piece.requirements
        or (not piece.requirements and piece.artifact.kind in item.kinds)
    )
    return Claim(item.requirement, ids == "all" or id_ in ids, behind, said.reasons.get(item.requirement, ""))


def releases_of(
    products: Sequence[Release],
    files: Sequence[tuple[ReleaseFile, Digest]],
    source: Release | None,
    git: GitState | None,
) -> tuple[Release, ...]:
    """The releases to attest: the declared *products* with the files that are theirs, else what the files say of
    themselves, else the *source* tree."""
    found = _by_metadata(files)
    if not products:
        seeds = tuple(found) or ((source,) if source else ())
        return tuple(_with_commit(release, git) for release in seeds)
    releases = []
    for product in products:
        mine = tuple(release for release in found if _same_product(product, release))
        chosen = mine or (
            tuple(found) if len(products) == 1 and not any(release.name for release in found) else ()
        )
        releases.append(_with_commit(_merged(product, chosen), git))
    return tuple(releases)


def _by_metadata(files: Sequence[tuple[ReleaseFile, Digest]]) -> tuple[Release, ...]:
    groups: dict[tuple[str, str, str], list[ReleaseDigest]] = {}
    for file, digest in files:
        key = (file.ecosystem, file.name, file.version) if file.name else ("", "", "")
        groups.setdefault(key, []).append(ReleaseDigest(file.filename, digest))
    loose = groups.pop(("", "", ""), []) if len(groups) == 2 and ("", "", "") in groups else []
    return tuple(
        Release(
            name=name or members[0].filename,
            version=version,
            files=tuple(sorted([*members, *loose])),
            purl=f"pkg:{ecosystem}/{name}@{version}" if ecosystem and name and version else "",
        )
        for (ecosystem, name, version), members in groups.items()
    )


def _same_product(product: Release, found: Release) -> bool:
    same_name = normalise_name("pypi", product.name) == normalise_name("pypi", found.name)
    return same_name and (not product.version or product.version == found.version)


def _merged(product: Release, found: Sequence[Release]) -> Release:
    files = tuple(sorted({file for release in found for file in release.files} | set(product.files)))
    version = product.version or next((release.version for release in found), "")
    purl = product.purl or next((release.purl for release in found), "")
    return msgspec.structs.replace(product, files=files, version=version, purl=purl)


def _with_commit(release: Release, git: GitState | None) -> Release:
    """The commit the provider names: stated, or ``HEAD``, or the checked-out one when a tag says it is this version."""
    if release.commit == CHECKED_OUT:
        if git is None or git.dirty:
            raise Malformed(f'commit = "HEAD" of {release.name!r} needs a clean git working tree')
        release = msgspec.structs.replace(release, commit=git.commit)
    elif (
        not release.commit
        and git
        and not git.dirty
        and {release.version, f"v{release.version}"} & set(git.tags)
    ):
        release = msgspec.structs.replace(release, commit=git.commit)
    if not release.repository and git and git.remote:
        release = msgspec.structs.replace(release, repository=git.remote)
    return release
