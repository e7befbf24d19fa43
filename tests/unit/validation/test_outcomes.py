"""Kleene logic, exhaustively."""

from itertools import product

import pytest

from assay.checks.model import Outcome
from assay.validation.outcomes import all_of, at_least

YES, NO, OPEN, NONE = Outcome.SATISFIED, Outcome.NOT_SATISFIED, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def test_nothing_is_unknown() -> None:
    assert all_of([]) is OPEN
    assert at_least(1, []) is OPEN


@pytest.mark.parametrize("left", list(Outcome))
@pytest.mark.parametrize("right", list(Outcome))
def test_conjunction(left: Outcome, right: Outcome) -> None:
    found = all_of([left, right])
    assert found is all_of([right, left])
    if NO in (left, right):
        assert found is NO
    elif OPEN in (left, right):
        assert found is OPEN
    elif (left, right) == (NONE, NONE):
        assert found is NONE
    else:
        assert found is YES


@pytest.mark.parametrize("parts", list(product(Outcome, repeat=3)))
def test_at_least_is_what_every_filling_of_the_unknown_gives(parts: tuple[Outcome, ...]) -> None:
    relevant = [part for part in parts if part is not NONE]
    found = at_least(2, parts)
    if not relevant:
        assert found is NONE
        return
    fillings = product(*([YES, NO] if part is OPEN else [part] for part in relevant))
    answers = {sum(part is YES for part in filling) >= 2 for filling in fillings}
    assert found is (OPEN if len(answers) == 2 else YES if True in answers else NO)
