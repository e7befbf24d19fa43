"""RFC 6962 hashing against the published proof cases of transparency-dev, and against its own definition."""

import base64
import hashlib
import json

import pytest
import zstandard
from tests.support.shared import shared

from assay.formats.rfc6962 import leaf_hash, path, root, root_from


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(18))
def test_root_is_as_defined_and_every_path_leads_to_it(size: int) -> None:
    leaves = [leaf_hash(bytes([index])) for index in range(size)]
    top = root(leaves)
    assert top == by_definition(leaves)
    for index in range(size):
        siblings = path(leaves, index)
        assert root_from(leaves[index], index, size, siblings) == top
        assert root_from(leaves[index], index, size, (*siblings, top)) is None
        assert size == 1 or root_from(leaves[index], index, size, siblings[:-1]) is None
        assert root_from(leaves[index], index ^ 1, size, siblings) != top


@pytest.mark.parametrize("index", [-1, 3])
def test_no_path_from_outside(index: int) -> None:
    leaves = [leaf_hash(b"a")] * 3
    with pytest.raises(ValueError, match="among 3"):
        path(leaves, index)
    assert root_from(leaves[0], index, 3, ()) is None


def test_published_inclusion_cases() -> None:
    packed = shared("conformance", "merkle", "merkle.jsonl.zst").read_bytes()
    text = zstandard.ZstdDecompressor().stream_reader(packed).read().decode()
    rows = [json.loads(line) for line in text.splitlines()]
    cases = [json.loads(row["text"]) for row in rows if row["path"].startswith("inclusion")]
    refused = accepted = 0
    for case in cases:
        proof = [base64.b64decode(node) for node in case["proof"] or ()]
        leaf, top = (base64.b64decode(case[name] or "") for name in ("leafHash", "root"))
        holds = root_from(leaf, case["leafIdx"], case["treeSize"], proof) == top
        assert holds is not case["wantErr"], case
        refused, accepted = refused + (not holds), accepted + holds
    assert (refused, accepted) == (92, 6)
