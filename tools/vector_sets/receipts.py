"""COSE receipts (RFC 9942) of a small tree, by both algorithms, and what to refuse."""

from collections.abc import Sequence
from typing import Any

from tools.vector_sets.checkpoints import ORIGIN
from tools.vector_sets.signing import POLICY, SPECIFICATION, FixedKey, Table, refused

from assay.formats import cbor, cose
from assay.formats.note import ED25519, ML_DSA_44, Vkey
from assay.register import merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import CoseReceipt, prove_consistency, prove_inclusion

ENTRIES = [b"entry %d" % n for n in range(9)]
KNOWN = merkle.extend(0, [merkle.leaf_hash(one) for one in ENTRIES], {})


def head(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, merkle.root([KNOWN[at] for at in merkle.frontier(size)]))


def build(table: Table) -> dict[str, Any]:
    ed25519, ml_dsa = FixedKey("ed25519", "log ed25519", table), FixedKey("ml-dsa-44", "log ml-dsa-44", table)
    cases: list[dict[str, Any]] = []
    for key in (ed25519, ml_dsa):
        for index, size in ((0, 2), (3, 9), (8, 9)):
            cases.append(_inclusion(index, size, key))
        for old, size in ((1, 2), (4, 9), (7, 9)):
            cases.append(_consistency(old, size, key))
    return {
        "about": "COSE receipts of inclusion and consistency (RFC 9942, structure 1) in one tree, by the checkpoint keys of one log. "
        "The verifier knows both keys and the checkpoint's size and root; the receipt's own numbers are not signed.",
        "origin": ORIGIN,
        "keys": {
            "ed25519": ed25519.described(Vkey(ORIGIN, ED25519, ed25519.public.raw)),
            "ml-dsa-44": ml_dsa.described(Vkey(ORIGIN, ML_DSA_44, ml_dsa.public.raw)),
        },
        "entries": [one.decode() for one in ENTRIES],
        "roots": {str(size): head(size).root.hex() for size in range(1, len(ENTRIES) + 1)},
        "cases": cases + _near_misses(ed25519),
    }


def _inclusion(index: int, size: int, key: FixedKey) -> dict[str, Any]:
    made = prove_inclusion(head(size), ENTRIES[index], index, proof.inclusion_proof(index, size, KNOWN), key)
    return _case(f"entry {index} in {size}, {key.algorithm}", made, {"entry": index, "size": size})


def _consistency(old: int, size: int, key: FixedKey) -> dict[str, Any]:
    path = proof.consistency_proof(old, size, KNOWN)
    made = prove_consistency(head(size), old, head(old).root, path, key)
    return _case(f"size {old} to {size}, {key.algorithm}", made, {"old": old, "size": size})


def _case(id_: str, made: CoseReceipt, asked: dict[str, int]) -> dict[str, Any]:
    signed = made.signature.attach(head(asked["size"]).root).signed()
    return {"id": id_, "valid": True, **asked, "to_be_signed": signed.hex(), "receipt": made.encode().hex()}


def _near_misses(key: FixedKey) -> list[dict[str, Any]]:
    good = prove_inclusion(head(9), ENTRIES[3], 3, proof.inclusion_proof(3, 9, KNOWN), key)
    path, headers = good.proof.path, good.headers()

    def shaped(
        *, protected: Any = None, numbers: Sequence[int] = (9, 3), hashes: Sequence[bytes] = path, kind: int = -1,
        payload: bytes | None = None, beside: dict[int, Any] | None = None, root: bytes | None = None,
    ) -> bytes:  # fmt: skip
        header = cbor.encode(headers if protected is None else protected)
        signed = head(9).root if root is None else root
        signature = key.sign(cose.to_be_signed(header, signed))
        unprotected = {cose.VDP: {kind: (cbor.encode((*numbers, tuple(hashes))),)}, **(beside or {})}
        return cbor.encode(cbor.Tag(cose.TAG, (header, unprotected, payload, signature)))

    alone = merkle.leaf_hash(ENTRIES[0])
    longer = good.encode().replace(b"\x83\x09\x03", b"\x83\x18\x09\x03")
    outside = {k: v for k, v in headers.items() if k != cose.VDS}
    rows = [
        ("another entry", "the path leads from entry 3, not from entry 4", SPECIFICATION, {"entry": 4, "size": 9}, good.encode()),
        ("hash in the path", "one bit of the path changed", SPECIFICATION, {"entry": 3, "size": 9},
         shaped(hashes=(bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]))),
        ("path cut", "the path is too short", SPECIFICATION, {"entry": 3, "size": 9}, shaped(hashes=path[:-1])),
        ("size not signed", "the receipt says 12: the same path leads to the same root, but the checkpoint has 9 entries", POLICY,
         {"entry": 3, "size": 9}, shaped(numbers=(12, 3))),
        ("root of another tree", "the signature covers the root of 8 entries", SPECIFICATION, {"entry": 3, "size": 9}, shaped(root=head(8).root)),
        ("size 1", "the path is empty; RFC 9942 demands one hash or more", SPECIFICATION, {"entry": 0, "size": 1},
         shaped(numbers=(1, 0), hashes=(), root=alone)),
        ("equal sizes", "the path is empty; RFC 9942 demands one hash or more", SPECIFICATION, {"old": 9, "size": 9},
         shaped(numbers=(9, 9), hashes=(), kind=-2)),
        ("structure 2", "the structure is not RFC9162_SHA256", SPECIFICATION, {"entry": 3, "size": 9}, shaped(protected={**headers, cose.VDS: 2})),
        ("structure outside", "the structure stands in the header that is not signed", SPECIFICATION, {"entry": 3, "size": 9},
         shaped(protected=outside, beside={cose.VDS: 1})),
        ("attached payload", "the root stands in the receipt; it is to be reconstructed", POLICY, {"entry": 3, "size": 9}, shaped(payload=head(9).root)),
        ("critical header", "a header is critical and not understood", SPECIFICATION, {"entry": 3, "size": 9}, shaped(protected={**headers, cose.CRIT: (99,)})),
        ("issuer", "the receipt is of another register", POLICY, {"entry": 3, "size": 9},
         shaped(protected={**headers, cose.CWT_CLAIMS: {cose.ISS: "other.example", cose.SUB: "entry"}})),
        ("number longer than needed", "the proof is not in deterministic CBOR", POLICY, {"entry": 3, "size": 9},
         longer.replace(cbor.encode(b"x" * (len(path) * 34 + 4))[:2], cbor.encode(b"x" * (len(path) * 34 + 5))[:2], 1)),
        ("byte after the end", "something follows the receipt", SPECIFICATION, {"entry": 3, "size": 9}, good.encode() + b"\0"),
    ]  # fmt: skip
    return [refused(name, why, by, **asked, receipt=made.hex()) for name, why, by, asked, made in rows]
