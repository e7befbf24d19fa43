import msgspec
import pytest
from tests.support.register import ED25519, ENTRY, KEYS, ML_DSA_44, ORIGIN, log, receipt

from assay.errors import AssayError, Malformed, Unsupported, Untrusted
from assay.formats.tlog_proof import TlogProof
from assay.register import forms, leaf, scitt
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import prove_inclusion
from assay.register.identity import LogKeys
from assay.register.merkle import leaf_hash, root_of

LEAVES = log(9)
RECEIPT = receipt(3, LEAVES)
PROOF = forms.tlog_proof(RECEIPT)
SIGNING = (ED25519, ML_DSA_44)


def test_a_receipt_is_a_tlog_proof() -> None:
    read = TlogProof.parse(PROOF.encode())
    found = forms.verify_tlog_proof(read, KEYS)
    assert (found.index, found.entry, found.checkpoint.checkpoint.size) == (3, LEAVES[3], 9)
    bare = TlogProof.parse(forms.tlog_proof(RECEIPT, carry_entry=False).encode())
    assert forms.verify_tlog_proof(bare, KEYS, entry=LEAVES[3]) == found
    alone = forms.tlog_proof(receipt(0, LEAVES[:1]))
    assert forms.verify_tlog_proof(TlogProof.parse(alone.encode()), KEYS).checkpoint.checkpoint.size == 1


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        pytest.param({"index": 4}, Untrusted, "does not lead to the root", id="index"),
        pytest.param({"index": 9}, Untrusted, "is for entry 9, its checkpoint has 9 entries", id="index past the end"),
        pytest.param({"extra": LEAVES[4]}, Untrusted, "does not lead to the root", id="another entry"),
        pytest.param({"extra": None}, Malformed, "does not carry its entry", id="no entry"),
        pytest.param({"path": PROOF.path[:-1]}, Untrusted, "too few", id="short path"),
        pytest.param({"path": (*PROOF.path, bytes(32))}, Untrusted, "too many", id="long path"),
        pytest.param({"checkpoint": PROOF.checkpoint.replace(b"\n9\n", b"\n8\n")}, Untrusted, "does not verify", id="size"),
        pytest.param({"checkpoint": PROOF.checkpoint + b"\n"}, Malformed, "checkpoint", id="newline after the note"),
    ],
)  # fmt: skip
def test_refuses(changes: dict[str, object], error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        forms.verify_tlog_proof(msgspec.structs.replace(PROOF, **changes), KEYS)


def test_only_trusted_keys_count() -> None:
    with pytest.raises(Untrusted, match="lacks a signature by ml-dsa-44"):
        forms.verify_tlog_proof(PROOF, LogKeys(origin=ORIGIN, ed25519=KEYS.ed25519))
    with pytest.raises(Untrusted, match=r"expected 'other\.example'"):
        forms.verify_tlog_proof(PROOF, LogKeys(origin="other.example"))


def test_every_changed_byte_is_rejected() -> None:
    data = PROOF.encode()
    head = data.index(b"\n\n") + 300
    for at in [*range(0, head, 3), *range(head, len(data), 97)]:
        with pytest.raises(AssayError):
            forms.verify_tlog_proof(TlogProof.parse(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]), KEYS)


def test_the_register_makes_cose_receipts_and_a_transparent_statement() -> None:
    made = forms.cose_receipts(RECEIPT, KEYS, SIGNING)
    assert list(made) == ["ed25519", "ml-dsa-44"]
    entry, schemes = forms.verify_transparent_entry(forms.transparent_entry(RECEIPT, KEYS, SIGNING), KEYS)
    assert (entry, schemes) == (leaf.parse(LEAVES[3]), ("ed25519", "ml-dsa-44"))
    with pytest.raises(Untrusted, match="by ml-dsa-44"):
        forms.verify_transparent_entry(forms.transparent_entry(RECEIPT, KEYS, (ED25519,)), KEYS)


def test_nothing_is_vouched_for_that_the_register_did_not_sign() -> None:
    with pytest.raises(Untrusted, match="does not lead to the root"):
        forms.cose_receipts(msgspec.structs.replace(RECEIPT, leaf=LEAVES[4]), KEYS, SIGNING)
    with pytest.raises(Unsupported, match="in a tree of one entry"):
        forms.cose_receipts(receipt(0, LEAVES[:1]), KEYS, SIGNING)


def test_a_statement_of_somebody_else_is_no_entry() -> None:
    statement = scitt.sign(b"x", issuer=ORIGIN, subject="entry", content_type="text/plain", key=ENTRY)
    leaves = [LEAVES[0], statement]
    hashes = [leaf_hash(one) for one in leaves]
    head = Checkpoint(ORIGIN, 2, root_of(hashes))
    made = [prove_inclusion(head, statement, 1, hashes[:1], key).encode() for key in SIGNING]
    with pytest.raises(AssayError, match="entry header"):
        forms.verify_transparent_entry(scitt.transparent(statement, made), KEYS)
