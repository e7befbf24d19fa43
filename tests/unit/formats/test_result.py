"""Results: the office's verdict as a statement, and the summary that lists passes only."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from tests.support.attestations import FULL
from tests.support.json_edit import Edit, drop, edited, put
from tests.support.verdicts import LOCK, SBOM, VERDICT, sha, verdicts

from assay.errors import Malformed, Unsupported
from assay.formats import attestation_statement, schemas, verdict
from assay.formats.result import encode_result, parse_result, read_result
from assay.formats.svr import encode_svr, parse_svr
from assay.formats.verdict import VerdictDocument

OFFICE = "Harbour Assay Office (fictional)"
MADE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PAYLOAD = encode_result(VERDICT, office=OFFICE, made=MADE)
DECLARED = json.loads(PAYLOAD)["predicate"]["declarations"]


@given(verdicts)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_round_trips(document: VerdictDocument) -> None:
    payload = encode_result(document, office=OFFICE, made=MADE)
    assert parse_result(payload) == (document, verdict.encode(document))


def test_says_who_and_when() -> None:
    found = read_result(PAYLOAD)
    assert (found.office, found.made) == (OFFICE, MADE)


def test_is_valid_cyclonedx_about_the_release_files() -> None:
    statement = json.loads(PAYLOAD)
    schemas.check_cyclonedx(json.dumps(statement["predicate"]).encode(), what="predicate")
    assert statement["subject"] == [
        {"name": "lantern-2.1.0.tar.gz", "digest": {"sha256": sha("sdist").removeprefix("sha256:")}}
    ]


def test_the_office_is_the_assessor() -> None:
    assert DECLARED["assessors"] == [
        {"bom-ref": "assessor:office", "thirdParty": True, "organization": {"name": OFFICE}}
    ]


def test_each_outcome_reads_as_what_it_is() -> None:
    rows = {row["requirement"]: row for item in DECLARED["attestations"] for row in item["map"]}
    assert rows == {
        "cisa-form@2024-03#3": {
            "requirement": "cisa-form@2024-03#3",
            "claims": ["claim:cisa-form@2024-03#3"],
            "conformance": {"score": 1, "rationale": "the bill names every component"},
            "confidence": {
                "score": 0.75,
                "rationale": "recomputed from the release or under a verified signature",
            },
        },
        "cisa-form@2024-03#4": {
            "requirement": "cisa-form@2024-03#4",
            "counterClaims": ["claim:cisa-form@2024-03#4"],
            "conformance": {"score": 0, "rationale": "a package has no hash"},
            "confidence": {"score": 0.5, "rationale": "rests on a document bound to the release"},
        },
        "cisa-form@2024-03#1.a": {
            "requirement": "cisa-form@2024-03#1.a",
            "conformance": {"rationale": "unknown: nobody looked"},
        },
        "nist-ssdf@1.1#PO.1.1": {
            "requirement": "nist-ssdf@1.1#PO.1.1",
            "conformance": {"rationale": "not applicable: nothing is built here"},
        },
    }


def test_a_claim_names_what_speaks_for_it_and_against_it() -> None:
    first, second = DECLARED["claims"]
    assert (first["predicate"], second["predicate"]) == (
        "cisa-form@2024-03#3 is met",
        "cisa-form@2024-03#4 is not met",
    )
    assert first["evidence"] == ["verdict", f"evidence:{SBOM}"]
    assert first["counterEvidence"] == [f"evidence:{LOCK}"]
    assert second["evidence"] == ["verdict", f"evidence:{LOCK}"]
    assert "counterEvidence" not in second


def test_evidence_that_is_not_public_says_so() -> None:
    data = {row["bom-ref"]: row["data"][0] for row in DECLARED["evidence"]}
    assert "classification" not in data[f"evidence:{SBOM}"]
    assert data[f"evidence:{LOCK}"]["classification"] == "not-public"


def test_the_same_verdict_gives_the_same_bytes() -> None:
    assert encode_result(VERDICT, office=OFFICE, made=MADE) == PAYLOAD
    later = encode_result(VERDICT, office=OFFICE, made=MADE + timedelta(seconds=1))
    serials = [json.loads(data)["predicate"]["serialNumber"] for data in (PAYLOAD, later)]
    assert serials[0] != serials[1]


def test_without_files_the_subject_is_the_attestation() -> None:
    bare = msgspec.structs.replace(VERDICT, releases=())
    statement = json.loads(encode_result(bare, office=OFFICE, made=MADE))
    assert statement["subject"] == [
        {"name": "attestation", "digest": {"sha256": VERDICT.attestation.removeprefix("sha256:")}}
    ]


def embed(document: VerdictDocument) -> str:
    return base64.b64encode(verdict.encode(document)).decode()


CONTENT = "/predicate/declarations/evidence/0/data/0/contents/attachment/content"
KINDER = msgspec.structs.replace(VERDICT, result="validated")
NEAR_MISSES = [
    pytest.param(put("/_type", "https://in-toto.io/Statement/v0.1"), "'_type' is", id="statement v0.1"),
    pytest.param(put("/subject/0/digest/sha256", "00" * 32), "/subject/0/digest", id="another subject"),
    pytest.param(put(CONTENT, embed(KINDER)), "there is", id="another verdict embedded"),
    pytest.param(put(CONTENT, "AA"), "embedded verdict is not standard base64", id="no base64"),
    pytest.param(put(CONTENT, "AAAA"), "verdict", id="no verdict"),
    pytest.param(put("/predicate/declarations/evidence/0/data/0/contents/attachment/contentType", "text/plain"), "embeds no verdict", id="another media type"),
    pytest.param(drop("/predicate/declarations/evidence/0"), "refers to evidence 'verdict'", id="verdict removed"),
    pytest.param(put("/predicate/properties/1/value", "validated"), "'assay:result' = 'validated', expected the property 'assay:result' = 'contradicted'", id="result says more than the verdict"),
    pytest.param(put("/predicate/declarations/attestations/0/map/1/conformance/score", 1), "there is '1', expected '0'", id="score says more than the verdict"),
    pytest.param(put("/predicate/declarations/attestations/0/map/2/conformance/score", 0), "there is '0', expected nothing", id="unknown scored as failure"),
    pytest.param(put("/predicate/declarations/attestations/0/map/2/claims", ["claim:cisa-form@2024-03#3"]), "map/2/claims/0' there is", id="unknown claimed"),
    pytest.param(drop("/predicate/declarations/attestations/0/map/1"), "there is 'cisa-form@2024-03#1.a', expected 'cisa-form@2024-03#4'", id="contradicted row removed"),
    pytest.param(put("/predicate/declarations/claims/1/predicate", "cisa-form@2024-03#4 is met"), "expected 'cisa-form@2024-03#4 is not met'", id="predicate says the opposite"),
    pytest.param(put("/predicate/declarations/assessors", []), "refers to assessor", id="no office"),
    pytest.param(put("/predicate/declarations/assessors/-", {"bom-ref": "x", "organization": {"name": "Other"}}), "names 2 organizations, expected the office", id="two offices"),
    pytest.param(put("/predicate/properties/-", {"name": "assay:draft", "value": "false"}), "'assay:draft' is not a property known here", id="property of an attestation"),
    pytest.param(put("/predicate/serialNumber", "urn:uuid:00000000-0000-4000-8000-000000000001"), "/predicate/serialNumber", id="another serial"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), NEAR_MISSES)
def test_refuses(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_result(edited(PAYLOAD, edit))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_result_is_no_attestation_and_the_other_way_round() -> None:
    with pytest.raises(Malformed, match="'assay:result' is not a property known here"):
        attestation_statement.parse(PAYLOAD)
    with pytest.raises(Malformed, match="'assay:draft' is not a property known here"):
        parse_result(attestation_statement.encode(FULL))


@pytest.mark.parametrize("size", [0, 1, len(PAYLOAD) // 2, len(PAYLOAD) - 1])
def test_refuses_truncation(size: int) -> None:
    with pytest.raises(Malformed, match="result"):
        parse_result(PAYLOAD[:size])


PASSED = msgspec.structs.replace(
    VERDICT,
    result="validated_with_findings",
    claims=(VERDICT.claims[0], VERDICT.claims[3], msgspec.structs.replace(VERDICT.claims[0], requirement="a@1#b", claimed=False)),
)  # fmt: skip
SVR = encode_svr(PASSED, verifier="https://office.example/", made=MADE)


def test_a_summary_lists_what_was_claimed_and_satisfied() -> None:
    subjects, svr = parse_svr(SVR)
    assert [subject.name for subject in subjects] == ["lantern-2.1.0.tar.gz"]
    assert json.loads(SVR)["predicate"] == {
        "verifier": {
            "id": "https://office.example/",
            "policies": [
                {"name": item.name, "digest": {"sha256": item.digest.removeprefix("sha256:")}}
                for item in VERDICT.inputs[1:3]
            ],
        },
        "timeCreated": "2026-11-02T08:00:00Z",
        "properties": ["cisa-form@2024-03#3"],
    }
    assert svr.properties == ("cisa-form@2024-03#3",)


@pytest.mark.parametrize(
    "result",
    ["insufficient_evidence", "contradicted", "incomplete", "not_sampled", "under_response", "withdrawn"],
)
def test_there_is_no_summary_of_anything_but_a_pass(result: Any) -> None:
    with pytest.raises(ValueError, match=f"lists passes only, and this attestation is {result}"):
        encode_svr(
            msgspec.structs.replace(PASSED, result=result), verifier="https://office.example/", made=MADE
        )


@pytest.mark.parametrize(
    ("edit", "kind", "message"),
    [
        pytest.param(put("/predicateType", "https://in-toto.io/attestation/svr/v0.1"), Unsupported, "expected 'https://in-toto.io/attestation/svr/v0.2'", id="older"),
        pytest.param(drop("/predicate/verifier/policies"), Malformed, "missing required field `policies`", id="no policies"),
        pytest.param(put("/predicate/timeCreated", "yesterday"), Malformed, "timeCreated 'yesterday'", id="no time"),
        pytest.param(put("/predicate/properties", "all"), Malformed, "Expected `array`", id="properties as text"),
        pytest.param(put("/subject", []), Malformed, "names no subject", id="no subject"),
        pytest.param(put("/subject/0/digest", {"md5": "00" * 16}), Malformed, "sha256 of subject 0", id="weak digest"),
    ],
)  # fmt: skip
def test_refuses_a_summary(edit: Edit, kind: type[Malformed], message: str) -> None:
    with pytest.raises(kind) as caught:
        parse_svr(edited(SVR, edit))
    assert message in str(caught.value)


def test_reading_a_summary_ignores_extensions() -> None:
    assert parse_svr(edited(SVR, put("/predicate/note", "x"))) == parse_svr(SVR)
