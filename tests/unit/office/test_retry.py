"""Pauses between attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.office.retry import Retry


def test_pauses_double_up_to_a_limit_and_end() -> None:
    retry = Retry(first_s=5, most_s=60, attempts=7, spread=0)
    assert [retry.pause_s("k", n) for n in range(1, 9)] == [5, 10, 20, 40, 60, 60, None, None]


@given(st.text(max_size=20), st.integers(1, 19))
def test_chance_shortens_a_pause_by_a_quarter_at_most_and_is_the_same_again(key: str, attempts: int) -> None:
    full = Retry(spread=0).pause_s(key, attempts)
    pause = Retry().pause_s(key, attempts)
    assert full is not None
    assert pause is not None
    assert 0.75 * full <= pause <= full
    assert Retry().pause_s(key, attempts) == pause


def test_chance_differs_between_keys_and_attempts() -> None:
    flat = Retry(first_s=100, most_s=100)
    assert (
        len({flat.pause_s(f"k{n}", 1) for n in range(50)} | {flat.pause_s("k", n) for n in range(1, 19)})
        == 68
    )


def test_the_usual_pauses_last_over_ten_hours() -> None:
    total = sum(Retry(spread=0).pause_s("k", n) or 0 for n in range(1, 20))
    assert 10 * 3600 < total < 11 * 3600


def test_many_attempts_do_not_overflow() -> None:
    assert Retry(attempts=10_000, spread=0).pause_s("k", 9_999) == 3600
    with pytest.raises(ValueError, match="0 attempts"):
        Retry().pause_s("k", 0)
