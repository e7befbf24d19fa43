"""A verdict on the same inputs is the same, release after release; a changed one is told in CHANGELOG.md."""

import json
from typing import Any

import pytest
from tests.support import golden

RESULTS = {"honest": "validated_with_findings", "contradicted": "contradicted", "incomplete": "incomplete"}


def test_there_is_one_of_each() -> None:
    assert golden.names() == sorted(RESULTS)


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_the_verdict_is_the_recorded_one(name: str) -> None:
    recorded = json.loads(golden.verdict_file(name).read_text())
    found = json.loads(golden.pretty(golden.judged(name)))
    assert recorded["result"] == RESULTS[name]
    changed = list(_changed(recorded, found))
    assert changed == [], "run tools/golden.py, look at what changed, and say why in CHANGELOG.md"


def _changed(before: Any, after: Any, at: str = "") -> list[str]:
    """Where two JSON values differ, as pointers with both values."""
    if type(before) is type(after) is dict:
        keys = dict.fromkeys((*before, *after))
        return [line for key in keys for line in _changed(before.get(key), after.get(key), f"{at}/{key}")]
    if type(before) is type(after) is list and len(before) == len(after):
        return [
            line for key, pair in enumerate(zip(before, after, strict=True)) for line in _changed(*pair, f"{at}/{key}")
        ]  # fmt: skip
    return [] if before == after else [f"{at}: {str(before)[:200]} -> {str(after)[:200]}"]
