import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from tests.support import sigstore_world
from tests.support.damage import damaged
from tests.support.json_edit import Edit, drop, edited, put
from tests.support.sigstore_world import World
from tests.support.statements import wire

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.formats import pep740, sigstore_bundle

BUNDLE = World().sign_statement(wire())
ATTESTATION = sigstore_world.pep740(BUNDLE)
EXAMPLE = json.dumps(ATTESTATION).encode()
PROVENANCE: dict[str, Any] = {
    "version": 1,
    "attestation_bundles": [
        {
            "publisher": {"kind": "GitHub", "repository": "lighthouse/lantern", "environment": None},
            "attestations": [ATTESTATION],
        }
    ],
}


def test_reads_an_attestation() -> None:
    found = pep740.parse(EXAMPLE)
    assert found.statement == wire()
    assert found.certificate.startswith(b"\x30\x82")
    assert len(found.transparency_entries) == 1


def test_says_the_same_as_the_bundle() -> None:
    again = sigstore_bundle.of(pep740.to_bundle(pep740.parse(EXAMPLE)))
    assert again == sigstore_bundle.of(BUNDLE)


def test_keeps_the_first_of_several_log_entries() -> None:
    several = edited(EXAMPLE, put("/verification_material/transparency_entries/-", {"logIndex": "9"}))
    material = pep740.to_bundle(pep740.parse(several))["verificationMaterial"]
    assert material["tlogEntries"] == BUNDLE["verificationMaterial"]["tlogEntries"]


def test_reads_a_provenance_object() -> None:
    (published,) = pep740.provenance(PROVENANCE)
    assert published.publisher == (("kind", "GitHub"), ("repository", "lighthouse/lantern"))
    assert published.attestations == (pep740.parse(EXAMPLE),)


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        pytest.param(put("/version", 2), Unsupported, "version 2, expected 1", id="version 2"),
        pytest.param(put("/version", "1"), Unsupported, "version 1, expected 1", id="version as text"),
        pytest.param(drop("/version"), Malformed, "version", id="no version"),
        pytest.param(drop("/envelope"), Malformed, "envelope", id="no envelope"),
        pytest.param(drop("/envelope/signature"), Malformed, "signature", id="no signature"),
        pytest.param(put("/envelope/statement", "{}"), Malformed, "statement is not standard base64", id="plain statement"),
        pytest.param(put("/envelope/signature", "AA"), Malformed, "signature is not standard base64", id="unpadded"),
        pytest.param(put("/verification_material/certificate", "-_-_"), Malformed, "certificate", id="URL-safe"),
        pytest.param(put("/verification_material/transparency_entries", []), Malformed, "0 transparency", id="no entry"),
        pytest.param(put("/verification_material/transparency_entries", [{}] * 33), Malformed, "33", id="33 entries"),
    ],
)  # fmt: skip
def test_refuses(edit: Edit, error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        pep740.parse(edited(EXAMPLE, edit), what="a.attestation")
    assert str(caught.value).startswith("a.attestation")
    assert message in str(caught.value)


BUNDLES = "/attestation_bundles"


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        pytest.param(put(BUNDLES, []), Malformed, "carries no attestation", id="no bundle"),
        pytest.param(put(f"{BUNDLES}/0/attestations", []), Malformed, "carries no attestation", id="an empty bundle"),
        pytest.param(drop(f"{BUNDLES}/0/publisher"), Malformed, "publisher", id="no publisher"),
        pytest.param(
            put(f"{BUNDLES}/0/publisher", {str(n): "x" for n in range(33)}), TooLarge, "33 fields", id="a long publisher"
        ),
        pytest.param(put(f"{BUNDLES}/0/attestations", [ATTESTATION] * 1001), TooLarge, "1001", id="1001 of them"),
        pytest.param(put("/version", 3), Unsupported, "version 3", id="version 3"),
    ],
)  # fmt: skip
def test_refuses_provenance(edit: Edit, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        pep740.provenance(json.loads(edited(json.dumps(PROVENANCE).encode(), edit)))


@settings(max_examples=200)
@given(damaged(EXAMPLE))
def test_damage_never_escapes(data: bytes) -> None:
    with suppress(AssayError):
        sigstore_bundle.of(pep740.to_bundle(pep740.parse(data)))
