"""COSE signatures and structures made by others: RFC 9964 examples, RFC 9942 receipts, SCITT statements."""

import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.support.shared import shared

from assay.crypto.keys import Algorithm, PrivateKey, PublicKey
from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats import cose
from assay.formats.cose import Sign1
from assay.register import cose_receipt
from assay.register.ccf_receipt import CcfReceipt
from assay.register.cose_receipt import Consistency, CoseReceipt, Inclusion, Verify
from assay.register.scitt import Statement


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


def test_ml_dsa_87() -> None:
    """No key of Assay is of it; what others sign with it is read, where the caller brings the key."""
    example = json.loads(shared("conformance", "cose", "ml-dsa", "ML_DSA_87.cose.json").read_bytes())
    key = mldsa.MLDSA87PublicKey.from_public_bytes(bytes.fromhex(example["raw_public_key"]))
    signed = Sign1.parse(bytes.fromhex(example["sign1"]))
    assert signed.signed().hex() == example["raw_to_be_signed"]
    headers = signed.check("ml-dsa-87", lambda message, signature: key.verify(signature, message))
    assert headers[cose.ALG] == -50
    with pytest.raises(Malformed, match="the trusted key is ml-dsa-65"):
        signed.check("ml-dsa-65", lambda *_: None)


@pytest.mark.parametrize(
    ("name", "expected"), [("inclusion", (Inclusion, 5, 3)), ("consistency", (Consistency, 5, 3))]
)
def test_receipts_of_rfc_9942(name: str, expected: tuple[type[Inclusion | Consistency], int, int]) -> None:
    """Published for their structure: nobody can check their signatures."""
    data = shared("conformance", "cose", "merkle-tree-proofs", f"{name}-receipt.cbor").read_bytes()
    receipt = CoseReceipt.parse(data, foreign=True)
    assert receipt.headers()[cose.CWT_CLAIMS] == {cose.ISS: "https://transparency-service.example.com"}
    proof = receipt.proof
    other = proof.index if isinstance(proof, Inclusion) else proof.old
    assert (type(proof), proof.size, other) == expected
    leaf_or_root = b"\1" * 32
    seen = []
    check = receipt.check_inclusion if name == "inclusion" else receipt.check_consistency
    # The published proofs are made of hashes that belong to no tree, so only the inclusion path can be folded.
    if name == "inclusion":
        check(leaf_or_root, "ecdsa-p256", lambda message, signature: seen.append((message, signature)))
        ((message, signature),) = seen
        assert message == receipt.signature.attach(proof.root(leaf_or_root)).signed()
        assert signature[:2] == b"\x30\x44"
    else:
        with pytest.raises(Untrusted, match="does not lead to the older root"):
            check(leaf_or_root, "ecdsa-p256", lambda *_: None)


def verifier(pem: bytes) -> tuple[str, Verify]:
    """A trusted key of any curve: Assay's own keys are not of P-384, other registers' are."""
    key = load_pem_public_key(pem)
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve, algorithm = key.curve, {256: "ecdsa-p256", 384: "ecdsa-p384"}[key.curve.key_size]
        hashed = ec.ECDSA(hashes.SHA256() if curve.key_size == 256 else hashes.SHA384())

        def verify(message: bytes, signature: bytes) -> None:
            try:
                key.verify(signature, message, hashed)
            except InvalidSignature as error:
                raise Untrusted("signature does not verify") from error

        return algorithm, verify
    ours = PublicKey.from_pem(pem)
    return ours.algorithm, ours.verify


CASES = {
    "valid-eddsa": None,
    "valid-es256": None,
    "valid-ccf-vds2": None,
    "fail-tampered-path": ("receipt", "does not verify"),
    "fail-unsupported-vds": ("receipt", "proof is not a map of a leaf"),
    "fail-bad-statement-sig": ("statement", "does not verify"),
}


def test_all_cases_are_known() -> None:
    manifest = json.loads(shared("conformance", "scitt-cose", "manifest.json").read_bytes())
    assert {one["id"]: one["expected_result"] for one in manifest["vectors"]} == {
        name: "INVALID" if fails else "VALID" for name, fails in CASES.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_scitt_statements_and_receipts(case: str) -> None:
    folder = shared("conformance", "scitt-cose", "v1", case)
    expected = json.loads((folder / "expected.json").read_bytes())
    data, receipt = (folder / "statement.cose").read_bytes(), (folder / "receipt.cose").read_bytes()
    statement = Statement.parse(data)
    stated = expected["protected_header"]["statement"]
    assert (statement.issuer, statement.subject) == (stated["issuer"], stated["subject"])
    assert statement.signed.payload == (folder / "payload.bin").read_bytes()
    assert statement.data == data
    entry = hashlib.sha256(data).digest()
    assert entry.hex() == expected["leaf_entry"]
    problems: dict[str, str] = {}
    algorithm, verify = verifier((folder / "issuer-key.pub").read_bytes())
    try:
        statement.signed.check(algorithm, verify, foreign=True)
    except AssayError as error:
        problems["statement"] = str(error)
    algorithm, verify = verifier((folder / "log-key.pub").read_bytes())
    try:
        if cose_receipt.structure(receipt, what="receipt") == cose_receipt.RFC9162_SHA256:
            root = CoseReceipt.parse(receipt, foreign=True).check_inclusion(entry, algorithm, verify)
        else:
            root = CcfReceipt.parse(receipt).check_inclusion(data, algorithm, verify)
        assert root.hex() == expected["reconstructed_root"]
    except AssayError as error:
        problems["receipt"] = str(error)
    assert expected["statement_signature_valid"] is ("statement" not in problems)
    assert expected["receipt_valid"] is ("receipt" not in problems)
    fails = CASES[case]
    if fails is None:
        assert problems == {}
    else:
        ((where, why),) = problems.items()
        assert (where, fails[1] in why) == (fails[0], True)


def test_an_unsupported_structure_is_refused_by_name() -> None:
    receipt = shared("conformance", "scitt-cose", "v1", "fail-unsupported-vds", "receipt.cose").read_bytes()
    with pytest.raises(Unsupported, match="of verifiable data structure 2, expected 1"):
        CoseReceipt.parse(receipt, foreign=True)


def test_what_these_statements_lack_to_be_registered_here() -> None:
    """Their issuers name no key; RFC 9943 wants a kid or an x5t."""
    folder = shared("conformance", "scitt-cose", "v1")
    for case, lacks in (
        ("valid-eddsa", "names no key"),
        ("valid-ccf-vds2", "lacks an issuer .* or a subject"),
    ):
        with pytest.raises(Malformed, match=lacks):
            Statement.parse((folder / case / "statement.cose").read_bytes()).registrable()
