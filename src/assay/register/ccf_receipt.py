"""COSE receipts of CCF ledgers (draft-ietf-scitt-receipts-ccf-profile, verifiable data structure 2): read, never made."""

import hashlib
from typing import Any

import msgspec

from assay.errors import Malformed, Untrusted
from assay.formats import cbor, cose
from assay.register.cose_receipt import INCLUSION, Verify, envelope
from assay.register.merkle import HASH_BYTES

CCF_LEDGER_SHA256 = 2
MAX_PATH = 64
MAX_EVIDENCE = 1024


class CcfReceipt(msgspec.Struct, frozen=True):
    signature: cose.Detached
    transaction: bytes
    evidence: str
    entry_hash: bytes
    """SHA-256 of the entry recorded."""
    path: tuple[tuple[bool, bytes], ...]
    """Whether the sibling stands to the left, and its hash; from the leaf up."""

    @classmethod
    def parse(cls, data: bytes, *, what: str = "CCF receipt") -> "CcfReceipt":
        signature = envelope(data, what=what, structure=CCF_LEDGER_SHA256, foreign=True)
        proofs = signature.unprotected[cose.VDP]
        match proofs:
            case {-1: (bytes() as inner,)} if len(proofs) == 1:
                leaf, path = _proof(cbor.decode(inner, what=f"{what}: proof", any_order=True), what)
                return cls(signature, *leaf, path)
            case _:
                raise Malformed(f"{what}: proofs ({cose.VDP}) are not one of inclusion ({INCLUSION})")

    def check_inclusion(self, entry: bytes, algorithm: str, verify: Verify) -> bytes:
        """The root that holds *entry*, signed by the trusted key behind *verify*."""
        if hashlib.sha256(entry).digest() != self.entry_hash:
            raise Untrusted("CCF receipt is for another entry")
        evidence = hashlib.sha256(self.evidence.encode()).digest()
        root = hashlib.sha256(self.transaction + evidence + self.entry_hash).digest()
        for left, sibling in self.path:
            root = hashlib.sha256(sibling + root if left else root + sibling).digest()
        self.signature.attach(root).check(algorithm, verify, foreign=True)
        return root


def _proof(value: Any, what: str) -> tuple[tuple[bytes, str, bytes], tuple[tuple[bool, bytes], ...]]:
    match value:
        case {1: (bytes() as transaction, str() as evidence, bytes() as entry), 2: tuple() as path} if (
            len(value) == 2 and len(transaction) == len(entry) == HASH_BYTES
        ):
            pass
        case _:
            raise Malformed(f"{what}: proof is not a map of a leaf (1) and a path (2)")
    if not 1 <= len(path) <= MAX_PATH or not 1 <= len(evidence) <= MAX_EVIDENCE:
        raise Malformed(
            f"{what}: path has {len(path)} steps and the evidence {len(evidence)} characters, "
            f"expected 1 to {MAX_PATH} and 1 to {MAX_EVIDENCE}"
        )
    return (transaction, evidence, entry), tuple(_step(one, what) for one in path)


def _step(value: Any, what: str) -> tuple[bool, bytes]:
    match value:
        case (bool() as left, bytes() as sibling) if len(sibling) == HASH_BYTES:
            return left, sibling
    raise Malformed(f"{what}: path has a step that is not a side and a hash of {HASH_BYTES} bytes")
