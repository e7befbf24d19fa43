from typing import Any

import pytest
from tests.support.cases import exhibit, findings

from assay.checks.multi_factor_coverage import CHECK
from assay.evidence.environment import EnvironmentStatement, Fact


def judged(**fact: Any) -> tuple[str, str]:
    statement = EnvironmentStatement(
        "us", facts=(Fact(**{"topic": "multi_factor", "statement": "s", **fact}),)
    )
    (finding,) = findings(CHECK, exhibit(statement))
    return finding.outcome.value, finding.message


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param({"covered": 12, "total": 12}, ("satisfied", "12 of 12 accounts have more than one factor"), id="all"),
        pytest.param({"covered": 11, "total": 12}, ("not_satisfied", "11 of 12 accounts have more than one factor, expected at least 100 in 100"), id="all but one"),
        pytest.param({"covered": 9_999, "total": 10_000}, ("not_satisfied", "9999 of 10000 accounts have more than one factor, expected at least 100 in 100"), id="nearly all"),
        pytest.param({"covered": 13, "total": 12}, ("not_satisfied", "13 of 12 accounts cannot be"), id="more than there are"),
        pytest.param({"covered": -1, "total": 12}, ("not_satisfied", "-1 of 12 accounts cannot be"), id="negative"),
        pytest.param({"covered": 0, "total": 0}, ("unknown", "no account is in scope, so nothing is covered"), id="none in scope"),
        pytest.param({"total": 12}, ("unknown", "the numbers of accounts, covered and in scope, are not both stated"), id="half of it"),
        pytest.param({"holds": True}, ("unknown", "the numbers of accounts, covered and in scope, are not both stated"), id="only a word"),
        pytest.param({"holds": False, "covered": 3, "total": 3}, ("not_satisfied", "the provider's own statement says that multi-factor authentication is not enforced"), id="denied"),
        pytest.param({"topic": "logging", "covered": 3, "total": 3}, ("unknown", "the statement says nothing about multi_factor"), id="another topic"),
    ],
)  # fmt: skip
def test_numbers(fact: dict[str, Any], expected: tuple[str, str]) -> None:
    assert judged(**fact) == expected


def test_a_pack_may_ask_for_less() -> None:
    statement = EnvironmentStatement("us", facts=(Fact("multi_factor", "s", covered=9, total=10),))
    for minimum, expected in ((90, "satisfied"), (91, "not_satisfied")):
        (finding,) = findings(CHECK, exhibit(statement), parameters={"minimum_percent": minimum})
        assert finding.outcome == expected
