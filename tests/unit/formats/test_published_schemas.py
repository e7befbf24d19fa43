"""The published JSON Schemas are current, accept what is really written, and refuse what is not of the form."""

import base64
import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from tests.support.attestations import COMPANY_WIDE, FULL, attestations
from tests.support.json_edit import Edit, drop, edited, put, twice
from tests.support.rederivations import REDERIVATION
from tests.support.verdicts import VERDICT, verdicts
from tools.schemas import FOLDER, schemas

from assay.evidence.environment import EnvironmentStatement, Fact
from assay.formats import attestation_statement, bundle, customers, rederivation, scope_document, verdict
from assay.formats.attestation import Attestation
from assay.formats.customers import Customer, CustomerId, CustomerList
from assay.formats.verdict import VerdictDocument
from assay.register.opening import SALTS_BYTES, openings
from assay.register.receipt import Receipt

MADE = schemas()
PLAIN = {name.removesuffix(".schema.json"): json.loads(data) for name, data in MADE.items()}
REGISTRY = jsonschema_rs.Registry([(schema["$id"], schema) for schema in PLAIN.values()])
VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator(schema, registry=REGISTRY, validate_formats=True)
    for name, schema in PLAIN.items()
}

LIST = CustomerList(
    customers=(
        Customer(
            name="Harbour (fictional)", id=CustomerId(scheme="domain", value="h.example"), salt="01" * 32
        ),
        Customer(name="Guild (fictional)", products=("lantern",), salt="02" * 32),
    )
)
RECEIPT = Receipt(
    origin="register.example/1",
    index=3,
    leaf=b"leaf",
    proof=(b"\1" * 32,),
    checkpoint=b"register.example/1\n7\n",
    openings=openings({"outcome": "validated"}, bytes(SALTS_BYTES)),
)
ATTESTED = attestation_statement.encode(FULL)
ENVELOPE = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": base64.b64encode(ATTESTED).decode(),
    "signatures": [{"keyid": "k", "sig": "AAAA"}, {"sig": "AAAA"}],
}
SUBMISSION = json.dumps(
    {
        bundle.ENVELOPE: ENVELOPE,
        bundle.CUSTOMERS: json.loads(customers.encode(LIST)),
        bundle.artifact_path(FULL.artifacts[0].digest): "AAAA",
    }
).encode()
ENVIRONMENT = EnvironmentStatement(
    "Lighthouse", facts=(Fact("multi_factor", "all use keys", covered=3, total=3),)
)

EXAMPLES = [
    pytest.param("attestation", ATTESTED, id="attestation"),
    pytest.param("attestation", attestation_statement.encode(COMPANY_WIDE), id="company-wide attestation"),
    pytest.param("customers", customers.encode(LIST), id="customers"),
    pytest.param("customers", b'{"customers":[]}', id="no customers"),
    pytest.param("customer-row-proof", msgspec.json.encode(customers.open_row(LIST, 1)), id="row proof"),
    pytest.param("environment", msgspec.json.encode(ENVIRONMENT), id="environment"),
    pytest.param("receipt", RECEIPT.encode(), id="receipt"),
    pytest.param("receipt", RECEIPT.without_openings().encode(), id="receipt without openings"),
    pytest.param("rederivation", rederivation.encode(REDERIVATION), id="re-derivation"),
    pytest.param("scope", scope_document.encode(scope_document.of(FULL)), id="scope"),
    pytest.param("submission", SUBMISSION, id="submission"),
    pytest.param("verdict", verdict.encode(VERDICT), id="verdict"),
]


def test_files_are_current() -> None:
    published = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert published == MADE, "run python tools/schemas.py"


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_each_is_a_valid_schema_with_an_example(name: str) -> None:
    jsonschema_rs.meta.validate(PLAIN[name])
    assert PLAIN[name]["$id"] == f"urn:assay:schema:{name}:1"
    assert name in {example.values[0] for example in EXAMPLES}


@pytest.mark.parametrize(("name", "data"), EXAMPLES)
def test_accepts_what_is_written(name: str, data: bytes) -> None:
    assert [error.message for error in VALIDATORS[name].iter_errors(json.loads(data))] == []


@given(attestations())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_accepts_every_attestation(attestation: Attestation) -> None:
    VALIDATORS["attestation"].validate(json.loads(attestation_statement.encode(attestation)))


@given(verdicts)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_accepts_every_verdict(document: VerdictDocument) -> None:
    VALIDATORS["verdict"].validate(json.loads(verdict.encode(document)))


NEAR_MISSES: list[Any] = [
    pytest.param("attestation", ATTESTED, put("/_type", "https://in-toto.io/Statement/v0.1"), id="statement v0.1"),
    pytest.param("attestation", ATTESTED, put("/predicateType", "https://cyclonedx.org/bom/v1.6"), id="predicate type"),
    pytest.param("attestation", ATTESTED, put("/predicate/specVersion", "1.5"), id="older CycloneDX"),
    pytest.param("attestation", ATTESTED, put("/subject", []), id="no subject"),
    pytest.param("attestation", ATTESTED, put("/subject/0/digest", {"sha1": "00" * 20}), id="sha1 subject"),
    pytest.param("attestation", ATTESTED, drop("/predicate/properties/0"), id="no profile"),
    pytest.param("attestation", ATTESTED, put("/predicate/properties/0/value", "2"), id="later profile"),
    pytest.param("attestation", ATTESTED, drop("/predicate/properties/1"), id="draft not said"),
    pytest.param("attestation", ATTESTED, twice("/predicate/properties/2"), id="property twice"),
    pytest.param("attestation", ATTESTED, put("/predicate/properties/-", {"name": "assay:x", "value": "1"}), id="unknown property"),
    pytest.param("attestation", ATTESTED, drop("/predicate/components/0/properties/0"), id="artifact without kind"),
    pytest.param("attestation", ATTESTED, put("/predicate/declarations/evidence/0/data/0/contents/url", "../x"), id="url outside"),
    pytest.param("attestation", ATTESTED, put("/predicate/declarations/targets/organizations", []), id="no provider"),
    pytest.param("customers", customers.encode(LIST), drop("/customers/0/salt"), id="no salt"),
    pytest.param("customers", customers.encode(LIST), put("/note", "x"), id="unknown field of the list"),
    pytest.param("customer-row-proof", msgspec.json.encode(customers.open_row(LIST, 1)), put("/rows", 0), id="row of no list"),
    pytest.param("environment", msgspec.json.encode(ENVIRONMENT), put("/facts/0/topic", "weather"), id="unknown topic"),
    pytest.param("receipt", RECEIPT.encode(), put("/version", 2), id="later receipt"),
    pytest.param("receipt", RECEIPT.encode(), put("/openings/0/label", "weather"), id="unknown label"),
    pytest.param("scope", scope_document.encode(scope_document.of(FULL)), drop("/future_versions"), id="field left out"),
    pytest.param("submission", SUBMISSION, put("/readme.txt", "AAAA"), id="foreign file"),
    pytest.param("submission", SUBMISSION, drop("/customers.json"), id="no customer list"),
    pytest.param("submission", SUBMISSION, put("/attestation.dsse.json/signatures", []), id="no signature"),
    pytest.param("submission", SUBMISSION, put("/customers.json/customers/0/salt", "00"), id="short salt"),
    pytest.param("verdict", verdict.encode(VERDICT), put("/result", "failed"), id="unknown result"),
    pytest.param("verdict", verdict.encode(VERDICT), drop("/draft"), id="verdict without a field"),
    pytest.param("verdict", verdict.encode(VERDICT), put("/engine/code", "sha256:0"), id="short digest"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "edit"), NEAR_MISSES)
def test_refuses(name: str, data: bytes, edit: Edit) -> None:
    assert VALIDATORS[name].is_valid(json.loads(data))
    assert not VALIDATORS[name].is_valid(json.loads(edited(data, edit)))
