"""Branch protection and review, from Scorecard."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.support.cases import case, exhibit, findings

from assay.checks.branch_protected import CHECK
from assay.checks.model import Outcome
from assay.evidence.repository import Scorecard, ScorecardCheck
from assay.validation.run import run

CARD = Scorecard(
    repository="git.example/Lighthouse/lantern",
    commit="1f" * 20,
    date=datetime(2026, 10, 25, tzinfo=UTC),
    score=8.0,
    checks=(ScorecardCheck("Branch-Protection", 8), ScorecardCheck("Code-Review", 3)),
)


def outcomes(**changes: Any) -> list[Outcome]:
    return [finding.outcome for finding in findings(CHECK, exhibit(msgspec.structs.replace(CARD, **changes)))]


def test_satisfied() -> None:
    assert outcomes() == [Outcome.SATISFIED, Outcome.SATISFIED]


def test_not_satisfied_below_the_limit() -> None:
    low = (ScorecardCheck("Branch-Protection", 2, "force push is allowed"), ScorecardCheck("Code-Review", 10))
    first, second = findings(CHECK, exhibit(msgspec.structs.replace(CARD, checks=low)))
    assert first.outcome is Outcome.NOT_SATISFIED
    assert first.message == "Branch-Protection scores 2, at least 3 expected (force push is allowed)"
    assert second.outcome is Outcome.SATISFIED


def test_limits_are_parameters() -> None:
    found = findings(CHECK, exhibit(CARD), parameters={"min_code_review_score": 4})
    assert [finding.outcome for finding in found] == [Outcome.SATISFIED, Outcome.NOT_SATISFIED]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"repository": "git.example/other/lantern"}, "the attested repository is", id="another repository"
        ),
        pytest.param({"repository": ""}, "is about ''", id="no repository"),
        pytest.param({"date": None}, "has no date", id="no date"),
        pytest.param({"date": datetime(2026, 7, 1, tzinfo=UTC)}, "123 days old, at most 90", id="too old"),
        pytest.param({"date": datetime(2026, 11, 2, tzinfo=UTC)}, "after 2026-11-01", id="from the future"),
    ],
)
def test_unknown_when_it_says_nothing_about_this_repository_today(
    changes: dict[str, Any], message: str
) -> None:
    (finding,) = findings(CHECK, exhibit(msgspec.structs.replace(CARD, **changes)))
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_unknown_when_scorecard_could_not_tell_or_did_not_look() -> None:
    assert outcomes(checks=(ScorecardCheck("Branch-Protection", -1),)) == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_unknown_without_a_scorecard() -> None:
    assert run(CHECK, case(check=CHECK)).outcome is Outcome.UNKNOWN
