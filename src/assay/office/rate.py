"""How often somebody may do something: a bucket of tokens for each key, in this process's memory."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """*burst* at once, then one each *every*."""

    burst: int
    every: timedelta

    def __post_init__(self) -> None:
        if self.burst < 1 or self.every <= timedelta():
            raise ValueError(f"{self.burst} at once and one each {self.every} is no rate")


class Bucket(msgspec.Struct, frozen=True):
    """What there was at the moment *at*, as the time that it took to fill: so it is exact."""

    filled: timedelta
    at: datetime


def take(bucket: Bucket | None, rate: Rate, now: datetime, cost: int = 1) -> tuple[Bucket, timedelta]:
    """The bucket afterwards, and how long to wait: zero when there was enough, and only then something was taken.

    None is a full bucket. A clock that goes back adds nothing and takes nothing.
    """
    if not 1 <= cost <= rate.burst:
        raise ValueError(f"a cost of {cost} never fits into {rate.burst}")
    full, wanted = rate.burst * rate.every, cost * rate.every
    if bucket is None:
        bucket = Bucket(full, now)
    at = max(now, bucket.at)
    filled = min(full, bucket.filled + (at - bucket.at))
    if filled >= wanted:
        return Bucket(filled - wanted, at), timedelta()
    return Bucket(filled, at), wanted - filled


class RateLimit:
    """Buckets by key (an address, an account). Any thread. At most *keys* are remembered: the one used longest ago goes first."""

    def __init__(self, rate: Rate, *, keys: int = 100_000) -> None:
        self._rate, self._keys = rate, keys
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: datetime, cost: int = 1) -> timedelta:
        """Zero, or how long to wait."""
        with self._lock:
            bucket, wait = take(self._buckets.get(key), self._rate, now, cost)
            self._buckets[key] = bucket
            self._buckets.move_to_end(key)
            while len(self._buckets) > self._keys:
                self._buckets.popitem(last=False)
        return wait
