"""The published draws, by Assay and by the program that docs/formats/draw.md prints."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from assay.errors import Untrusted
from assay.register.draw import DrawCommit, DrawResult, seed, verify_result

DOCS = Path(__file__).parents[2] / "docs"
READ = json.loads((DOCS / "vectors" / "draws.json").read_bytes())
LEAF = bytes.fromhex(READ["leaf_hash"])
PRINTED = re.search(r"```python\n(.*?)```", (DOCS / "formats" / "draw.md").read_text(), re.DOTALL)
CASES = [pytest.param(case, id=case["id"]) for case in READ["cases"]]


@pytest.mark.parametrize("case", CASES)
def test_draws(case: dict[str, Any]) -> None:
    commit, result = DrawCommit.parse(case["commit"].encode()), DrawResult.parse(case["result"].encode())
    assert (commit.digest.value, result.digest.value) == (case["commit_sha256"], case["result_sha256"])
    if case["valid"]:
        assert seed(LEAF, result.value).hex() == case["seed"]
        verify_result(commit, READ["entry"], LEAF, result)
        assert list(result.selected) == case["selected"]
    else:
        with pytest.raises(Untrusted):
            verify_result(commit, READ["entry"], LEAF, result)


@pytest.mark.parametrize("case", CASES)
def test_draws_by_hand(case: dict[str, Any]) -> None:
    assert PRINTED
    names: dict[str, Any] = {}
    exec(PRINTED[1], names)
    commit, value = case["commit"].encode(), bytes.fromhex(case["value"])
    assert hashlib.sha256(commit).hexdigest() == case["commit_sha256"]
    assert hashlib.sha256(b"assay-draw-v1\0" + value + LEAF).hexdigest() == case["seed"]
    if case["valid"]:
        assert names["drawn"](commit, LEAF, value) == case["selected"]


def test_there_are_good_and_bad_ones() -> None:
    assert {case["valid"] for case in READ["cases"]} == {True, False}
