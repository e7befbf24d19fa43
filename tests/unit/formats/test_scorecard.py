"""OpenSSF Scorecard JSON."""

import json
from typing import Any

import pytest

from assay.errors import AssayError, Malformed, Unsupported
from assay.formats import scorecard

EXAMPLE: dict[str, Any] = {
    "date": "2026-10-25T08:00:00Z",
    "repo": {"name": "git.example/lighthouse/lantern", "commit": "1f" * 20},
    "scorecard": {"version": "v5.3.0", "commit": "2e" * 20},
    "score": 8.1,
    "checks": [
        {
            "name": "Branch-Protection",
            "score": 8,
            "reason": "branch protection is not maximal",
            "details": None,
        },
        {"name": "Code-Review", "score": -1, "reason": "internal error"},
    ],
    "metadata": None,
}


def test_reads_a_result() -> None:
    result = scorecard.parse(json.dumps(EXAMPLE).encode(), what="scorecard.json")
    assert (result.repo.name, result.score) == ("git.example/lighthouse/lantern", 8.1)
    assert [(check.name, check.score) for check in result.checks or ()] == [
        ("Branch-Protection", 8),
        ("Code-Review", -1),
    ]


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        pytest.param(
            {"Repo": "x", "repo": None}, Unsupported, "schema version 1, expected version 2", id="version 1"
        ),
        pytest.param({"repo": None}, Malformed, "Expected `object`, got `null`", id="no repository"),
        pytest.param(
            {"checks": [{"name": "A", "score": 11}]},
            Malformed,
            "the score 11, expected -1 to 10",
            id="score 11",
        ),
        pytest.param({"checks": [{"name": "A", "score": 1.5}]}, Malformed, "Expected `int`", id="fraction"),
        pytest.param(
            {"checks": [{"name": "A", "score": 1}] * 2}, Malformed, "more than one score", id="check twice"
        ),
    ],
)
def test_refuses(changes: dict[str, Any], error: type[AssayError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        scorecard.parse(json.dumps({**EXAMPLE, **changes}).encode(), what="scorecard.json")
