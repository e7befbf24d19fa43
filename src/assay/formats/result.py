"""A published result: the office's verdict in the shape of an attestation, with the office as assessor.

A requirement that is satisfied is a claim, one that is not is a counter-claim, and one that is unknown or does not apply
is neither: it stands in the map with its reason and without a score, so that it reads as no answer and never as a
failure. The whole verdict document is carried as evidence; everything else is derived from it and must agree with it.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from assay.errors import Malformed
from assay.formats import b64, case_documents, times, verdict
from assay.formats.bundle import artifact_path
from assay.formats.canonical_json import canonical
from assay.formats.case_documents import Determination, Judgement, Response
from assay.formats.cdxa import (
    PREDICATE_TYPE,
    SPEC_VERSION,
    STATEMENT_TYPE,
    Answers,
    Assessor,
    Attachment,
    Bom,
    Claim,
    Component,
    Confidence,
    Conformance,
    Contents,
    Data,
    Declarations,
    Definitions,
    Evidence,
    Hash,
    Map,
    Metadata,
    Organization,
    Requirement,
    Standard,
    Statement,
    Subject,
    Targets,
)
from assay.formats.cdxa_difference import require_same
from assay.formats.cdxa_properties import PROFILE, PROFILE_VERSION, RESULT, Properties, write
from assay.formats.cdxa_references import DECLARATIONS, require_resolved, require_unique
from assay.formats.cdxa_statement import decode, require_profile
from assay.formats.digest import Digest
from assay.formats.verdict import MEDIA_TYPE, ClaimVerdict, ReleaseRef, ResultToken, VerdictDocument

WHAT = "result"
ASSESSOR = "assessor:office"
PROVIDER = "provider"
VERDICT = "verdict"
DETERMINATION = "determination"
RESPONSE = "response"
CASE_TYPE = "application/vnd.assay.case+json"
NOT_PUBLIC = "not-public"

CONFIDENCE = {"statement": 0.25, "artifact": 0.5, "derived": 0.75}
"""Orders what an answer rests on; no probability, and never 1."""
RESTS_ON = {
    "statement": "rests on the provider's own statement",
    "artifact": "rests on a document bound to the release",
    "derived": "recomputed from the release or under a verified signature",
}
_CLAIMED = {"satisfied": "met", "not_satisfied": "not met"}
_PLAIN = {"unknown": "unknown", "not_applicable": "not applicable"}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    office: str
    made: datetime
    verdict: VerdictDocument
    raw: bytes
    """The verdict document as it was embedded: its canonical text."""
    determination: Determination | None = None
    """What the office determined after due process; None where the verdict is all there is."""
    response: Response | None = None
    """What the provider answered to an initial determination: it stands beside the result (D12)."""

    @property
    def token(self) -> ResultToken:
        """The result: of the determination, where there is one."""
        return self.verdict.result if self.determination is None else self.determination.result

    @property
    def rows(self) -> tuple[ClaimVerdict, ...]:
        """The requirements, as persons judged them where they did."""
        if self.determination is None:
            return self.verdict.claims
        return judged(self.verdict, self.determination.judgements)


def judged(document: VerdictDocument, judgements: Sequence[Judgement]) -> tuple[ClaimVerdict, ...]:
    """The rows of *document* with *judgements* in place of what checks found; Malformed for one of no row, or twice."""
    said = {one.requirement: one for one in judgements}
    known = {row.requirement for row in document.claims}
    if len(said) != len(judgements) or not said.keys() <= known:
        strange = sorted(said.keys() - known)[:3]
        raise Malformed(
            f"judgements: {', '.join(strange) or 'a requirement twice'}, expected each once, of the verdict's {len(known)}"
        )
    return tuple(
        row
        if (one := said.get(row.requirement)) is None
        else msgspec.structs.replace(row, verdict=one.verdict, reason=one.reason)
        for row in document.claims
    )


def encode_result(
    document: VerdictDocument,
    *,
    office: str,
    made: datetime,
    determination: Determination | None = None,
    response: Response | None = None,
) -> bytes:
    """The payload to sign: an in-toto Statement v1 about the release files. The same arguments give the same bytes."""
    found = Result(
        office=office,
        made=made,
        verdict=document,
        raw=verdict.encode(document),
        determination=determination,
        response=response,
    )
    payload = canonical(_statement(found))
    if read_result(payload) != found:
        raise ValueError("result does not survive its own wire form")
    return payload


def parse_result(payload: bytes) -> tuple[VerdictDocument, bytes]:
    """(verdict, its canonical bytes) of a result; :class:`Malformed` when anything around it says something else."""
    found = read_result(payload)
    return found.verdict, found.raw


def read_result(payload: bytes) -> Result:
    """As :func:`parse_result`, with who made the result and when."""
    predicate, wire = decode(payload, what=WHAT)
    require_profile(wire, what=WHAT)
    require_unique(predicate, what=WHAT)
    require_resolved(wire.predicate, what=WHAT)
    bom = wire.predicate
    Properties(bom.properties, RESULT, at=f"{WHAT}: /predicate/properties")
    raw = _embedded(bom, VERDICT, MEDIA_TYPE)
    if raw is None:
        raise Malformed(
            f"{WHAT} embeds no verdict, expected evidence {VERDICT!r} of type {MEDIA_TYPE} in base64"
        )
    determined = _embedded(bom, DETERMINATION, CASE_TYPE)
    answered = _embedded(bom, RESPONSE, CASE_TYPE)
    offices = [item.organization.name for item in bom.declarations.assessors if item.organization]
    if len(offices) != 1:
        raise Malformed(
            f"{WHAT}: {DECLARATIONS}/assessors names {len(offices)} organizations, expected the office"
        )
    found = Result(
        office=offices[0],
        made=times.parse(bom.metadata.timestamp, what=f"{WHAT}: /predicate/metadata/timestamp"),
        verdict=verdict.parse(raw),
        raw=raw,
        determination=None if determined is None else case_documents.parse(determined, Determination),
        response=None if answered is None else case_documents.parse(answered, Response),
    )
    _require_one_case(found)
    require_same(wire, _statement(found), what=WHAT)
    return found


def _embedded(bom: Bom, ref: str, kind: str) -> bytes | None:
    for evidence in bom.declarations.evidence:
        if evidence.bom_ref == ref and evidence.data and evidence.data[0].contents:
            attachment = evidence.data[0].contents.attachment
            if attachment and attachment.content_type == kind and attachment.encoding == "base64":
                return b64.decode(attachment.content, what=f"{WHAT}: the embedded {ref}")
    return None


def _require_one_case(found: Result) -> None:
    """The documents of a result are of one attestation, and name each other."""
    determination, response = found.determination, found.response
    for document in (determination, response):
        if document is not None and document.attestation != found.verdict.attestation:
            raise Malformed(
                f"{WHAT}: a document is of {document.attestation}, expected {found.verdict.attestation}"
            )
    if determination is None:
        if response is not None:
            raise Malformed(f"{WHAT} has a response and no determination")
        return
    if determination.verdict != str(Digest.sha256(found.raw)) or determination.stage != "final":
        raise Malformed(f"{WHAT}: the determination is not the final one of this verdict")
    expected = None if response is None else str(case_documents.digest(response))
    if determination.response != expected:
        raise Malformed(f"{WHAT}: the response is not the one that was considered")


def subjects(document: VerdictDocument) -> tuple[Subject, ...]:
    """Each release file once; the attestation's payload where there is none."""
    files = dict.fromkeys(file for release in document.releases for file in release.digests)
    if not files:
        return (Subject("attestation", _digest_set(document.attestation)),)
    return tuple(Subject(file.filename, _digest_set(file.digest)) for file in files)


def _statement(result: Result) -> Statement:
    document = result.verdict
    digest = Digest.sha256(result.raw)
    declarations = Declarations(
        assessors=(Assessor(ASSESSOR, third_party=True, organization=Organization(result.office)),),
        claims=tuple(_claim(row, document) for row in result.rows if row.verdict in _CLAIMED),
        evidence=(*_documents(result), *_artifacts(document)),
        attestations=tuple(_answers(pack, rows, result.token) for pack, rows in _packs(result.rows).items()),
        targets=Targets(
            (Organization(document.provider, PROVIDER),), tuple(_release(item) for item in document.releases)
        ),
    )
    bom = Bom(
        bom_format="CycloneDX",
        spec_version=SPEC_VERSION,
        serial_number=_serial(result.office, times.encode(result.made), digest),
        version=1,
        metadata=Metadata(times.encode(result.made)),
        declarations=declarations,
        definitions=Definitions(tuple(_standard(pack, rows) for pack, rows in _packs(result.rows).items())),
        properties=write(
            (PROFILE, PROFILE_VERSION),
            ("assay:result", result.token),
            ("assay:result:attestation", document.attestation),
            ("assay:result:verdict", digest),
        ),
    )
    return Statement(STATEMENT_TYPE, subjects(document), PREDICATE_TYPE, bom)


def _serial(*said: str | Digest) -> str:
    """A UUID of version 8 (RFC 9562 section 5.8) made from what the result says: no randomness is needed."""
    raw = bytearray(Digest.sha256("\n".join(map(str, said)).encode()).raw[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return f"urn:uuid:{uuid.UUID(bytes=bytes(raw))}"


def _claim(row: ClaimVerdict, document: VerdictDocument) -> Claim:
    other = "satisfied" if row.verdict == "not_satisfied" else "not_satisfied"
    return Claim(
        f"claim:{row.requirement}",
        f"release:{_label(document.releases[0])}" if len(document.releases) == 1 else PROVIDER,
        f"{row.requirement} is {_CLAIMED[row.verdict]}",
        row.reason,
        (VERDICT, *_refs(row, row.verdict)),
        _refs(row, other),
    )


def _refs(row: ClaimVerdict, outcome: str) -> tuple[str, ...]:
    found = (digest for item in row.findings if item.outcome == outcome for digest in item.evidence)
    return tuple(dict.fromkeys(f"evidence:{digest}" for digest in found))


def _documents(result: Result) -> Iterator[Evidence]:
    yield _attached(VERDICT, "The machine-readable verdict", result.raw, MEDIA_TYPE)
    if result.determination is not None:
        data = case_documents.encode(result.determination)
        yield _attached(DETERMINATION, "What the office determined", data, CASE_TYPE)
    if result.response is not None:
        yield _attached(
            RESPONSE, "What the provider answered", case_documents.encode(result.response), CASE_TYPE
        )


def _attached(ref: str, says: str, raw: bytes, kind: str) -> Evidence:
    attachment = Attachment(b64.encode(raw), kind, "base64")
    return Evidence(ref, says, data=(Data(f"{ref}.json", Contents(attachment=attachment)),))


def _artifacts(document: VerdictDocument) -> Iterable[Evidence]:
    public = {item.digest for item in document.inputs if item.public}
    named = dict.fromkeys(
        digest for row in document.claims for finding in row.findings for digest in finding.evidence
    )
    for digest in named:
        contents = Contents(artifact_path(Digest.parse(digest)))
        classification = "" if digest in public else NOT_PUBLIC
        yield Evidence(f"evidence:{digest}", data=(Data("", contents, classification),))


def _packs(claims: Iterable[ClaimVerdict]) -> dict[str, list[ClaimVerdict]]:
    packs: dict[str, list[ClaimVerdict]] = {}
    for row in claims:
        packs.setdefault(row.requirement.partition("#")[0], []).append(row)
    return packs


def _answers(pack: str, rows: list[ClaimVerdict], token: ResultToken) -> Answers:
    return Answers(f"{pack}: the attestation is {token}", ASSESSOR, tuple(_map(row) for row in rows))


def _map(row: ClaimVerdict) -> Map:
    if row.verdict not in _CLAIMED:
        return Map(row.requirement, conformance=Conformance(rationale=f"{_PLAIN[row.verdict]}: {row.reason}"))
    claim = (f"claim:{row.requirement}",)
    confidence = Confidence(CONFIDENCE[row.basis], RESTS_ON[row.basis]) if row.basis else None
    if row.verdict == "satisfied":
        return Map(row.requirement, claim, (), Conformance(1, row.reason), confidence)
    return Map(row.requirement, (), claim, Conformance(0, row.reason), confidence)


def _standard(pack: str, rows: list[ClaimVerdict]) -> Standard:
    name, _, edition = pack.partition("@")
    listed = tuple(Requirement(row.requirement, row.requirement.partition("#")[2]) for row in rows)
    return Standard(pack, name, edition, listed)


def _release(release: ReleaseRef) -> Component:
    return Component(
        "application",
        release.name,
        f"release:{_label(release)}",
        release.version,
        release.purl,
        components=tuple(
            Component("file", file.filename, hashes=(Hash("SHA-256", Digest.parse(file.digest).value),))
            for file in release.digests
        ),
    )


def _label(release: ReleaseRef) -> str:
    return f"{release.name}@{release.version}" if release.version else release.name


def _digest_set(text: str) -> dict[str, str]:
    digest = Digest.parse(text)
    return {digest.algorithm: digest.value}
