"""A default branch that anybody with access may rewrite, or change without review, as OpenSSF Scorecard saw it."""

from collections.abc import Iterator
from datetime import timedelta

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.repository import Scorecard
from assay.formats import repository_url
from assay.formats.text import shown

_LIMITS = {"Branch-Protection": "min_branch_protection_score", "Code-Review": "min_code_review_score"}


def examine(case: Case) -> Iterator[Finding]:
    for exhibit in case.of(Scorecard):
        doubt = _unusable(exhibit, case)
        if doubt:
            yield Finding.unknown(f"{exhibit.source.name} {doubt}", exhibit)
        else:
            for name, limit in _LIMITS.items():
                yield _judge(name, case.number(limit), exhibit)


def _unusable(exhibit: Exhibit[Scorecard], case: Case) -> str:
    """Why the result says nothing about this release's repository today; empty when it does."""
    card = exhibit.value
    address = card.repository if "://" in card.repository else f"https://{card.repository}"
    same = repository_url.same(address, case.release.repository)
    if not same:
        attested = case.release.repository or "none"
        return f"is about {shown(card.repository, 80)!r}, the attested repository is {shown(attested, 80)!r}"
    if card.date is None:
        return "has no date"
    if card.date.date() > case.now.date():
        return f"is dated {card.date.date()}, after {case.now.date()}, the day of this check"
    limit = case.number("max_age_days")
    age = case.now - card.date
    return (
        f"is of {card.date.date()}, {age.days} days old, at most {limit} expected"
        if age > timedelta(days=limit)
        else ""
    )


def _judge(name: str, limit: int, exhibit: Exhibit[Scorecard]) -> Finding:
    found = next((check for check in exhibit.value.checks if check.name == name), None)
    at = f"/checks/{name}"
    if found is None:
        return Finding.unknown(
            f"Scorecard gives no {name}", exhibit, at=at, remedy=f"run Scorecard with {name}"
        )
    reason = f" ({shown(found.reason, 100)})" if found.reason else ""
    if found.score < 0:
        return Finding.unknown(
            f"Scorecard could not tell {name}{reason}",
            exhibit,
            at=at,
            remedy="give it a token that may read it",
        )
    if found.score < limit:
        return Finding.against(
            f"{name} scores {found.score}, at least {limit} expected{reason}", exhibit, at=at
        )
    return Finding.supports(f"{name} scores {found.score}, at least {limit} expected", exhibit, at=at)


CHECK = Check(
    id="branch-protected",
    title="the default branch is protected and changes to it are reviewed",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Scorecard,),
    proves="Scorecard gave the repository at least these scores for Branch-Protection and Code-Review",
    does_not_prove="that the release was made from that branch, or that the reviews found anything",
    parameters={"min_branch_protection_score": 3, "min_code_review_score": 3, "max_age_days": 90},
    examine=examine,
)
