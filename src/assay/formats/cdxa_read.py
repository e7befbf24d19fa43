"""A CycloneDX 1.6 document as an attestation.

Reading only looks where :mod:`cdxa_write` writes. Whether everything else agrees is decided by writing the value again
and comparing, so nothing here needs to be checked twice.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar, get_args

from assay.errors import Malformed
from assay.formats import strict_json, times
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
    ScopeReason,
    Signatory,
)
from assay.formats.bundle import FOLDER
from assay.formats.cdxa import Address, Bom, Component, Evidence, Hash, Organization, Person
from assay.formats.cdxa_properties import ARTIFACT, ATTESTATION, RELEASE, Properties
from assay.formats.cdxa_references import BOM, DECLARATIONS, contents_of
from assay.formats.cdxa_write import CLAIM, CONFIDENTIAL, EVIDENCE, MILESTONE, THIRD_PARTY
from assay.formats.digest import Digest
from assay.formats.text import shown

PACK = re.compile(r"[^\s@#:]{1,80}@[^\s@#:]{1,80}\Z")
REQUIREMENT = re.compile(r"[^\s@#:]{1,80}@[^\s@#:]{1,80}#[^\s@#:]{1,80}\Z")

KINDS: tuple[Kind, ...] = get_args(Kind)
SCOPES: tuple[Scope, ...] = get_args(Scope)
REASONS: tuple[ScopeReason, ...] = get_args(ScopeReason)
ARTIFACT_KINDS: tuple[ArtifactKind, ...] = get_args(ArtifactKind)
AUTHORITIES: tuple[Literal["", "chief_executive", "designee"], ...] = ("chief_executive", "designee")
LISTINGS: tuple[Literal["", "fedramp_3pao", "approved_in_writing"], ...] = (
    "fedramp_3pao",
    "approved_in_writing",
)

T = TypeVar("T")


def attestation(bom: Bom) -> Attestation:
    said = bom.declarations
    form = Properties(bom.properties, ATTESTATION, at=f"{BOM}/properties")
    targets = said.targets
    if targets is None:
        raise Malformed(f"{DECLARATIONS}/targets is missing, expected the provider and its releases")
    organization = _only(targets.organizations, f"{DECLARATIONS}/targets/organizations")
    return Attestation(
        serial=bom.serial_number,
        made=times.parse(bom.metadata.timestamp, what=f"{BOM}/metadata/timestamp"),
        draft=form.flag("assay:draft"),
        kind=form.choice("assay:form:kind", KINDS),
        scope=form.choice("assay:form:scope", SCOPES),
        provider=_provider(organization),
        contact=_contact(organization, form),
        releases=tuple(
            _release(item, f"{DECLARATIONS}/targets/components/{index}")
            for index, item in enumerate(targets.components)
        ),
        packs=tuple(_pack(standard.bom_ref) for standard in bom.definitions.standards),
        claims=_claims(bom),
        artifacts=_artifacts(bom),
        milestones=_milestones(said.evidence),
        signatory=_signatory(bom, form),
        assessment=_assessment(bom, form),
        notify=form.flag("assay:form:notify"),
        binds_future_versions=form.flag("assay:form:binds-future-versions"),
        replaces=form.digest("assay:form:replaces"),
        extension=form.text("assay:form:extension"),
        customers=form.digest("assay:customers:commitment"),
        customer_rows=form.count("assay:customers:rows"),
    )


def _provider(organization: Organization) -> Provider:
    place = organization.address or Address()
    return Provider(
        organization.name,
        place.street,
        place.locality,
        place.region,
        place.postal_code,
        place.country,
        next(iter(organization.url), ""),
    )


def _contact(organization: Organization, form: Properties) -> Contact:
    person = next(iter(organization.contact), Person())
    return Contact(
        person.name,
        form.text("assay:contact:title"),
        form.text("assay:contact:address"),
        person.phone,
        person.email,
    )


def _release(component: Component, at: str) -> Release:
    more = Properties(component.properties, RELEASE, at=f"{at}/properties")
    return Release(
        name=component.name,
        version=component.version,
        released=more.day("assay:release:released"),
        files=tuple(
            ReleaseDigest(file.name, _hash(file.hashes, f"{at}/components/{index}/hashes"))
            for index, file in enumerate(component.components)
        ),
        purl=component.purl,
        in_scope=more.choice("assay:release:in-scope", REASONS),
        excluded=more.text("assay:release:excluded"),
        repository=more.text("assay:release:repository"),
        commit=more.text("assay:release:commit"),
    )


def _claims(bom: Bom) -> tuple[Claim, ...]:
    rows = [row for answers in bom.declarations.attestations for row in answers.map]
    yes = {ref for row in rows for ref in row.claims}
    no = {ref for row in rows for ref in row.counter_claims}
    claims = []
    for index, claim in enumerate(bom.declarations.claims):
        at = f"{DECLARATIONS}/claims/{index}"
        requirement = claim.bom_ref.removeprefix(CLAIM)
        if not REQUIREMENT.match(requirement):
            raise Malformed(f"{at}/bom-ref is {shown(claim.bom_ref, 80)!r}, expected {CLAIM}pack@edition#id")
        if (claim.bom_ref in yes) == (claim.bom_ref in no):
            raise Malformed(f"{at}: the map names the claim {'twice' if claim.bom_ref in yes else 'nowhere'}")
        artifacts = tuple(_named(ref, f"{at}/evidence/{n}") for n, ref in enumerate(claim.evidence))
        claims.append(Claim(requirement, claim.bom_ref in yes, artifacts, claim.reasoning))
    return tuple(claims)


def _artifacts(bom: Bom) -> tuple[Artifact, ...]:
    evidence = [item for item in bom.declarations.evidence if not item.bom_ref.startswith(MILESTONE)]
    if len(evidence) != len(bom.components):
        raise Malformed(
            f"{BOM}/components has {len(bom.components)} files, expected one for each of {len(evidence)} evidence"
        )
    pairs = enumerate(zip(evidence, bom.components, strict=True))
    return tuple(_artifact(item, component, index) for index, (item, component) in pairs)


def _artifact(evidence: Evidence, component: Component, index: int) -> Artifact:
    at = f"{DECLARATIONS}/evidence/{index}"
    url, _ = contents_of(evidence)
    if not url.startswith(FOLDER):
        raise Malformed(f"{at} has data at {shown(url, 80)!r}, expected one at {FOLDER}<hex>")
    more = Properties(component.properties, ARTIFACT, at=f"{BOM}/components/{index}/properties")
    kind = more.choice("assay:artifact:kind", ARTIFACT_KINDS)
    if kind is None:
        raise Malformed(
            f"{more.at} has no 'assay:artifact:kind', expected one of {', '.join(ARTIFACT_KINDS)}"
        )
    return Artifact(
        digest=Digest.of("sha256", url.removeprefix(FOLDER), what=f"{at}/data/0/contents/url"),
        name=evidence.data[0].name,
        kind=kind,
        title=more.text("assay:artifact:title"),
        description=evidence.description,
        media_type=component.mime_type,
        created=times.parse(evidence.created, what=f"{at}/created") if evidence.created else None,
        confidential=evidence.data[0].classification == CONFIDENTIAL,
        releases=more.many("assay:artifact:release"),
    )


def _milestones(evidence: Iterable[Evidence]) -> tuple[Milestone, ...]:
    found = []
    for index, item in enumerate(evidence):
        if item.bom_ref.startswith(MILESTONE):
            what = f"milestone at {DECLARATIONS}/evidence/{index}"
            found.append(strict_json.decode(contents_of(item)[1].encode(), Milestone, what=what))
    return tuple(found)


def _signatory(bom: Bom, form: Properties) -> Signatory | None:
    affirmation = bom.declarations.affirmation
    if affirmation is None:
        return None
    person = _only(affirmation.signatories, f"{DECLARATIONS}/affirmation/signatories")
    authority = form.choice("assay:signatory:authority", AUTHORITIES)
    return Signatory(
        person.name,
        person.role,
        form.day("assay:signatory:signed"),
        authority or "",
        form.digest("assay:signatory:delegation"),
    )


def _assessment(bom: Bom, form: Properties) -> Assessment | None:
    for assessor in bom.declarations.assessors:
        if assessor.bom_ref == THIRD_PARTY:
            listing = form.choice("assay:assessment:listing", LISTINGS)
            return Assessment(
                assessor.organization.name if assessor.organization else "",
                listing or "",
                form.digest("assay:assessment:report"),
                form.digest("assay:assessment:approval"),
            )
    return None


def _pack(ref: str) -> str:
    if not PACK.match(ref):
        raise Malformed(f"{BOM}/definitions/standards has bom-ref {shown(ref, 80)!r}, expected pack@edition")
    return ref


def _named(ref: str, at: str) -> Digest:
    if not ref.startswith(EVIDENCE):
        raise Malformed(f"{at} refers to {shown(ref, 80)!r}, expected an artifact")
    return Digest.parse(ref.removeprefix(EVIDENCE), what=at)


def _hash(hashes: Sequence[Hash], at: str) -> Digest:
    found = _only(hashes, at)
    if found.alg != "SHA-256":
        raise Malformed(f"{at}/0/alg is {shown(found.alg, 40)!r}, expected 'SHA-256'")
    return Digest.of("sha256", found.content, what=f"{at}/0/content")


def _only(items: Sequence[T], at: str) -> T:
    if len(items) != 1:
        raise Malformed(f"{at} has {len(items)} entries, expected 1")
    return items[0]
