"""Token buckets: laws, and the keys that are remembered."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.office.rate import Bucket, Rate, RateLimit, take

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
RATE = Rate(burst=3, every=timedelta(seconds=10))
GO = timedelta()


def test_a_burst_then_one_each_while() -> None:
    limit = RateLimit(RATE)
    assert [limit.take("a", NOW) for _ in range(4)] == [GO, GO, GO, timedelta(seconds=10)]
    assert limit.take("b", NOW) == GO
    assert limit.take("a", NOW + timedelta(seconds=9)) == timedelta(seconds=1)
    assert limit.take("a", NOW + timedelta(seconds=10)) == GO
    assert limit.take("a", NOW + timedelta(seconds=10)) == timedelta(seconds=10)
    assert [limit.take("a", NOW + timedelta(hours=1)) for _ in range(4)] == [
        GO,
        GO,
        GO,
        timedelta(seconds=10),
    ]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limit = RateLimit(RATE)
    for _ in range(3):
        limit.take("a", NOW)
    for back in (NOW - timedelta(hours=1), NOW):
        assert limit.take("a", back) == timedelta(seconds=10)


@given(st.lists(st.tuples(st.integers(-5, 40), st.integers(1, 3)), max_size=40))
def test_never_more_than_the_burst_and_what_time_gave(steps: list[tuple[int, int]]) -> None:
    bucket: Bucket | None = None
    now = latest = NOW
    taken = 0
    for seconds, cost in steps:
        now += timedelta(seconds=seconds)
        latest = max(latest, now)
        bucket, wait = take(bucket, RATE, now, cost)
        taken += cost if wait == GO else 0
        assert GO <= bucket.filled <= RATE.burst * RATE.every
        if wait != GO:
            assert take(bucket, RATE, bucket.at + wait, cost) == (Bucket(GO, bucket.at + wait), GO)
            assert take(bucket, RATE, bucket.at + wait - timedelta(microseconds=1), cost)[1] != GO
    began = NOW + timedelta(seconds=steps[0][0] if steps else 0)
    assert taken * RATE.every <= RATE.burst * RATE.every + (latest - began)


def test_forgets_who_came_longest_ago() -> None:
    limit = RateLimit(RATE, keys=2)
    for _ in range(3):
        limit.take("a", NOW)
    limit.take("b", NOW)
    assert limit.take("a", NOW) > GO
    limit.take("c", NOW)
    assert limit.take("a", NOW) > GO
    limit.take("c", NOW)
    limit.take("d", NOW)
    assert limit.take("a", NOW) == GO


@pytest.mark.parametrize(("burst", "every"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_rate_is_one(burst: int, every: int) -> None:
    with pytest.raises(ValueError, match="no rate"):
        Rate(burst, timedelta(seconds=every))


@pytest.mark.parametrize("cost", [0, -1, 4])
def test_a_cost_fits(cost: int) -> None:
    with pytest.raises(ValueError, match="never fits"):
        take(None, RATE, NOW, cost)
