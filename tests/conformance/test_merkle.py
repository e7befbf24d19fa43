"""Inclusion, consistency and subtree proofs of transparency-dev/merkle, good and bad, and a small tiled log."""

import base64
import json
from collections import Counter
from typing import Any

import zstandard
from tests.support.shared import shared

from assay.errors import AssayError
from assay.register import merkle, proof

COUNTS = {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _refused(kind: str, case: dict[str, Any]) -> bool:
    hashes = [_bytes(text) for text in case["proof"] or ()]
    try:
        match kind:
            case "inclusion":
                proof.verify_inclusion(
                    _bytes(case["leafHash"]), case["leafIdx"], case["treeSize"], hashes, _bytes(case["root"])
                )
            case "consistency":
                proof.verify_consistency(
                    case["size1"], case["size2"], hashes, _bytes(case["root1"]), _bytes(case["root2"])
                )
            case "subtreeinclusion":
                proof.verify_subtree_inclusion(
                    _bytes(case["leafHash"]),
                    case["leafIdx"],
                    case["start"],
                    case["end"],
                    hashes,
                    _bytes(case["root"]),
                )
            case _:
                proof.verify_subtree(
                    case["start"],
                    case["end"],
                    case["size"],
                    hashes,
                    _bytes(case["root1"]),
                    _bytes(case["root2"]),
                )
    except AssayError:
        return True
    return False


def test_every_case() -> None:
    seen: Counter[str] = Counter()
    wrong = []
    with zstandard.open(shared("conformance", "merkle", "merkle.jsonl.zst"), "rt", encoding="utf-8") as file:
        for line in file:
            packed = json.loads(line)
            kind = packed["path"].split("/")[0]
            case = json.loads(packed["text"])
            seen[kind] += 1
            if _refused(kind, case) != case["wantErr"]:
                wrong.append(packed["path"])
    assert wrong == []
    assert seen == COUNTS


def test_the_tiled_log() -> None:
    """The tile of level 0 holds the leaf hashes of the entries, and each checkpoint the root over the first N."""
    folder = shared("conformance", "tessera-log")
    data = (folder / "tile" / "entries" / "000.p" / "15").read_bytes()
    leaves = []
    while data:
        length = int.from_bytes(data[:2], "big")
        leaves.append(merkle.leaf_hash(data[2 : 2 + length]))
        data = data[2 + length :]
    assert b"".join(leaves) == (folder / "tile" / "0" / "000.p" / "15").read_bytes()
    roots = [
        base64.b64decode((folder / f"checkpoint.{size}").read_text().split("\n")[2]) for size in range(16)
    ]
    assert [merkle.root_of(leaves[:size]) for size in range(16)] == roots
