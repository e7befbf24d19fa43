"""Multi-factor authentication said to be enforced, while the provider's own numbers leave accounts without it."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.environment import EnvironmentStatement, Fact
from assay.evidence.model import Exhibit


def examine(case: Case) -> Iterator[Finding]:
    found = False
    for exhibit in case.of(EnvironmentStatement):
        for at, fact in enumerate(exhibit.value.facts):
            if fact.topic == "multi_factor":
                found = True
                yield _judge(case.number("minimum_percent"), exhibit, f"/facts/{at}", fact)
    if not found:
        yield Finding.unknown("the statement says nothing about multi_factor", *case.of(EnvironmentStatement))


def _judge(minimum: int, exhibit: Exhibit[EnvironmentStatement], at: str, fact: Fact) -> Finding:
    if fact.holds is False:
        return Finding.against(
            "the provider's own statement says that multi-factor authentication is not enforced",
            exhibit,
            at=at,
        )
    covered, total = fact.covered, fact.total
    if covered is None or total is None:
        return Finding.unknown(
            "the numbers of accounts, covered and in scope, are not both stated",
            exhibit,
            at=at,
            remedy="state covered and total",
        )
    if covered < 0 or total < 0 or covered > total:
        return Finding.against(f"{covered} of {total} accounts cannot be", exhibit, at=at)
    if total == 0:
        return Finding.unknown("no account is in scope, so nothing is covered", exhibit, at=at)
    if covered * 100 < minimum * total:
        return Finding.against(
            f"{covered} of {total} accounts have more than one factor, expected at least {minimum} in 100",
            exhibit,
            at=at,
            remedy="enrol the others, or put the item into the plan of action and milestones",
        )
    return Finding.supports(f"{covered} of {total} accounts have more than one factor", exhibit, at=at)


CHECK = Check(
    id="multi-factor-coverage",
    title="multi-factor authentication covers the accounts as claimed",
    severity=Severity.HIGH,
    basis=Basis.STATEMENT,
    reads=(EnvironmentStatement,),
    proves="By the provider's own numbers, every account in scope has more than one factor.",
    does_not_prove="That the numbers are true, or that the scope has every account that matters.",
    parameters={"minimum_percent": 100},
    examine=examine,
)
