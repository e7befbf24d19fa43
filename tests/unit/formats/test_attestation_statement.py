"""The attestation's wire form: what is written, and near-misses that must not be read."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.support.attestations import COMPANY_WIDE, FULL, LETTER, SBOM, WHEEL
from tests.support.json_edit import Edit, backwards, drop, edited, put, twice

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import cdxa_statement, schemas, scope_document
from assay.formats.attestation import Artifact, Attestation, Claim, Contact, Release, ReleaseDigest
from assay.formats.attestation_statement import encode, parse
from assay.formats.digest import Digest

PAYLOAD = encode(FULL)
OTHER = "00" * 32
DECLARED = "/predicate/declarations"
RELEASE = f"{DECLARED}/targets/components/0"


def predicate(attestation: Attestation) -> Any:
    return json.loads(encode(attestation))["predicate"]


def test_the_predicate_is_valid_cyclonedx() -> None:
    for attestation in (FULL, COMPANY_WIDE):
        schemas.check_cyclonedx(json.dumps(predicate(attestation)).encode(), what="predicate")


def test_subjects_are_the_release_files() -> None:
    assert json.loads(PAYLOAD)["subject"] == [
        {"name": file.filename, "digest": {"sha256": file.digest.value}} for file in FULL.releases[0].files
    ]


def test_without_release_files_the_subject_is_the_scope_document() -> None:
    scope = scope_document.encode(scope_document.of(COMPANY_WIDE))
    assert json.loads(encode(COMPANY_WIDE))["subject"] == [
        {"name": "scope.json", "digest": {"sha256": Digest.sha256(scope).value}}
    ]


def test_artifacts_are_named_by_digest_and_confidential_ones_classified() -> None:
    rows = predicate(FULL)["declarations"]["evidence"]
    assert rows[0]["data"] == [
        {"name": "sbom.cdx.json", "contents": {"url": f"artifacts/sha256/{SBOM.value}"}}
    ]
    assert rows[2]["data"][0]["classification"] == "confidential"


def test_a_requirement_answered_no_is_a_counter_claim_with_its_plan() -> None:
    row = predicate(FULL)["declarations"]["attestations"][0]["map"][1]
    assert row == {
        "requirement": "cisa-form@2024-03#4.c",
        "counterClaims": ["claim:cisa-form@2024-03#4.c"],
        "conformance": {"score": 0, "mitigationStrategies": ["milestone:0"]},
    }


NEAR_MISSES = [
    # the statement
    pytest.param(put("/_type", "https://in-toto.io/Statement/v0.1"), "'_type' is 'https://in-toto.io/Statement/v0.1'", id="statement v0.1"),
    pytest.param(drop("/_type"), "'_type' is None, expected 'https://in-toto.io/Statement/v1'", id="no statement type"),
    pytest.param(put("/predicateType", "https://cyclonedx.org/bom/v1.6"), "expected 'https://cyclonedx.org/bom'", id="versioned predicate type"),
    pytest.param(put("/predicateType", 7), "'predicateType' is 7", id="predicate type is a number"),
    pytest.param(drop("/predicate"), "has no 'predicate'", id="no predicate"),
    pytest.param(put("/predicate", []), "is not a JSON object", id="predicate is a list"),
    pytest.param(put("/predicate/specVersion", "1.5"), "predicate has specVersion \"1.5\", expected '1.6'", id="older CycloneDX"),
    pytest.param(put("/predicate/bomFormat", "SPDX"), "/bomFormat is 'SPDX'", id="not CycloneDX"),
    pytest.param(drop("/predicate/declarations"), "missing required field `declarations`", id="no declarations"),
    pytest.param(put(f"{DECLARED}/surprise", 1), "'surprise', which the schema does not know", id="unknown to the schema"),
    # subjects and targets
    pytest.param(put("/subject/0/digest/sha256", OTHER), f"target file 'lantern-2.1.0-py3-none-any.whl' has SHA-256 {WHEEL.value}, the subject of that name has {OTHER}", id="subject differs from target"),
    pytest.param(put(f"{RELEASE}/components/0/hashes/0/content", OTHER), f"has SHA-256 {OTHER}, the subject of that name has {WHEEL.value}", id="target differs from subject"),
    pytest.param(put("/subject/0/name", "lantern-2.1.0.tar.gz"), "'subject/1' is 'lantern-2.1.0.tar.gz', which stands before it with another digest", id="two subjects under one name"),
    pytest.param(twice("/subject/0"), "'subject/2' is 'lantern-2.1.0-py3-none-any.whl', which stands before it with the same digest", id="subject twice"),
    pytest.param(drop("/subject/1"), "target file 'lantern-2.1.0.tar.gz' has SHA-256", id="subject missing"),
    pytest.param(put("/subject", []), "but no subject has that name", id="no subject"),
    pytest.param(put("/subject/-", {"name": "more.whl", "digest": {"sha256": OTHER}}), "subject 'more.whl' is no file of the releases", id="subject nobody targets"),
    pytest.param(put("/subject/0/digest", {"sha1": "00" * 20}), "'subject/0' has sha1, expected sha256 alone", id="sha1 subject"),
    pytest.param(put("/subject/0/digest", {}), "'subject/0' has no digest, expected sha256 alone", id="subject without digest"),
    pytest.param(put("/subject/0/digest/sha256", WHEEL.value.upper()), "'subject/0' is not 64 lower-case hexadecimal digits", id="upper-case digest"),
    pytest.param(backwards("/subject"), "'/subject/0/name' there is 'lantern-2.1.0.tar.gz'", id="subjects in another order"),
    pytest.param(put(f"{RELEASE}/components/0/hashes/0/alg", "SHA-512"), "/hashes/0/alg is 'SHA-512', expected 'SHA-256'", id="target with another algorithm"),
    pytest.param(put(f"{RELEASE}/components/0/hashes", []), "target", id="target without hash"),
    pytest.param(put(f"{RELEASE}/components/1/name", "lantern-2.1.0-py3-none-any.whl"), "two release files are named 'lantern-2.1.0-py3-none-any.whl' and differ", id="two files under one name"),
    pytest.param(twice(RELEASE), "bom-ref 'release:lantern@2.1.0' stands at", id="two releases under one name"),
    pytest.param(put(f"{RELEASE}/version", "2.1.1"), "is about release 'lantern@2.1.0', expected one of the targets", id="version is not that of the reference"),
    pytest.param(put(f"{RELEASE}/hashes", [{"alg": "SHA-256", "content": OTHER}]), "/components/0/hashes/0' there is an object, expected nothing", id="hash on the release itself"),
    pytest.param(drop(f"{DECLARED}/targets/organizations"), "organizations has 0 entries, expected 1", id="no provider"),
    pytest.param(put(f"{DECLARED}/targets/organizations/-", {"name": "Other"}), "organizations has 2 entries, expected 1", id="two providers"),
    pytest.param(drop(f"{DECLARED}/targets"), "refers to target 'release:lantern@2.1.0', which is not in the document", id="no targets"),
    # references
    pytest.param(put(f"{DECLARED}/claims/0/target", "release:lantern@9"), "'/predicate/declarations/claims/0/target' refers to target 'release:lantern@9', which is not in the document", id="dangling target"),
    pytest.param(drop(f"{DECLARED}/claims/0/target"), "claims/0/target' refers to target ''", id="claim without target"),
    pytest.param(put(f"{DECLARED}/claims/0/target", "provider"), "there is 'provider', expected 'release:lantern@2.1.0'", id="other target"),
    pytest.param(put(f"{DECLARED}/claims/0/evidence/0", "evidence:sha256:" + OTHER), "claims/0/evidence/0' refers to evidence 'evidence:sha256:0000", id="dangling evidence"),
    pytest.param(put(f"{DECLARED}/claims/0/evidence/0", "claim:cisa-form@2024-03#1.a"), "refers to evidence 'claim:cisa-form@2024-03#1.a'", id="evidence that is a claim"),
    pytest.param(put(f"{DECLARED}/claims/0/evidence/0", "milestone:0"), "claims/0/evidence/0 refers to 'milestone:0', expected an artifact", id="evidence that is a milestone"),
    pytest.param(drop(f"{DECLARED}/evidence/0"), "refers to evidence", id="evidence removed"),
    pytest.param(put(f"{DECLARED}/attestations/0/assessor", "assessor:nobody"), "attestations/0/assessor' refers to assessor 'assessor:nobody'", id="dangling assessor"),
    pytest.param(drop(f"{DECLARED}/attestations/0/assessor"), "refers to assessor ''", id="no assessor"),
    pytest.param(put(f"{DECLARED}/attestations/0/assessor", "assessor:third-party"), "there is 'assessor:third-party', expected 'assessor:provider'", id="other assessor"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/0/requirement", "cisa-form@2024-03#9"), "map/0/requirement' refers to requirement 'cisa-form@2024-03#9'", id="dangling requirement"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/0/claims/0", "claim:x@1#9"), "map/0/claims/0' refers to claim 'claim:x@1#9'", id="dangling claim"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/1/counterClaims/0", "claim:x@1#9"), "counterClaims/0' refers to claim", id="dangling counter-claim"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/1/conformance/mitigationStrategies/0", "milestone:9"), "mitigationStrategies/0' refers to evidence 'milestone:9'", id="dangling milestone"),
    pytest.param(put(f"{DECLARED}/claims/0/counterEvidence", ["evidence:nothing"]), "counterEvidence/0' refers to evidence 'evidence:nothing'", id="dangling counter-evidence"),
    pytest.param(twice(f"{DECLARED}/claims/0"), "bom-ref 'claim:cisa-form@2024-03#1.a' stands at", id="claim twice"),
    pytest.param(twice(f"{DECLARED}/evidence/0"), "bom-ref 'evidence:sha256:", id="evidence twice"),
    pytest.param(put("/predicate/metadata/component", {"type": "file", "name": "x", "bom-ref": "provider"}), "bom-ref 'provider' stands at", id="foreign part takes a reference"),
    # claims
    pytest.param(drop(f"{DECLARED}/attestations/0"), "claims/0: the map names the claim nowhere", id="answers of a pack removed"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/0/counterClaims", ["claim:cisa-form@2024-03#1.a"]), "claims/0: the map names the claim twice", id="claimed and denied"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/1/claims", ["claim:cisa-form@2024-03#1.a"]), "map/1/claims/0' there is 'claim:cisa-form@2024-03#1.a', expected nothing", id="claim answers another requirement too"),
    pytest.param(put(f"{DECLARED}/claims/1/predicate", "cisa-form@2024-03#4.c is met"), "there is 'cisa-form@2024-03#4.c is met', expected 'cisa-form@2024-03#4.c is not met'", id="predicate says the opposite"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/1/conformance/score", 1), "'/predicate/declarations/attestations/0/map/1/conformance/score' there is '1', expected '0'", id="score says the opposite"),
    pytest.param(put(f"{DECLARED}/attestations/0/map/0/conformance/score", 0.5), "there is '0.5', expected '1'", id="half a claim"),
    pytest.param(put(f"{DECLARED}/claims/0/counterEvidence", ["milestone:0"]), "counterEvidence/0' there is 'milestone:0', expected nothing", id="counter-evidence"),
    pytest.param(put(f"{DECLARED}/claims/0/mitigationStrategies", ["milestone:0"]), "mitigationStrategies/0' there is 'milestone:0', expected nothing", id="mitigation on a claim"),
    pytest.param(put(f"{DECLARED}/claims/0/bom-ref", "1.a"), "refers to claim", id="claim renamed"),
    pytest.param(put("/predicate/definitions/standards/0/bom-ref", "cisa-form"), "'cisa-form', expected pack@edition", id="standard without edition"),
    pytest.param(put("/predicate/definitions/standards/0/version", "2023-11"), "there is '2023-11', expected '2024-03'", id="standard of another edition"),
    # evidence
    pytest.param(put(f"{DECLARED}/evidence/0/data/0/contents/url", f"artifacts/sha256/{OTHER}"), "there is", id="url of another artifact"),
    pytest.param(put(f"{DECLARED}/evidence/0/data/0/contents/url", "../../etc/passwd"), "has data at '../../etc/passwd', expected one at artifacts/sha256/<hex>", id="url leaves the bundle"),
    pytest.param(put(f"{DECLARED}/evidence/0/data/0/contents/url", "https://lighthouse.example/sbom"), "expected one at artifacts/sha256/<hex>", id="url on the network"),
    pytest.param(twice(f"{DECLARED}/evidence/0/data/0"), "has data at '', expected one at", id="two pieces of data"),
    pytest.param(put(f"{DECLARED}/evidence/0/expires", "2027-01-01T00:00:00Z"), "/expires' there is '2027-01-01T00:00:00Z', expected nothing", id="evidence that expires"),
    pytest.param(put(f"{DECLARED}/evidence/0/created", "2026-10-20T10:00:00+02:00"), "expected '2026-10-20T08:00:00Z'", id="time in another zone"),
    pytest.param(put(f"{DECLARED}/evidence/2/data/0/classification", "Confidential"), "there is 'Confidential', expected nothing", id="unknown classification"),
    pytest.param(put("/predicate/components/0/hashes/0/content", OTHER), f"there is '{OTHER}', expected '{SBOM.value}'", id="file of another digest"),
    pytest.param(put("/predicate/components/0/name", "other.json"), "there is 'other.json', expected 'sbom.cdx.json'", id="file of another name"),
    pytest.param(drop("/predicate/components/0"), "/predicate/components has 2 files, expected one for each of 3 evidence", id="file removed"),
    pytest.param(put("/predicate/components/-", {"type": "library", "name": "left-pad"}), "components has 4 files, expected one for each of 3", id="component nobody attests"),
    pytest.param(put(f"{DECLARED}/evidence/3/data/0/contents/attachment/content", "{"), "milestone at /predicate/declarations/evidence/3: ", id="truncated milestone"),
    pytest.param(put(f"{DECLARED}/evidence/3/data/0/contents/attachment/content", '{"requirement":"cisa-form@2024-03#4.c","requirement":"x@1#2"}'), "'requirement' appears twice", id="milestone with a key twice"),
    pytest.param(put(f"{DECLARED}/evidence/3/data/0/contents/attachment/content", '{"requirement":"cisa-form@2024-03#4.c"}'), "attachment/content' there is", id="milestone in another spelling"),
    # properties
    pytest.param(drop("/predicate/properties/0"), "'/predicate/properties' has no 'assay:profile', expected '1'", id="no profile"),
    pytest.param(drop("/predicate/properties"), "has no 'assay:profile'", id="no properties"),
    pytest.param(put("/predicate/properties/0/value", "2"), "'assay:profile' is '2', expected '1'", id="later profile"),
    pytest.param(drop("/predicate/properties/1"), "'assay:draft' is '', expected 'true' or 'false'", id="draft not said"),
    pytest.param(put("/predicate/properties/1/value", "False"), "'assay:draft' is 'False', expected 'true' or 'false'", id="flag in another spelling"),
    pytest.param(put("/predicate/properties/-", {"name": "assay:form:extra", "value": "x"}), "'assay:form:extra' is not a property known here", id="unknown property"),
    pytest.param(put("/predicate/properties/-", {"name": "assay:release:commit", "value": "x"}), "'assay:release:commit' is not a property known here", id="property in the wrong place"),
    pytest.param(twice("/predicate/properties/2"), "'assay:form:kind' is given twice", id="property twice"),
    pytest.param(put("/predicate/properties/2/value", "renewed"), "'assay:form:kind' is 'renewed', expected one of new,", id="unknown kind"),
    pytest.param(put("/predicate/properties/2/value", ""), "there is the property 'assay:form:kind' = '', expected nothing", id="empty property"),
    pytest.param(put("/predicate/properties/10/value", "20261021"), "= '20261021', expected the property 'assay:signatory:signed' = '2026-10-21'", id="date in another spelling"),
    pytest.param(put("/predicate/properties/10/value", "21 October"), "'assay:signatory:signed' is '21 October', expected YYYY-MM-DD", id="no date"),
    pytest.param(put("/predicate/properties/12/value", "sha256:" + OTHER), "'assay:signatory:delegation' refers to sha256:0000", id="dangling delegation"),
    pytest.param(put("/predicate/properties/14/value", "sha256:" + OTHER), "'assay:assessment:report' refers to", id="dangling report"),
    pytest.param(put("/predicate/properties/16/value", "34d4"), "'34d4' is not of the form algorithm:hex", id="commitment without algorithm"),
    pytest.param(put("/predicate/properties/17/value", "03"), "= '03', expected the property 'assay:customers:rows' = '3'", id="count with a zero before"),
    pytest.param(put("/predicate/properties/17/value", "-1"), "'assay:customers:rows' is '-1', expected a count", id="negative count"),
    pytest.param(put("/predicate/components/0/properties/2/value", "lantern@9"), "is about release 'lantern@9', expected one of the targets", id="artifact of another release"),
    pytest.param(drop("/predicate/components/0/properties/0"), "has no 'assay:artifact:kind', expected one of release,", id="artifact without kind"),
    # the rest of the form
    pytest.param(put("/predicate/serialNumber", "urn:uuid:1"), "/serialNumber is 'urn:uuid:1'", id="serial is no UUID"),
    pytest.param(put("/predicate/version", 2), "'/predicate/version' there is '2', expected '1'", id="second version of a document"),
    pytest.param(drop("/predicate/metadata"), "/predicate/metadata/timestamp '' is not an RFC 3339", id="no time"),
    pytest.param(drop(f"{DECLARED}/affirmation"), "'/predicate/properties' there is the property 'assay:signatory:authority' = 'designee', expected nothing", id="signatory without affirmation"),
    pytest.param(put(f"{DECLARED}/affirmation/statement", "Maybe."), "there is 'Maybe.', expected 'The signatory attests", id="another affirmation"),
    pytest.param(put(f"{DECLARED}/affirmation/signatories/0/organization/name", "Other"), "there is 'Other', expected 'Lighthouse Works", id="signatory of another organization"),
    pytest.param(put(f"{DECLARED}/assessors/0/organization/name", "Other"), "there is 'Other', expected 'Lighthouse Works", id="assessor is not the provider"),
    pytest.param(put(f"{DECLARED}/assessors/0/thirdParty", True), "there is 'True', expected 'False'", id="provider as third party"),
]  # fmt: skip


def as_we_write(data: bytes) -> bytes:
    """In our writer's spelling, which another reader takes."""
    return msgspec.json.encode(json.loads(data), order="sorted")


@pytest.mark.parametrize("spelled", [bytes, as_we_write])
@pytest.mark.parametrize(("edit", "message"), NEAR_MISSES)
def test_refuses(edit: Edit, message: str, spelled: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Malformed) as caught:
        parse(spelled(edited(PAYLOAD, edit)))
    assert message in str(caught.value)
    assert str(caught.value).startswith("attestation")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        pytest.param(PAYLOAD[:-1], Malformed, "where more was expected", id="truncated"),
        pytest.param(b"", Malformed, "attestation", id="empty"),
        pytest.param(b"[]", Malformed, "is not a JSON object", id="list"),
        pytest.param(b"\xef\xbb\xbf" + PAYLOAD, Malformed, "byte order mark", id="byte order mark"),
        pytest.param(PAYLOAD.replace(b"lantern-2", b"lantern\xff2"), Malformed, "UTF-8", id="not UTF-8"),
        pytest.param(b'{"_type":"x",' + PAYLOAD[1:], Malformed, "'_type' appears twice", id="key twice at the top"),
        pytest.param(PAYLOAD.replace(b'"version":1}', b'"version":1,"version":1}'), Malformed, "'version' appears twice", id="key twice inside"),
        pytest.param(b"[" * 100_000, Malformed, "attestation", id="deep and cut off"),
        pytest.param(b'{"predicate":' + b"[" * 200 + b"]" * 200 + b"}", TooLarge, "nested over 128 levels", id="deep"),
        pytest.param(b" " * (33 * 1024 * 1024), TooLarge, "over the limit", id="too many bytes"),
    ],
)  # fmt: skip
def test_refuses_bytes(data: bytes, kind: type[Malformed], message: str) -> None:
    assert data != PAYLOAD
    with pytest.raises(kind) as caught:
        parse(data)
    assert message in str(caught.value)


@pytest.mark.parametrize("attestation", [FULL, COMPANY_WIDE])
def test_both_readers_read_the_same(attestation: Attestation) -> None:
    payload = encode(attestation)
    assert as_we_write(payload) == payload
    other = json.dumps(json.loads(payload), indent=1).encode()
    assert cdxa_statement._as_we_write(other) is None
    assert cdxa_statement._as_we_write(payload) == cdxa_statement._decode(other, what="x")
    assert parse(payload) == parse(other) == attestation


def test_lists_of_components_are_nested_no_deeper_than_strict_json() -> None:
    def nest(document: Any) -> None:
        inner = document["predicate"]["declarations"]["targets"]["components"][0]
        for _ in range(100):
            inner["components"] = [{"type": "file", "name": "x"}]
            inner = inner["components"][0]

    with pytest.raises(TooLarge, match="nested over 128 levels"):
        parse(as_we_write(edited(PAYLOAD, nest)))


def test_another_statement_version_is_unsupported_rather_than_broken() -> None:
    with pytest.raises(Unsupported):
        parse(edited(PAYLOAD, put("/_type", "https://in-toto.io/Statement/v0.1")))


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(put("/predicate/metadata/tools", {"components": [{"type": "application", "name": "x"}]}), id="tools"),
        pytest.param(put("/predicate/externalReferences", [{"type": "website", "url": "https://x.example"}]), id="external reference"),
        pytest.param(put("/predicate/properties/-", {"name": "cdx:thing", "value": "x"}), id="foreign property"),
        pytest.param(put(f"{RELEASE}/publisher", "Lighthouse"), id="field of a target"),
        pytest.param(put(f"{DECLARED}/evidence/0/author", {"name": "A. Keeper"}), id="author of evidence"),
        pytest.param(put("/predicate/definitions/standards/0/owner", "Somebody"), id="owner of a standard"),
        pytest.param(put("/note", "x"), id="field of the statement"),
        pytest.param(backwards("/predicate/properties"), id="properties in another order"),
    ],
)  # fmt: skip
def test_tolerates_what_it_never_reads(edit: Edit) -> None:
    assert parse(edited(PAYLOAD, edit)) == FULL


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"claims": (Claim("osps@1#1", True),)}, "claim for 'osps@1#1' is of no pack it answers (cisa-form@2024-03", id="claim of another pack"),
        pytest.param({"claims": (Claim("cisa-form@2024-03#1.a", True, (WHEEL,)),)}, "refers to evidence", id="evidence not listed"),
        pytest.param({"claims": FULL.claims + FULL.claims[:1]}, "bom-ref 'claim:cisa-form@2024-03#1.a' stands at", id="requirement answered twice"),
        pytest.param({"releases": FULL.releases * 2}, "bom-ref 'release:lantern@2.1.0'", id="two releases under one name"),
        pytest.param({"artifacts": (*FULL.artifacts, Artifact(SBOM, "again.json", "sbom"))}, "bom-ref 'file:sha256:", id="artifact twice"),
        pytest.param({"artifacts": (*FULL.artifacts, Artifact(Digest("sha512", "00" * 64), "x", "sbom"))}, "digest of artifact 'x' is sha512, expected sha256", id="artifact by another digest"),
        pytest.param({"artifacts": (Artifact(SBOM, "sbom.json", "sbom", media_type="text/plain; charset=utf-8"), *FULL.artifacts[1:])}, "mime-type", id="media type with a parameter"),
        pytest.param({"contact": Contact(email="at the desk")}, "/email is 'at the desk', expected the format idn-email", id="no e-mail address"),
        pytest.param({"releases": (Release("lantern", "2.1.0", files=(ReleaseDigest("a.whl", WHEEL), ReleaseDigest("a.whl", LETTER))),)}, "'subject/1' is 'a.whl', which stands before it with another digest", id="two files under one name"),
        pytest.param({"packs": ("cisa-form",), "claims": (), "milestones": ()}, "expected pack@edition", id="pack without edition"),
        pytest.param({"serial": "7"}, "/serialNumber is '7'", id="serial is no UUID"),
    ],
)  # fmt: skip
def test_writing_refuses_what_could_not_be_read(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed) as caught:
        encode(msgspec.structs.replace(FULL, **changes))
    assert message in str(caught.value)
