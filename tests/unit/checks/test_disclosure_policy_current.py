"""A policy past its own date."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.cases import NOW, case, exhibit, findings

from assay.checks.disclosure_policy_current import CHECK
from assay.checks.model import Outcome
from assay.evidence.policy import DisclosurePolicy, SecurityInsights, SecurityTxt
from assay.validation.run import run

DAY = timedelta(days=1)


def txt(expires: Any) -> Any:
    return exhibit(SecurityTxt(("mailto:security@lighthouse.example",), expires), "security.txt")


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(txt(NOW + DAY), id="security.txt"),
        pytest.param(exhibit(SecurityInsights("1.0.0", expires=NOW + DAY)), id="insights 1"),
        pytest.param(exhibit(SecurityInsights("2.2.0", reviewed=NOW - 365 * DAY)), id="reviewed a year ago"),
    ],
)
def test_satisfied(policy: Any) -> None:
    assert [finding.outcome for finding in findings(CHECK, policy)] == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(txt(NOW), id="at the moment it expires"),
        pytest.param(txt(NOW - 400 * DAY), id="security.txt"),
        pytest.param(exhibit(SecurityInsights("1.0.0", expires=NOW - DAY, reviewed=NOW)), id="insights 1"),
    ],
)
def test_not_satisfied(policy: Any) -> None:
    (finding,) = findings(CHECK, policy)
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert "expired on" in finding.message


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        pytest.param(
            exhibit(SecurityInsights("2.2.0", reviewed=NOW - 366 * DAY)),
            "366 days ago, at most 365",
            id="review too old",
        ),
        pytest.param(exhibit(SecurityInsights("2.2.0")), "neither an expiry nor", id="no dates"),
    ],
)
def test_unknown(policy: Any, message: str) -> None:
    (finding,) = findings(CHECK, policy)
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_prose_has_no_expiry_and_nothing_is_unknown() -> None:
    prose = exhibit(DisclosurePolicy(("mailto:a@lighthouse.example",), 90), "SECURITY.md")
    assert run(CHECK, case(prose, check=CHECK)).outcome is Outcome.NOT_APPLICABLE
    assert run(CHECK, case(check=CHECK)).outcome is Outcome.UNKNOWN
