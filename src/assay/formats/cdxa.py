"""CycloneDX 1.6 attestations (CDXA) inside an in-toto Statement v1: the parts that Assay writes and reads, as they stand on the wire.

Only fields with a meaning here are named; whatever else a document carries is left unread. In the official schema
(bom-1.6.schema.json, ``declarations``) almost no field is required and references are plain strings, so these types say
little: what must hold is checked by :mod:`cdxa_references` and by whoever reads a profile (attestation, result).
"""

import msgspec

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://cyclonedx.org/bom"
SPEC_VERSION = "1.6"

_NAMES = {
    "bom_ref": "bom-ref",
    "mime_type": "mime-type",
    "postal_code": "postalCode",
    "street": "streetAddress",
    "external_reference": "externalReference",
    "third_party": "thirdParty",
    "mitigations": "mitigationStrategies",
    "counter_evidence": "counterEvidence",
    "counter_claims": "counterClaims",
    "content_type": "contentType",
    "bom_format": "bomFormat",
    "spec_version": "specVersion",
    "serial_number": "serialNumber",
    "kind": "_type",
    "predicate_type": "predicateType",
}


class Part(msgspec.Struct, frozen=True, omit_defaults=True, rename=_NAMES):
    pass


class Property(Part, frozen=True):
    name: str
    value: str = ""


class Hash(Part, frozen=True):
    alg: str
    content: str


class Address(Part, frozen=True):
    country: str = ""
    region: str = ""
    locality: str = ""
    postal_code: str = ""
    street: str = ""


class Person(Part, frozen=True):
    """organizationalContact."""

    name: str = ""
    email: str = ""
    phone: str = ""


class Organization(Part, frozen=True):
    """organizationalEntity."""

    name: str = ""
    bom_ref: str = ""
    address: Address | None = None
    url: tuple[str, ...] = ()
    contact: tuple[Person, ...] = ()


class Component(Part, frozen=True):
    type: str
    name: str
    bom_ref: str = ""
    version: str = ""
    purl: str = ""
    mime_type: str = ""
    hashes: tuple[Hash, ...] = ()
    properties: tuple[Property, ...] = ()
    components: tuple["Component", ...] = ()


class Assessor(Part, frozen=True):
    bom_ref: str = ""
    third_party: bool | None = None
    organization: Organization | None = None


class Claim(Part, frozen=True):
    bom_ref: str = ""
    target: str = ""
    predicate: str = ""
    reasoning: str = ""
    evidence: tuple[str, ...] = ()
    counter_evidence: tuple[str, ...] = ()
    mitigations: tuple[str, ...] = ()


class Attachment(Part, frozen=True):
    content: str
    content_type: str = ""
    encoding: str = ""


class Contents(Part, frozen=True):
    url: str = ""
    attachment: Attachment | None = None


class Data(Part, frozen=True):
    name: str = ""
    contents: Contents | None = None
    classification: str = ""


class Evidence(Part, frozen=True):
    bom_ref: str = ""
    description: str = ""
    created: str = ""
    expires: str = ""
    data: tuple[Data, ...] = ()


class Conformance(Part, frozen=True):
    score: int | float | None = None
    """A whole number stays one, so that it is written again as it was read."""
    rationale: str = ""
    mitigations: tuple[str, ...] = ()


class Confidence(Part, frozen=True):
    score: float | None = None
    rationale: str = ""


class Map(Part, frozen=True):
    """One requirement with the claims that answer it."""

    requirement: str = ""
    claims: tuple[str, ...] = ()
    counter_claims: tuple[str, ...] = ()
    conformance: Conformance | None = None
    confidence: Confidence | None = None


class Answers(Part, frozen=True):
    """``declarations.attestations[]``."""

    summary: str = ""
    assessor: str = ""
    map: tuple[Map, ...] = ()


class Targets(Part, frozen=True):
    organizations: tuple[Organization, ...] = ()
    components: tuple[Component, ...] = ()


class ExternalReference(Part, frozen=True):
    type: str
    url: str


class Signatory(Part, frozen=True):
    name: str = ""
    role: str = ""
    organization: Organization | None = None
    external_reference: ExternalReference | None = None


class Affirmation(Part, frozen=True):
    statement: str = ""
    signatories: tuple[Signatory, ...] = ()


class Declarations(Part, frozen=True):
    assessors: tuple[Assessor, ...] = ()
    claims: tuple[Claim, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    attestations: tuple[Answers, ...] = ()
    targets: Targets | None = None
    affirmation: Affirmation | None = None


class Requirement(Part, frozen=True):
    bom_ref: str = ""
    identifier: str = ""


class Standard(Part, frozen=True):
    bom_ref: str = ""
    name: str = ""
    version: str = ""
    requirements: tuple[Requirement, ...] = ()


class Definitions(Part, frozen=True):
    standards: tuple[Standard, ...] = ()


class Metadata(Part, frozen=True):
    timestamp: str = ""


class Bom(Part, frozen=True):
    bom_format: str
    spec_version: str
    declarations: Declarations
    serial_number: str = ""
    version: int = 0
    metadata: Metadata = Metadata()
    components: tuple[Component, ...] = ()
    definitions: Definitions = Definitions()
    properties: tuple[Property, ...] = ()


class Subject(Part, frozen=True):
    name: str
    digest: dict[str, str]


class Statement(Part, frozen=True):
    kind: str
    subject: tuple[Subject, ...]
    predicate_type: str
    predicate: Bom
