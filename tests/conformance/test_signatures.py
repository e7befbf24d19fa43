"""Wycheproof: what must verify does, what must not does not."""

import json
from collections import Counter
from typing import Any

import pytest
import zstandard
from tests.support.shared import shared

from assay.crypto.keys import Algorithm, PublicKey
from assay.errors import Malformed


def groups(name: str) -> list[dict[str, Any]]:
    with zstandard.open(
        shared("conformance", "wycheproof", f"{name}.json.zst"), "rt", encoding="utf-8"
    ) as file:
        found: list[dict[str, Any]] = json.load(file)["testGroups"]
    return found


def answer(key: PublicKey | None, case: dict[str, Any]) -> str:
    good = key is not None and key.made(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
    return "valid" if good else "invalid"


def public(algorithm: Algorithm, raw: str) -> PublicKey | None:
    try:
        return PublicKey(algorithm, bytes.fromhex(raw))
    except Malformed:
        return None


@pytest.mark.parametrize(("algorithm", "count"), [("ml-dsa-44", 180), ("ml-dsa-65", 210)])
def test_ml_dsa(algorithm: Algorithm, count: int) -> None:
    """Cases with a context are signatures of other protocols: with our empty context they are invalid."""
    seen: Counter[str] = Counter()
    wrong = []
    for group in groups(f"{algorithm.replace('ml-dsa-', 'mldsa_')}_verify_test"):
        key = public(algorithm, group["publicKey"])
        for case in group["tests"]:
            expected = "invalid" if case.get("ctx") else case["result"]
            seen[expected] += 1
            if answer(key, case) != expected:
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    assert seen.total() == count
    assert min(seen["valid"], seen["invalid"]) > 10


def test_ed25519() -> None:
    seen: Counter[str] = Counter()
    wrong = []
    for group in groups("ed25519_test"):
        key = public("ed25519", group["publicKey"]["pk"])
        assert key is not None
        for case in group["tests"]:
            seen[case["result"]] += 1
            if answer(key, case) != case["result"]:
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    assert seen.total() == 151
    assert min(seen["valid"], seen["invalid"]) > 10
