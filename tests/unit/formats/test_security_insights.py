"""Security Insights 1.x and 2.x."""

import pytest

from assay.errors import AssayError, Malformed, Unsupported
from assay.formats import security_insights
from assay.formats.security_insights import Insights

VERSION_1 = """\
header:
  schema-version: 1.0.0
  last-updated: '2026-03-01'
  last-reviewed: '2026-04-01'
  expiration-date: '2027-04-01T10:00:00.000Z'
  project-url: https://git.example/lighthouse/lantern
project-lifecycle:
  status: active
vulnerability-reporting:
  accepts-vulnerability-reports: true
  security-policy: https://lighthouse.example/policy
  email-contact: security@lighthouse.example
security-contacts:
- type: email
  value: security@lighthouse.example
- type: website
  value: https://lighthouse.example/report
"""
VERSION_2 = """\
header:
  schema-version: 2.2.0
  last-updated: '2026-03-01'
  last-reviewed: '2026-04-01'
  url: https://lighthouse.example/security-insights.yml
project:
  name: lantern
  vulnerability-reporting:
    reports-accepted: true
    bug-bounty-available: false
    contact:
      name: Security team
      email: security@lighthouse.example
      primary: true
    policy: https://lighthouse.example/policy
repository:
  url: https://git.example/lighthouse/lantern
  status: active
"""


def parse(text: str) -> Insights:
    return security_insights.parse(text.encode(), what="security-insights.yml")


def test_reads_version_1() -> None:
    assert parse(VERSION_1) == Insights(
        schema_version="1.0.0",
        updated="2026-03-01",
        reviewed="2026-04-01",
        expires="2027-04-01T10:00:00.000Z",
        repository="https://git.example/lighthouse/lantern",
        accepts_reports=True,
        contacts=("mailto:security@lighthouse.example", "https://lighthouse.example/report"),
        policy="https://lighthouse.example/policy",
    )


def test_reads_version_2() -> None:
    assert parse(VERSION_2) == Insights(
        schema_version="2.2.0",
        updated="2026-03-01",
        reviewed="2026-04-01",
        repository="https://git.example/lighthouse/lantern",
        accepts_reports=True,
        contacts=("mailto:security@lighthouse.example",),
        policy="https://lighthouse.example/policy",
    )


def test_a_file_that_leaves_reporting_to_its_parent_says_nothing_about_it() -> None:
    child = VERSION_2[: VERSION_2.index("project:")] + VERSION_2[VERSION_2.index("repository:") :]
    assert parse(child).accepts_reports is None


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        pytest.param(
            "2.2.0", "3.0.0", Unsupported, "is Security Insights 3.0.0, expected 1.x or 2.x", id="version 3"
        ),
        pytest.param(
            "2.2.0",
            "two",
            Malformed,
            "has schema-version 'two', expected three numbers",
            id="version in words",
        ),
        pytest.param(
            "'2026-04-01'", "last spring", Malformed, "last-reviewed 'last spring' is not", id="date in words"
        ),
        pytest.param(
            "reports-accepted: true", "reports-accepted: maybe", Malformed, "says 'maybe'", id="maybe"
        ),
        pytest.param(
            "    reports-accepted: true\n",
            "",
            Malformed,
            "missing required field `reports-accepted`",
            id="missing",
        ),
        pytest.param("header:", "head:", Malformed, "missing required field `header`", id="no header"),
        pytest.param(
            "  vulnerability-reporting:\n",
            "  vulnerability-reporting: yes\n  other:\n",
            Malformed,
            "Expected",
            id="not a map",
        ),
    ],
)
def test_refuses(old: str, new: str, error: type[AssayError], reason: str) -> None:
    assert old in VERSION_2
    with pytest.raises(error, match=reason):
        parse(VERSION_2.replace(old, new, 1))
