"""The published vectors are current, hold under another reading of the specifications, and Assay agrees with each."""

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tools.vector_sets.signing import LABEL, Table
from tools.vectors import FOLDER, vectors

from assay.errors import AssayError
from assay.formats.note import Note, Vkey
from assay.register import checkpoint, cose_receipt, cosignature
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import CoseReceipt
from assay.register.cosignature import Cosigner
from assay.register.identity import LogKeys
from assay.register.rotation import KeyChange, KeyHistory

PAGE = (Path(__file__).parents[2] / "docs" / "vectors" / "README.md").read_text(encoding="utf-8")
READ: dict[str, Any] = {path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}


def of(name: str, part: str = "cases") -> list[Any]:
    return [pytest.param(case, id=case.get("id", "")) for case in READ[name][part]]


def log_keys(name: str, which: dict[str, Any] | None = None) -> LogKeys:
    keys = READ[name]["keys"] if which is None else which
    return LogKeys.from_vkeys(READ[name]["origin"], [Vkey.parse(one["vkey"]) for one in keys.values()])


def test_the_files_are_current() -> None:
    made = vectors(may_sign=False)
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.json")} == made


def test_a_signature_that_is_wrong_or_missing_is_noticed() -> None:
    rows = READ["signatures"]
    key = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    with pytest.raises(ValueError, match=f"a signature of '{rows[0]['key']}' does not verify"):
        Table(rows, may_sign=False).signature(rows[0]["key"], key, bytes.fromhex(rows[0]["message"]), b"")
    with pytest.raises(LookupError, match="lacks one of 'x'"):
        Table(rows, may_sign=False).signature("x", key, b"", b"")


def test_every_file_and_every_set_of_cases_is_explained() -> None:
    for name in READ:
        assert f"`{name}.json`" in PAGE
    for name in ("checkpoints", "cosignatures", "cose-receipts"):
        assert {case["valid"] for case in READ[name]["cases"]} == {True, False}
        assert all(case["reason"] for case in READ[name]["cases"] if not case["valid"])


@pytest.mark.parametrize("case", of("checkpoints"))
def test_checkpoints(case: dict[str, Any]) -> None:
    keys = log_keys("checkpoints")
    if not case["valid"]:
        with pytest.raises(AssayError):
            checkpoint.open_(case["note"].encode(), keys)
        return
    found = checkpoint.open_(case["note"].encode(), keys)
    assert (found.checkpoint.size, found.timestamp) == (case["size"], case["timestamp"])


@pytest.mark.parametrize("case", of("cosignatures"))
def test_cosignatures(case: dict[str, Any]) -> None:
    keys = READ["cosignatures"]["keys"]
    note = Note.parse(case["note"].encode())
    head = Checkpoint.parse(note.text)
    both = [Cosigner.parse(keys[name]["vkey"]) for name in ("ml-dsa-44", "ed25519")]
    if case["valid"]:
        found = cosignature.verified(note, head, both)
        assert [one.timestamp for one in found] == [case["timestamp"]] * 2
    else:
        try:
            assert cosignature.verified(note, head, both[:1]) == ()
        except AssayError:
            pass
        else:
            assert case["id"] in ("none", "line under another name")


def raw(vkey: str) -> tuple[str, bytes, int, bytes]:
    """Name, id, type and key of a verifier key, by hand."""
    name, id_, key = vkey.split("+", 2)
    data = base64.b64decode(key)
    assert hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] == id_
    return name, bytes.fromhex(id_), data[0], data[1:]


@pytest.mark.parametrize("case", [one for one in of("checkpoints") if one.values[0]["valid"]])
def test_checkpoints_by_hand(case: dict[str, Any]) -> None:
    """With nothing of Assay."""
    keys = READ["checkpoints"]["keys"]
    origin = READ["checkpoints"]["origin"].encode()
    name = bytes([len(origin)]) + origin
    message = b"subtree/v1\n\0" + name + struct.pack(">Q", case["timestamp"]) + name
    message += struct.pack(">QQ", 0, case["size"]) + bytes.fromhex(case["root"])
    assert message.hex() == case["ml_dsa_44_message"]
    text, signatures = case["note"].split("\n\n")
    assert text + "\n" == case["ed25519_message"]
    blobs = {
        blob[:4]: blob[4:]
        for blob in (base64.b64decode(one.split(" ")[2]) for one in signatures.splitlines())
    }
    for algorithm, seed in ((ed25519.Ed25519PrivateKey.from_private_bytes, "ed25519"), (None, "ml-dsa-44")):
        _, id_, kind, public = raw(keys[seed]["vkey"])
        secret = bytes.fromhex(keys[seed]["seed"])
        assert hashlib.sha256(keys[seed]["label"].encode()).digest() == secret
        assert keys[seed]["label"].startswith(LABEL)
        if algorithm is not None:
            assert kind == 1
            key = algorithm(secret)
            assert key.public_key().public_bytes_raw() == public
            assert key.sign(case["ed25519_message"].encode()) == blobs[id_]
        else:
            assert kind == 6
            quantum = mldsa.MLDSA44PrivateKey.from_seed_bytes(secret).public_key()
            assert quantum.public_bytes_raw() == public
            assert blobs[id_][:8] == struct.pack(">Q", case["timestamp"])
            quantum.verify(blobs[id_][8:], message)


@pytest.mark.parametrize("case", [one for one in of("cosignatures") if one.values[0]["valid"]])
def test_cosignatures_by_hand(case: dict[str, Any]) -> None:
    found = READ["cosignatures"]
    witness, origin = found["witness"].encode(), found["origin"].encode()
    message = b"subtree/v1\n\0" + bytes([len(witness)]) + witness + struct.pack(">Q", case["timestamp"])
    message += (
        bytes([len(origin)]) + origin + struct.pack(">QQ", 0, case["size"]) + bytes.fromhex(case["root"])
    )
    assert message.hex() == case["ml_dsa_44_message"]
    text, signatures = case["note"].split("\n\n")
    assert case["ed25519_message"] == f"cosignature/v1\ntime {case['timestamp']}\n{text}\n"
    blobs = [
        base64.b64decode(one.split(" ")[2])
        for one in signatures.splitlines()
        if f"— {found['witness']} " in one
    ]
    ids = {
        raw(found["keys"][name]["vkey"])[1]: raw(found["keys"][name]["vkey"])[3]
        for name in ("ml-dsa-44", "ed25519")
    }
    assert {blob[:4] for blob in blobs} == set(ids)
    for blob in blobs:
        assert blob[4:12] == struct.pack(">Q", case["timestamp"])
        public, signature = ids[blob[:4]], blob[12:]
        if len(public) == 32:
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(
                signature, case["ed25519_message"].encode()
            )
        else:
            mldsa.MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)


def change(wire: dict[str, Any]) -> KeyChange:
    return KeyChange(
        index=wire["index"],
        leaf=base64.b64decode(wire["leaf"]),
        proof=tuple(map(bytes.fromhex, wire["proof"])),
        checkpoint=wire["checkpoint"].encode(),
        consistency=tuple(map(bytes.fromhex, wire["consistency_from_size_1"])),
    )


ROTATION = READ["rotation"]
GENESIS = base64.b64decode(ROTATION["entries"][0])
HISTORIES = [
    KeyHistory.follow(GENESIS, (change(ROTATION["change"]),), log_keys("rotation", ROTATION["keys"][who]))
    for who in ("old", "new")
]


@pytest.mark.parametrize(
    "row", ROTATION["checkpoints"], ids=lambda row: f"{row['size']} by {row['signed_by']}"
)
def test_checkpoints_of_a_rotation(row: dict[str, Any]) -> None:
    assert HISTORIES[0] == HISTORIES[1]
    if row["valid"]:
        assert HISTORIES[0].open_(row["note"].encode()).checkpoint.size == row["size"]
    else:
        with pytest.raises(AssayError, match="lacks a signature"):
            HISTORIES[0].open_(row["note"].encode())


@pytest.mark.parametrize("case", of("rotation", "forged"))
def test_forged_changes(case: dict[str, Any]) -> None:
    with pytest.raises(AssayError):
        KeyHistory.follow(GENESIS, (change(case["change"]),), log_keys("rotation", ROTATION["keys"]["old"]))


@pytest.mark.parametrize("case", of("cose-receipts"))
def test_cose_receipts(case: dict[str, Any]) -> None:
    found = READ["cose-receipts"]
    keys = log_keys("cose-receipts")
    heads = {
        int(size): Checkpoint(found["origin"], int(size), bytes.fromhex(root))
        for size, root in found["roots"].items()
    }

    def verify() -> tuple[cose_receipt.Proven, ...]:
        one = CoseReceipt.parse(bytes.fromhex(case["receipt"]))
        (scheme,) = {
            key.algorithm
            for key in (*keys.ed25519, *keys.ml_dsa_44)
            if bytes.fromhex(key.keyid) == one.headers()[4]
        }
        how: Any = {"checkpoint": heads[case["size"]], "required": (scheme,)}
        if "entry" in case:
            return cose_receipt.verify_inclusion([one], found["entries"][case["entry"]].encode(), keys, **how)
        return cose_receipt.verify_consistency([one], heads[case["old"]], keys, **how)

    if not case["valid"]:
        with pytest.raises(AssayError):
            verify()
        return
    (proven,) = verify()
    assert (proven.size, proven.index) == (case["size"], case.get("entry"))


def folded(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2, the other way round: which siblings stand to the left follows from the index."""
    inner = (index ^ (size - 1)).bit_length()
    assert len(path) == inner + (index >> inner).bit_count()
    for at, sibling in enumerate(path):
        left = at >= inner or index >> at & 1
        leaf = hashlib.sha256(b"\1" + (sibling + leaf if left else leaf + sibling)).digest()
    return leaf


@pytest.mark.parametrize("case", [one for one in of("cose-receipts") if one.values[0]["valid"]])
def test_cose_receipts_by_hand(case: dict[str, Any]) -> None:
    """With a CBOR decoder and nothing of Assay."""
    found = READ["cose-receipts"]
    receipt = cbor2.loads(bytes.fromhex(case["receipt"]))
    protected, unprotected, payload, signature = receipt.value
    header = cbor2.loads(protected)
    assert (receipt.tag, payload, header[395], header[15][1]) == (18, None, 1, found["origin"])
    ((kind, (proof,)),) = unprotected[396].items()
    first, second, path = cbor2.loads(proof)
    root = bytes.fromhex(found["roots"][str(case["size"])])
    if kind == -1:
        leaf = hashlib.sha256(b"\0" + found["entries"][case["entry"]].encode()).digest()
        assert (first, second) == (case["size"], case["entry"])
        assert folded(leaf, second, first, list(path)) == root
    else:
        assert (kind, first, second) == (-2, case["old"], case["size"])
    message = cbor2.dumps(["Signature1", protected, b"", root])
    assert message.hex() == case["to_be_signed"]
    name = {-19: "ed25519", -48: "ml-dsa-44"}[header[1]]
    public = raw(found["keys"][name]["vkey"])[3]
    key: Any = (ed25519.Ed25519PublicKey if header[1] == -19 else mldsa.MLDSA44PublicKey).from_public_bytes(
        public
    )
    assert (
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
        == header[4]
    )
    key.verify(signature, message)
    with pytest.raises(InvalidSignature):
        key.verify(signature, message + b"\0")
