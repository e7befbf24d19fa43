import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from tests.support.damage import damaged
from tests.support.register import KEYS
from tests.unit.register.test_rotation import FIRST, GENESIS, HISTORY, SECOND

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.register.key_history import KeyHistoryDocument

DOCUMENT = KeyHistoryDocument(origin=HISTORY.origin, genesis=GENESIS, changes=(FIRST, SECOND))
DATA = DOCUMENT.encode()


def test_round_trips_and_proves_itself() -> None:
    assert KeyHistoryDocument.parse(DATA) == DOCUMENT
    assert KeyHistoryDocument.parse(json.dumps(json.loads(DATA)).encode()) == DOCUMENT
    assert DOCUMENT.follow(KEYS) == HISTORY
    alone = KeyHistoryDocument(origin=HISTORY.origin, genesis=GENESIS)
    assert KeyHistoryDocument.parse(alone.encode()) == alone


def put(where: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        target: Any = found
        *path, last = where.split("/")
        for step in path:
            target = target[int(step) if step.isdecimal() else step]
        target[int(last) if last.isdecimal() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        pytest.param(put("format", "assay-receipt"), Unsupported, "is 'assay-receipt' version 1", id="format"),
        pytest.param(put("version", 2), Unsupported, "version 2, expected", id="version"),
        pytest.param(put("more", 1), Malformed, "more", id="unknown field"),
        pytest.param(put("changes/0/more", 1), Malformed, "more", id="unknown field of a change"),
        pytest.param(put("genesis", "AA"), Malformed, "genesis is not standard base64", id="genesis"),
        pytest.param(put("changes/1/index", 0), Malformed, r"changes\[1\]: index is 0, expected 1", id="index 0"),
        pytest.param(put("changes/0/leaf", "A"), Malformed, r"changes\[0\]: leaf is not", id="leaf"),
        pytest.param(put("changes/0/proof/1", "A"), Malformed, r"changes\[0\]: proof\[1\] is not", id="proof"),
        pytest.param(put("changes/0/proof", ["AAAA"] * 66), TooLarge, "proof has 66 hashes, over 65", id="long proof"),
        pytest.param(put("changes/0/consistency", ["AAAA"] * 66), TooLarge, "consistency has 66", id="long consistency"),
        pytest.param(put("changes/0/checkpoint", 5), Malformed, "checkpoint", id="checkpoint is a number"),
        pytest.param(put("version", 1.0), Malformed, "one spelling|version", id="number with a point"),
    ],
)  # fmt: skip
def test_rejects(change: Callable[[dict[str, Any]], None], error: type[AssayError], message: str) -> None:
    found = json.loads(DATA)
    change(found)
    with pytest.raises(error, match=message):
        KeyHistoryDocument.parse(json.dumps(found).encode())


def test_too_many_changes() -> None:
    found = json.loads(DATA)
    found["changes"] = [{"index": 1, "leaf": "", "proof": [], "checkpoint": "", "consistency": []}] * 257
    with pytest.raises(TooLarge, match="has 257 changes, over 256"):
        KeyHistoryDocument.parse(json.dumps(found).encode())


@given(damaged(DATA))
def test_damage_is_refused_or_says_the_same(data: bytes) -> None:
    """What still verifies after damage tells the same keys."""
    with suppress(AssayError):
        assert KeyHistoryDocument.parse(data).follow(KEYS).periods[0] == HISTORY.periods[0]
