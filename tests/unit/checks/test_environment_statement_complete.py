from datetime import date
from typing import Any

import pytest
from tests.support.cases import exhibit, findings

from assay.checks.environment_statement_complete import CHECK
from assay.evidence.environment import EnvironmentStatement, Fact

PROVIDER = "Lighthouse Works (fictional)"
GOOD: dict[str, Any] = {
    "topic": "logging",
    "statement": "Access is logged and reviewed each week.",
    "stated": date(2026, 9, 1),
    "role": "Head of infrastructure",
}


def outcomes(*facts: Fact, provider: str = PROVIDER, **parameters: Any) -> list[tuple[str, str]]:
    found = findings(
        CHECK,
        exhibit(EnvironmentStatement(provider, facts=facts)),
        parameters={"topics": ("logging",), **parameters},
    )
    return [(finding.outcome.value, finding.message) for finding in found]


def test_satisfied() -> None:
    assert outcomes(Fact(**GOOD)) == [("satisfied", "Head of infrastructure states logging on 2026-09-01")]


@pytest.mark.parametrize(
    ("change", "expected", "message"),
    [
        pytest.param({"holds": False}, "not_satisfied", "the provider's own statement says that logging does not hold", id="denied"),
        pytest.param({"stated": date(2026, 11, 3)}, "not_satisfied", "is dated 2026-11-03, the moment of this check is 2026-11-01", id="future"),
        pytest.param({"stated": date(2026, 11, 2)}, "satisfied", "states logging on 2026-11-02", id="tomorrow in the east"),
        pytest.param({"stated": date(2025, 9, 15)}, "not_satisfied", "is of 2025-09-15, 401 days before the attestation; it may be 400 days old", id="too old when attested"),
        pytest.param({"stated": date(2025, 9, 26)}, "unknown", "is of 2025-09-26, 401 days ago by now; it may be 400 days old", id="too old by now"),
        pytest.param({"stated": date(2025, 9, 27)}, "satisfied", "states logging on 2025-09-27", id="just young enough"),
        pytest.param({"stated": None}, "unknown", "has no date", id="no date"),
        pytest.param({"role": "TBD"}, "unknown", "no role answers", id="nobody"),
        pytest.param({"statement": " "}, "unknown", "without a word", id="empty"),
        pytest.param({"statement": "<how access is logged>"}, "unknown", "without a word", id="left as it came"),
        pytest.param({"topic": "encryption"}, "unknown", "the statement says nothing about logging", id="another topic"),
    ],
)  # fmt: skip
def test_near_misses(change: dict[str, Any], expected: str, message: str) -> None:
    ((outcome, said),) = outcomes(Fact(**{**GOOD, **change}))
    assert outcome == expected
    assert message in said


def test_every_topic_is_asked() -> None:
    found = outcomes(Fact(**GOOD), topics=("logging", "encryption"))
    assert [outcome for outcome, _ in found] == ["satisfied", "unknown"]


def test_all_topics_by_default() -> None:
    found = findings(CHECK, exhibit(EnvironmentStatement(PROVIDER)))
    assert [finding.outcome for finding in found] == ["unknown"] * 7


def test_somebody_else_s_statement() -> None:
    found = outcomes(Fact(**GOOD), provider="Beacon Works (fictional)")
    assert found[0] == (
        "unknown",
        "the statement is by 'Beacon Works (fictional)', the attestation by 'Lighthouse Works (fictional)'",
    )
    assert outcomes(Fact(**GOOD), provider="lighthouse works  (fictional)")[0][0] == "satisfied"


def test_points_into_the_statement() -> None:
    old = Fact(**{**GOOD, "stated": date(2020, 1, 1)})
    (finding,) = findings(
        CHECK, exhibit(EnvironmentStatement(PROVIDER, facts=(old,))), parameters={"topics": ("logging",)}
    )
    assert finding.at == "/facts/0/stated"
    assert finding.remedy == "look again and state it anew"
