"""What an office knows of a submission when it puts it into the frame of a draw. What it cannot tell is None, and weighs like the worst."""

from collections.abc import Sequence

from assay.errors import AssayError
from assay.formats import customers
from assay.formats.verdict import VerdictDocument
from assay.office.case import Case
from assay.office.keep_customers import newest
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery
from assay.office.sampling_policy import Fact, Facts, Sampling
from assay.office.service import Service
from assay.office.triage import verdict_of
from assay.validation.exploited import exploited_of

AGAINST = ("contradicted", "insufficient_evidence")
JUDGED: frozenset[Fact] = frozenset(("criticality", "findings", "insufficient", "known_exploited"))
"""What is told by a verdict."""
MOST = 200
"""Earlier determinations that are counted."""


def facts_of(service: Service, cases: Sequence[Case]) -> tuple[Facts, ...]:
    """Of each of *cases*, which are complete and judged; only what the policy's strata and weights ask for is looked up."""
    asked = _asked(service.policy.sampling)
    verdicts = [_verdict(service, one) if asked & JUDGED else None for one in cases]
    rated: Sequence[int | None] = [None] * len(cases)
    if "criticality" in asked and service.rated is not None:
        rated = service.rated(verdicts)
    return tuple(
        Facts(
            criticality=rating,
            customers=_customers(service, case) if "customers" in asked else None,
            earlier_findings=_earlier(service, case) if "earlier_findings" in asked else None,
            findings=None if verdict is None else _findings(verdict),
            first_submission=int(service.cases.seen(case.organisation, before=case.entry) == 0),
            insufficient=None if verdict is None else _insufficient(verdict),
            known_exploited=None if verdict is None else _known_exploited(verdict),
        )
        for case, verdict, rating in zip(cases, verdicts, rated, strict=True)
    )


def _asked(sampling: Sampling) -> set[Fact]:
    return {fact for one in sampling.strata for fact in one.when} | {one.fact for one in sampling.weights}


def _verdict(service: Service, case: Case) -> VerdictDocument | None:
    try:
        return verdict_of(service, case) if case.verdict is not None else None
    except AssayError:
        return None  # lost or damaged: nothing can be told by it


def _findings(verdict: VerdictDocument) -> int:
    return sum(
        one.outcome == "not_satisfied" for row in verdict.claims if row.claimed for one in row.findings
    )


def _insufficient(verdict: VerdictDocument) -> int:
    return sum(row.claimed and row.verdict == "unknown" for row in verdict.claims)


def _known_exploited(verdict: VerdictDocument) -> int | None:
    found = exploited_of(verdict)
    return None if found is None else len(found)


def _customers(service: Service, case: Case) -> int | None:
    submission = service.office.ledger.submission(case.payload)
    found = newest(case, submission)
    if found is None:
        return None
    try:
        return len(customers.parse(service.office.blobs.get(found)).customers)
    except AssayError:
        return None


def _earlier(service: Service, case: Case) -> int | None:
    """Posted against the same provider, of submissions before this one."""
    query = CaseQuery(
        visible=Visible(everything=True),
        stages=("published",),
        results=AGAINST,
        provider=case.provider,
        limit=MOST,
    )
    found = service.cases.find(query).cases
    return (
        sum(one.provider == case.provider and one.entry < case.entry for one in found)
        if case.provider
        else None
    )
