"""The subject of an attestation without release files."""

import json

import msgspec
import pytest
from hypothesis import given
from tests.support.attestations import COMPANY_WIDE, FULL, attestations
from tests.support.json_edit import Edit, backwards, drop, edited, put, twice

from assay.errors import Malformed
from assay.formats import scope_document
from assay.formats.attestation import Attestation, Release
from assay.formats.canonical_json import canonical

SCOPE = scope_document.of(
    msgspec.structs.replace(
        COMPANY_WIDE,
        scope="multiple_products_or_specific_versions",
        releases=(Release("lantern", "2"), Release("beacon", "1"), Release("lantern", "10"), Release("buoy")),
    )
)
TEXT = scope_document.encode(SCOPE)


def test_has_one_text() -> None:
    assert TEXT == (
        b'{"future_versions":true,"products":[{"name":"beacon","versions":["1"]},{"name":"buoy","versions":[]},'
        b'{"name":"lantern","versions":["10","2"]}],"provider":"Lighthouse Works (fictional)",'
        b'"schema":"urn:assay:scope:1","scope":"multiple_products_or_specific_versions"}'
    )


@given(attestations())
def test_round_trips(attestation: Attestation) -> None:
    scope = scope_document.of(attestation)
    assert scope_document.parse(scope_document.encode(scope)) == scope


def test_files_and_claims_do_not_change_the_scope() -> None:
    bare = msgspec.structs.replace(FULL, claims=(), artifacts=(), releases=(Release("lantern", "2.1.0"),))
    assert scope_document.of(bare) == scope_document.of(FULL)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(put("/schema", "urn:assay:scope:2"), "schema 'urn:assay:scope:2', expected 'urn:assay:scope:1'", id="later schema"),
        pytest.param(drop("/schema"), "canonical form", id="no schema"),
        pytest.param(put("/scope", "everything"), "Invalid enum value", id="unknown scope"),
        pytest.param(put("/note", 1), "unknown field `note`", id="unknown field"),
        pytest.param(backwards("/products"), "canonical form", id="products not sorted"),
        pytest.param(twice("/products/0"), "canonical form", id="product twice"),
        pytest.param(put("/products/2/versions", ["2", "10"]), "canonical form", id="versions not sorted"),
        pytest.param(put("/products/2/versions", ["10", "10", "2"]), "canonical form", id="version twice"),
        pytest.param(drop("/provider"), "missing required field `provider`", id="no provider"),
    ],
)  # fmt: skip
def test_refuses(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        scope_document.parse(canonical(json.loads(edited(TEXT, edit))))
    assert str(caught.value).startswith("scope document")
    assert message in str(caught.value)


def test_refuses_another_layout() -> None:
    with pytest.raises(Malformed, match="canonical form"):
        scope_document.parse(TEXT.replace(b",", b", ", 1))
