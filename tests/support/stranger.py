"""What somebody without Assay does with a monitor's evidence: the document, a key, RFC 9162, and nothing of ours."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def two_histories(evidence: bytes, key: bytes) -> tuple[int, int]:
    """The sizes of two checkpoints signed with the Ed25519 *key* that cannot both be true; AssertionError when they can."""
    found = json.loads(evidence)
    (size1, root1), (size2, root2) = (_signed(found[name], key) for name in ("first", "second"))
    if size1 == size2:
        assert root1 != root2
        return size1, size2
    began = base64.b64decode(found["began"])
    assert _consistent(size1, size2, began, root2, [base64.b64decode(one) for one in found["proof"]])
    assert began != root1
    return size1, size2


def _signed(note: str, key: bytes) -> tuple[int, bytes]:
    text, _, lines = note.rpartition("\n\n")
    signature = base64.b64decode(lines.split("\n")[0].split(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"{text}\n".encode())
    _, size, root = text.split("\n")
    return int(size), base64.b64decode(root)


def _consistent(size1: int, size2: int, root1: bytes, root2: bytes, proof: list[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2."""
    if size1 & (size1 - 1) == 0:
        proof = [root1, *proof]
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for one in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = _node(one, fr), _node(one, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, one)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
