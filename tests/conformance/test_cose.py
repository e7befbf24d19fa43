"""COSE signatures and structures made by others: RFC 9964 examples, RFC 9942 receipts, SCITT statements."""

import json

import pytest
from tests.support.shared import shared

from assay.crypto.keys import Algorithm, PrivateKey, PublicKey
from assay.errors import Untrusted
from assay.formats import cbor, cose
from assay.formats.cose import Sign1


@pytest.mark.parametrize("algorithm", ["ml-dsa-44", "ml-dsa-65"])
def test_ml_dsa(algorithm: Algorithm) -> None:
    name = algorithm.upper().replace("-", "_")
    example = json.loads(shared("conformance", "cose", "ml-dsa", f"{name}.cose.json").read_bytes())
    key = PublicKey(algorithm, bytes.fromhex(example["raw_public_key"]))
    assert PrivateKey.from_seed(algorithm, bytes.fromhex(example["priv"])).public == key
    signed = Sign1.parse(bytes.fromhex(example["sign1"]))
    assert signed.signed().hex() == example["raw_to_be_signed"]
    assert signed.signature.hex() == example["raw_signature"]
    assert signed.encode().hex() == example["sign1"]
    headers = signed.check(algorithm, key.verify)
    assert headers[cose.ALG] == cose.IDENTIFIERS[algorithm]
    with pytest.raises(Untrusted, match="does not verify"):
        signed.check(algorithm, PrivateKey.from_seed(algorithm, b"\1" * 32).public.verify)


@pytest.mark.parametrize("name", ["inclusion", "consistency"])
def test_receipts_have_the_structure_of_rfc_9942(name: str) -> None:
    """Detached payload and an unprotected header: read as CBOR, refused as an entry."""
    data = shared("conformance", "cose", "merkle-tree-proofs", f"{name}-receipt.cbor").read_bytes()
    receipt = cbor.decode(data, what="receipt", any_order=True)
    protected, unprotected, payload, signature = receipt.value
    assert (receipt.number, payload, len(signature)) == (cose.TAG, None, 64)
    assert cbor.decode(protected, what="header", any_order=True)[395] == 1
    assert list(unprotected) == [396]
    (proof,) = unprotected[396][-1 if name == "inclusion" else -2]
    first, second, path = cbor.decode(proof, what="proof")
    assert (first, second) == ((5, 3) if name == "inclusion" else (3, 5))
    assert {len(one) for one in path} == {32}


@pytest.mark.parametrize(
    ("case", "valid"),
    [("valid-eddsa", True), ("fail-tampered-path", True), ("fail-bad-statement-sig", False)],
)
def test_scitt_statements(case: str, valid: bool) -> None:
    folder = shared("conformance", "scitt-cose", "v1", case)
    key = PublicKey.from_pem((folder / "issuer-key.pub").read_bytes())
    statement = Sign1.parse((folder / "statement.cose").read_bytes(), foreign=True)
    expected = json.loads((folder / "expected.json").read_bytes())
    assert expected["statement_signature_valid"] is valid
    assert statement.payload == (folder / "payload.bin").read_bytes()
    if not valid:
        with pytest.raises(Untrusted, match="does not verify"):
            statement.check(key.algorithm, key.verify, foreign=True)
        return
    headers = statement.check(key.algorithm, key.verify, foreign=True)
    claims = headers[cose.CWT_CLAIMS]
    stated = expected["protected_header"]["statement"]
    assert (claims[cose.ISS], claims[cose.SUB]) == (stated["issuer"], stated["subject"])
