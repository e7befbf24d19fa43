"""A policy that says where to report."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.cases import case, exhibit, findings, unreadable

from assay.checks.disclosure_policy_present import CHECK
from assay.checks.model import Outcome
from assay.evidence.policy import SecurityInsights, SecurityTxt, read
from assay.validation.run import run

POLICY = """\
# Security policy

Please report vulnerabilities to security@lighthouse.example. Do not open a public issue.
We answer within three days, and publish an advisory together with the fix.
"""
EXPIRES = datetime(2027, 6, 30, tzinfo=UTC)


def prose(text: str) -> Any:
    return exhibit(read(text.encode(), name="SECURITY.md"), "SECURITY.md")


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(prose(POLICY), id="SECURITY.md"),
        pytest.param(
            prose(POLICY.replace("to security@lighthouse.example", "privately, by the Security tab")),
            id="private channel",
        ),
        pytest.param(
            exhibit(SecurityTxt(("mailto:security@lighthouse.example",), EXPIRES)), id="security.txt"
        ),
        pytest.param(
            exhibit(SecurityInsights("2.2.0", accepts_reports=True, policy="https://lighthouse.example/p")),
            id="insights",
        ),
        pytest.param(
            prose(POLICY + "\nSee https://www.example.com for a sample.\n"),
            id="a sample beside a real address",
        ),
    ],
)
def test_satisfied(policy: Any) -> None:
    assert [finding.outcome for finding in findings(CHECK, policy)] == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        pytest.param(
            prose("Use this section to tell people how to report a vulnerability.\n"),
            "is an unfilled template",
            id="template",
        ),
        pytest.param(prose("\n"), "has no words", id="empty"),
        pytest.param(
            prose(POLICY.replace("lighthouse.example", "example.com")),
            "reserved for examples",
            id="sample address",
        ),
        pytest.param(
            exhibit(SecurityTxt(("mailto:you@example.org",), EXPIRES)),
            "reserved for examples",
            id="sample contact",
        ),
        pytest.param(
            exhibit(SecurityInsights("2.2.0", accepts_reports=False)),
            "are not accepted",
            id="no reports wanted",
        ),
    ],
)
def test_not_satisfied(policy: Any, message: str) -> None:
    (finding,) = findings(CHECK, policy)
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert message in finding.message


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        pytest.param(prose("Security matters to us.\n"), "has 4 words, at least 20 expected", id="too short"),
        pytest.param(prose("We care. " * 20), "does not mention reporting", id="about something else"),
        pytest.param(
            prose("Report problems to the maintainers. " * 6),
            "no address that could be recognised",
            id="no address",
        ),
        pytest.param(
            exhibit(SecurityInsights("2.2.0", accepts_reports=True)),
            "neither where nor",
            id="insights without address",
        ),
    ],
)
def test_unknown(policy: Any, message: str) -> None:
    (finding,) = findings(CHECK, policy)
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_unknown_without_any_policy() -> None:
    answer = run(CHECK, case(exhibit(SecurityInsights("2.2.0")), check=CHECK))
    assert answer.outcome is Outcome.UNKNOWN
    assert "no readable SECURITY.md" in answer.findings[0].message


def test_unknown_when_one_of_two_cannot_be_read() -> None:
    assert run(CHECK, case(prose(POLICY), unreadable("security-txt"), check=CHECK)).outcome is Outcome.UNKNOWN
