"""A disclosure policy that has expired by its own date."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.policy import DisclosurePolicy, SecurityInsights, SecurityTxt


def examine(case: Case) -> Iterator[Finding]:
    dated = False
    for file in case.of(SecurityTxt):
        dated = True
        yield _expiry(file.value.expires, file, case.now)
    for insights in case.of(SecurityInsights):
        dated = True
        yield _insights(insights, case)
    for policy in case.of(DisclosurePolicy):
        yield Finding.not_applicable(f"{policy.source.name} is prose and has no date of expiry", policy)
    if not dated and not case.of(DisclosurePolicy):
        yield Finding.unknown(
            "there is no readable security.txt or security-insights.yml among the artifacts"
        )


def _insights(insights: Exhibit[SecurityInsights], case: Case) -> Finding:
    value, name = insights.value, insights.source.name
    if value.expires is not None:
        return _expiry(value.expires, insights, case.now)
    seen = max((date for date in (value.reviewed, value.updated) if date is not None), default=None)
    if seen is None:
        return Finding.unknown(f"{name} has neither an expiry nor a date of review", insights)
    limit = case.number("max_review_age_days")
    if case.now - seen > timedelta(days=limit):
        age = (case.now - seen).days
        return Finding.unknown(
            f"{name} was last reviewed on {seen.date()}, {age} days ago, at most {limit} expected",
            insights,
            remedy="review it",
        )
    return Finding.supports(f"{name} was reviewed on {seen.date()}", insights)


def _expiry(
    expires: datetime, exhibit: Exhibit[SecurityTxt] | Exhibit[SecurityInsights], now: datetime
) -> Finding:
    name = exhibit.source.name
    if expires <= now:
        return Finding.against(
            f"{name} expired on {expires.date()}, the check was made on {now.date()}",
            exhibit,
            remedy="renew it with a later date",
        )
    return Finding.supports(f"{name} is valid until {expires.date()}", exhibit)


CHECK = Check(
    id="disclosure-policy-current",
    title="the disclosure policy has not expired",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    also=(SecurityTxt, SecurityInsights, DisclosurePolicy),
    proves="no supplied policy file is past the date on which it says it expires",
    does_not_prove="that what it says is still true",
    parameters={"max_review_age_days": 365},
    examine=examine,
)
