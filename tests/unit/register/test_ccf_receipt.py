import hashlib
from typing import Any

import pytest
from tests.support.signing import private

from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.register.ccf_receipt import CcfReceipt

KEY = private("ed25519", "ledger")
ENTRY = b"a signed statement"
TRANSACTION, EVIDENCE, SIBLINGS = b"t" * 32, "ce:2.18:ab", ((True, b"l" * 32), (False, b"r" * 32))


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


ROOT = sha(sha(b"l" * 32 + sha(TRANSACTION + sha(EVIDENCE.encode()) + sha(ENTRY))) + b"r" * 32)
LEAF = (TRANSACTION, EVIDENCE, sha(ENTRY))


def receipt(proof: Any = None, *, headers: Any = None, unprotected: Any = None) -> bytes:
    protected = cbor.encode({cose.ALG: -19, cose.VDS: 2} if headers is None else headers)
    inner = cbor.encode({1: LEAF, 2: SIBLINGS} if proof is None else proof)
    outer = {cose.VDP: {-1: (inner,)}} if unprotected is None else unprotected
    return cbor.encode(cbor.Tag(18, (protected, outer, None, KEY.sign(cose.to_be_signed(protected, ROOT)))))


def test_leads_to_the_root() -> None:
    one = CcfReceipt.parse(receipt())
    assert one.check_inclusion(ENTRY, "ed25519", KEY.public.verify) == ROOT
    with pytest.raises(Untrusted, match="is for another entry"):
        one.check_inclusion(ENTRY + b"x", "ed25519", KEY.public.verify)
    with pytest.raises(Untrusted, match="does not verify"):
        one.check_inclusion(ENTRY, "ed25519", private("ed25519", "other").public.verify)


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param({1: (b"u" * 32, EVIDENCE, sha(ENTRY)), 2: SIBLINGS}, id="transaction"),
        pytest.param({1: (TRANSACTION, "ce:2.19:ab", sha(ENTRY)), 2: SIBLINGS}, id="evidence"),
        pytest.param({1: LEAF, 2: SIBLINGS[:1]}, id="short path"),
        pytest.param({1: LEAF, 2: (*SIBLINGS, (True, bytes(32)))}, id="long path"),
        pytest.param({1: LEAF, 2: ((False, b"l" * 32), SIBLINGS[1])}, id="other side"),
        pytest.param({1: LEAF, 2: ((True, b"m" * 32), SIBLINGS[1])}, id="sibling"),
    ],
)
def test_another_proof_leads_elsewhere(proof: Any) -> None:
    with pytest.raises(Untrusted, match="does not verify"):
        CcfReceipt.parse(receipt(proof)).check_inclusion(ENTRY, "ed25519", KEY.public.verify)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(receipt(headers={cose.ALG: -19, cose.VDS: 1}), Unsupported, "structure 1, expected 2", id="structure"),
        pytest.param(receipt({1: LEAF}), Malformed, "not a map of a leaf", id="no path"),
        pytest.param(receipt({1: LEAF, 2: SIBLINGS, 3: 0}), Malformed, "not a map of a leaf", id="more"),
        pytest.param(receipt({1: (b"t", EVIDENCE, sha(ENTRY)), 2: SIBLINGS}), Malformed, "not a map of a leaf", id="short transaction"),
        pytest.param(receipt({1: LEAF, 2: ()}), Malformed, "path has 0 steps", id="empty path"),
        pytest.param(receipt({1: LEAF, 2: SIBLINGS * 33}), Malformed, "path has 66 steps", id="endless path"),
        pytest.param(receipt({1: (TRANSACTION, "", sha(ENTRY)), 2: SIBLINGS}), Malformed, "the evidence 0 characters", id="no evidence"),
        pytest.param(receipt({1: (TRANSACTION, "x" * 1025, sha(ENTRY)), 2: SIBLINGS}), Malformed, "1025 characters", id="long evidence"),
        pytest.param(receipt({1: LEAF, 2: ((1, bytes(32)),)}), Malformed, "not a side and a hash", id="side as number"),
        pytest.param(receipt({1: LEAF, 2: ((True, bytes(31)),)}), Malformed, "not a side and a hash", id="short hash"),
        pytest.param(receipt((9, 3, (bytes(32),))), Malformed, "not a map of a leaf", id="proof of RFC 9162"),
        pytest.param(receipt(unprotected={cose.VDP: {-2: (b"",)}}), Malformed, "not one of inclusion", id="consistency"),
        pytest.param(receipt(unprotected={}), Malformed, "holds nothing, expected proofs", id="no proof"),
    ],
)  # fmt: skip
def test_rejects(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        CcfReceipt.parse(data)
