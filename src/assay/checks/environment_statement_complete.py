"""A statement about the environment that leaves out what it was asked, has no date, or nobody who answers for it.

Nobody outside can look into a provider's build environment, so the least to ask of its word is that it is dated, current
and somebody's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.environment import EnvironmentStatement, Fact
from assay.evidence.model import Exhibit
from assay.evidence.naming import is_placeholder
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    statements = case.of(EnvironmentStatement)
    for exhibit in statements:
        yield from _provider(case, exhibit)
    for topic in case.texts("topics"):
        found = [
            (exhibit, at, fact)
            for exhibit in statements
            for at, fact in enumerate(exhibit.value.facts)
            if fact.topic == topic
        ]
        if not found:
            yield Finding.unknown(
                f"the statement says nothing about {topic}",
                *statements,
                remedy=f"state {topic} in the environment section, with date and role",
            )
        for exhibit, at, fact in found:
            yield _judge(case, exhibit, f"/facts/{at}", fact)


def _provider(case: Case, exhibit: Exhibit[EnvironmentStatement]) -> Iterator[Finding]:
    stated, attested = exhibit.value.provider, case.attestation.provider.name
    if " ".join(stated.split()).casefold() != " ".join(attested.split()).casefold():
        yield Finding.unknown(
            f"the statement is by {shown(stated, 80)!r}, the attestation by {shown(attested, 80)!r}",
            exhibit,
            at="/provider",
        )


def _judge(case: Case, exhibit: Exhibit[EnvironmentStatement], at: str, fact: Fact) -> Finding:
    if fact.holds is False:
        return Finding.against(
            f"the provider's own statement says that {fact.topic} does not hold", exhibit, at=at
        )
    if is_placeholder(fact.statement):
        return Finding.unknown(f"{fact.topic} is named without a word on how it is done", exhibit, at=at)
    if is_placeholder(fact.role):
        return Finding.unknown(f"no role answers for the statement on {fact.topic}", exhibit, at=at)
    if fact.stated is None:
        return Finding.unknown(f"the statement on {fact.topic} has no date", exhibit, at=at)
    stated = datetime.combine(fact.stated, time_of_day(), UTC)
    limit = case.number("max_age_days")
    before, age = (case.attestation.made - stated).days, (case.now - stated).days
    remedy = "look again and state it anew"
    if stated > case.now + timedelta(hours=case.number("future_tolerance_hours")):
        return Finding.against(
            f"the statement on {fact.topic} is dated {fact.stated}, the moment of this check is {case.now.date()}",
            exhibit,
            at=f"{at}/stated",
        )
    if before > limit:
        return Finding.against(
            f"the statement on {fact.topic} is of {fact.stated}, {before} days before the attestation; "
            f"it may be {limit} days old",
            exhibit,
            at=f"{at}/stated",
            remedy=remedy,
        )
    if age > limit:
        return Finding.unknown(
            f"the statement on {fact.topic} is of {fact.stated}, {age} days ago by now; it may be {limit} days old",
            exhibit,
            at=f"{at}/stated",
            remedy=remedy,
        )
    return Finding.supports(f"{shown(fact.role, 80)} states {fact.topic} on {fact.stated}", exhibit, at=at)


CHECK = Check(
    id="environment-statement-complete",
    title="the environment statement covers each topic, dated and by a named role",
    severity=Severity.MEDIUM,
    basis=Basis.STATEMENT,
    reads=(EnvironmentStatement,),
    proves="The provider says how it does this, recently, and which role answers for it.",
    does_not_prove="That it is true: this is the provider's own word.",
    parameters={
        "topics": (
            "separation",
            "logging",
            "multi_factor",
            "conditional_access",
            "minimised_tools",
            "encryption",
            "monitoring",
        ),
        "max_age_days": 400,
        "future_tolerance_hours": 24,
    },
    examine=examine,
)
