"""An attestation as a CycloneDX 1.6 document and the statement around it. docs/formats/attestation.md is the mapping."""

from assay.errors import Malformed
from assay.formats import scope_document, times
from assay.formats.attestation import Artifact, Attestation, Claim, Contact, Milestone, Provider, Release
from assay.formats.bundle import ENVELOPE, artifact_path
from assay.formats.canonical_json import canonical
from assay.formats.cdxa import (
    PREDICATE_TYPE,
    SPEC_VERSION,
    STATEMENT_TYPE,
    Address,
    Affirmation,
    Answers,
    Assessor,
    Attachment,
    Bom,
    Component,
    Conformance,
    Contents,
    Data,
    Declarations,
    Definitions,
    Evidence,
    ExternalReference,
    Hash,
    Map,
    Metadata,
    Organization,
    Person,
    Property,
    Requirement,
    Signatory,
    Standard,
    Statement,
    Subject,
    Targets,
)
from assay.formats.cdxa import Claim as WireClaim
from assay.formats.cdxa_properties import PROFILE, PROFILE_VERSION, write
from assay.formats.digest import Digest

PROVIDER = "provider"
SELF = "assessor:provider"
THIRD_PARTY = "assessor:third-party"
CLAIM = "claim:"
EVIDENCE = "evidence:"
FILE = "file:"
MILESTONE = "milestone:"
RELEASE = "release:"
MILESTONE_TYPE = "application/vnd.assay.milestone+json"
CONFIDENTIAL = "confidential"
AFFIRMED = "The signatory attests, with authority to bind the provider, that what is declared here is true."


def statement(attestation: Attestation) -> Statement:
    """The in-toto Statement v1; the same attestation gives the same value."""
    return Statement(STATEMENT_TYPE, subjects(attestation), PREDICATE_TYPE, bom(attestation))


def subjects(attestation: Attestation) -> tuple[Subject, ...]:
    """Each release file once; the scope document where there is no file."""
    files = dict.fromkeys(file for release in attestation.releases for file in release.files)
    found = tuple(Subject(file.filename, {file.digest.algorithm: file.digest.value}) for file in files)
    if found:
        return found
    scope = Digest.sha256(scope_document.encode(scope_document.of(attestation)))
    return (Subject(scope_document.NAME, {scope.algorithm: scope.value}),)


def bom(attestation: Attestation) -> Bom:
    said = attestation
    rows = _Rows(said)
    return Bom(
        bom_format="CycloneDX",
        spec_version=SPEC_VERSION,
        serial_number=said.serial,
        version=1,
        metadata=Metadata(times.encode(said.made)),
        components=tuple(_file(artifact) for artifact in said.artifacts),
        declarations=Declarations(
            assessors=_assessors(said),
            claims=tuple(_claim(claim, said) for claim in said.claims),
            evidence=(
                *(_evidence(artifact) for artifact in said.artifacts),
                *(_milestone(index, item) for index, item in enumerate(said.milestones)),
            ),
            attestations=tuple(_answers(pack, rows) for pack in said.packs),
            targets=Targets(
                (_provider(said.provider, said.contact),), tuple(_release(item) for item in said.releases)
            ),
            affirmation=_affirmation(said),
        ),
        definitions=Definitions(tuple(_standard(pack, rows) for pack in said.packs)),
        properties=_properties(said),
    )


def _properties(said: Attestation) -> tuple[Property, ...]:
    signatory, assessment = said.signatory, said.assessment
    return write(
        (PROFILE, PROFILE_VERSION),
        ("assay:draft", said.draft),
        ("assay:form:kind", said.kind),
        ("assay:form:scope", said.scope),
        ("assay:form:notify", said.notify),
        ("assay:form:binds-future-versions", said.binds_future_versions),
        ("assay:form:replaces", said.replaces),
        ("assay:form:extension", said.extension),
        ("assay:contact:title", said.contact.title),
        ("assay:contact:address", said.contact.address),
        ("assay:signatory:signed", signatory.signed if signatory else None),
        ("assay:signatory:authority", signatory.authority if signatory else None),
        ("assay:signatory:delegation", signatory.delegation if signatory else None),
        ("assay:assessment:listing", assessment.listing if assessment else None),
        ("assay:assessment:report", assessment.report if assessment else None),
        ("assay:assessment:approval", assessment.approval if assessment else None),
        ("assay:customers:commitment", said.customers),
        ("assay:customers:rows", said.customer_rows),
    )


def _assessors(said: Attestation) -> tuple[Assessor, ...]:
    own = Assessor(SELF, third_party=False, organization=Organization(said.provider.name))
    if said.assessment is None:
        return (own,)
    return own, Assessor(THIRD_PARTY, third_party=True, organization=Organization(said.assessment.assessor))


def _provider(provider: Provider, contact: Contact) -> Organization:
    person = Person(contact.name, contact.email, contact.phone)
    address = Address(
        provider.country, provider.region, provider.city, provider.postal_code, provider.address
    )
    return Organization(
        provider.name,
        PROVIDER,
        address if address != Address() else None,
        (provider.website,) if provider.website else (),
        (person,) if person != Person() else (),
    )


def _release(release: Release) -> Component:
    return Component(
        "application",
        release.name,
        RELEASE + release.label,
        release.version,
        release.purl,
        properties=write(
            ("assay:release:released", release.released),
            ("assay:release:in-scope", release.in_scope),
            ("assay:release:excluded", release.excluded),
            ("assay:release:repository", release.repository),
            ("assay:release:commit", release.commit),
        ),
        components=tuple(
            Component("file", file.filename, hashes=(_hash(file.digest, f"file {file.filename!r}"),))
            for file in release.files
        ),
    )


def _file(artifact: Artifact) -> Component:
    return Component(
        "file",
        artifact.name,
        f"{FILE}{artifact.digest}",
        mime_type=artifact.media_type,
        hashes=(_hash(artifact.digest, f"artifact {artifact.name!r}"),),
        properties=write(
            ("assay:artifact:kind", artifact.kind),
            ("assay:artifact:title", artifact.title),
            *(("assay:artifact:release", label) for label in artifact.releases),
        ),
    )


def _evidence(artifact: Artifact) -> Evidence:
    where = Contents(artifact_path(artifact.digest))
    classification = CONFIDENTIAL if artifact.confidential else ""
    return Evidence(
        f"{EVIDENCE}{artifact.digest}",
        artifact.description,
        times.encode(artifact.created) if artifact.created else "",
        data=(Data(artifact.name, where, classification),),
    )


def _milestone(index: int, milestone: Milestone) -> Evidence:
    text = canonical(milestone).decode()
    return Evidence(
        f"{MILESTONE}{index}",
        f"Plan of action and milestones for {milestone.requirement}",
        data=(Data("milestone", Contents(attachment=Attachment(text, MILESTONE_TYPE))),),
    )


def _claim(claim: Claim, said: Attestation) -> WireClaim:
    single = len(said.releases) == 1
    return WireClaim(
        CLAIM + claim.requirement,
        RELEASE + said.releases[0].label if single else PROVIDER,
        f"{claim.requirement} is {'met' if claim.claimed else 'not met'}",
        claim.reasoning,
        tuple(f"{EVIDENCE}{digest}" for digest in claim.artifacts),
    )


class _Rows:
    """What each pack's requirements were answered with: requirements answered or planned, in that order, each once."""

    def __init__(self, said: Attestation) -> None:
        self.claims = {claim.requirement: claim for claim in said.claims}
        self.plans: dict[str, list[str]] = {}
        for index, item in enumerate(said.milestones):
            self.plans.setdefault(item.requirement, []).append(f"{MILESTONE}{index}")
        self.of: dict[str, list[str]] = {}
        for requirement in dict.fromkeys((*self.claims, *self.plans)):
            self.of.setdefault(pack_of(requirement), []).append(requirement)


def _answers(pack: str, rows: _Rows) -> Answers:
    listed = tuple(_map(requirement, rows) for requirement in rows.of.get(pack, ()))
    return Answers(f"The provider's answers to {pack}", SELF, listed)


def _map(requirement: str, rows: _Rows) -> Map:
    plan = tuple(rows.plans.get(requirement, ()))
    claim = rows.claims.get(requirement)
    if claim is None:
        return Map(requirement, conformance=Conformance(mitigations=plan))
    ref = (CLAIM + requirement,)
    if claim.claimed:
        return Map(requirement, claims=ref, conformance=Conformance(1, mitigations=plan))
    return Map(requirement, counter_claims=ref, conformance=Conformance(0, mitigations=plan))


def _standard(pack: str, rows: _Rows) -> Standard:
    name, _, edition = pack.partition("@")
    listed = tuple(Requirement(ref, ref.partition("#")[2]) for ref in rows.of.get(pack, ()))
    return Standard(pack, name, edition, listed)


def _affirmation(said: Attestation) -> Affirmation | None:
    if said.signatory is None:
        return None
    signatory = Signatory(
        said.signatory.name,
        said.signatory.title,
        Organization(said.provider.name),
        ExternalReference("digital-signature", ENVELOPE),
    )
    return Affirmation(AFFIRMED, (signatory,))


def _hash(digest: Digest, what: str) -> Hash:
    if digest.algorithm != "sha256":
        raise Malformed(f"attestation: digest of {what} is {digest.algorithm}, expected sha256")
    return Hash("SHA-256", digest.value)


def pack_of(requirement: str) -> str:
    """``pack@edition`` of a requirement."""
    return requirement.partition("#")[0]
