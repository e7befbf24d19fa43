"""Kleene logic over outcomes. Not-applicable parts drop out; nothing left to combine is unknown, never a pass."""

from collections.abc import Iterable

from assay.checks.model import Outcome


def all_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Strong Kleene conjunction."""
    found = list(outcomes)
    relevant = [outcome for outcome in found if outcome is not Outcome.NOT_APPLICABLE]
    if not found:
        return Outcome.UNKNOWN
    if not relevant:
        return Outcome.NOT_APPLICABLE
    for weakest in (Outcome.NOT_SATISFIED, Outcome.UNKNOWN):
        if weakest in relevant:
            return weakest
    return Outcome.SATISFIED


def at_least(count: int, outcomes: Iterable[Outcome]) -> Outcome:
    """Satisfied when *count* are; not satisfied when that is out of reach; unknown between."""
    found = list(outcomes)
    relevant = [outcome for outcome in found if outcome is not Outcome.NOT_APPLICABLE]
    if not found:
        return Outcome.UNKNOWN
    if not relevant:
        return Outcome.NOT_APPLICABLE
    satisfied = relevant.count(Outcome.SATISFIED)
    if satisfied >= count:
        return Outcome.SATISFIED
    return Outcome.UNKNOWN if satisfied + relevant.count(Outcome.UNKNOWN) >= count else Outcome.NOT_SATISFIED
