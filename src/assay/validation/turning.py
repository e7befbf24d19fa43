"""What would turn a verdict: the smallest set of answers that, if they were satisfied, would satisfy the requirement."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from assay.checks.model import Outcome
from assay.packs import combination
from assay.packs.model import Binding, Requirement
from assay.validation.run import Answer

MAX_OPEN = 14
"""Beyond it the search is given up for the whole list: it is then an upper bound."""


def changes(requirement: Requirement, given: Sequence[tuple[Binding, Answer]]) -> tuple[str, ...]:
    """One line per change for one release; empty when satisfied, or when only a person can answer."""
    outcomes = [answer.outcome for _, answer in given]
    if not requirement.grounds or _holds(requirement, given, outcomes):
        return ()
    turnable = [
        at
        for at, (binding, answer) in enumerate(given)
        if binding.role != "notes" and answer.outcome in (Outcome.NOT_SATISFIED, Outcome.UNKNOWN)
    ]
    for chosen in _subsets(turnable):
        assumed = [Outcome.SATISFIED if at in chosen else outcome for at, outcome in enumerate(outcomes)]
        if _holds(requirement, given, assumed):
            return tuple(_line(given[at][1]) for at in chosen)
    return ()


def _subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    if len(items) > MAX_OPEN:
        yield tuple(items)
        return
    for size in range(1, len(items) + 1):
        yield from combinations(items, size)


def _holds(
    requirement: Requirement, given: Sequence[tuple[Binding, Answer]], outcomes: Sequence[Outcome]
) -> bool:
    def of(binding: Binding) -> Outcome:
        return next(outcome for (known, _), outcome in zip(given, outcomes, strict=True) if known == binding)

    return combination.answer(requirement, of) in ("satisfied", "not_applicable")


def _line(answer: Answer) -> str:
    worst = next(
        (
            finding
            for outcome in (Outcome.NOT_SATISFIED, Outcome.UNKNOWN)
            for finding in answer.findings
            if finding.outcome is outcome
        ),
        None,
    )
    if worst is None:
        return f"{answer.check.id}: show that {answer.check.title}"
    return f"{answer.check.id}: {worst.remedy or worst.message}"
