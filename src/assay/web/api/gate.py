"""How often somebody may ask, counted in this process."""

from datetime import datetime, timedelta

import msgspec

from assay.adapters.observing.metrics import Meter, NoMeter
from assay.errors import TooOften
from assay.office.rate import Rate, RateLimit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """See the settings of the same names."""

    account_requests_per_minute: int = 1_200
    anonymous_requests_per_minute: int = 300
    login_attempts_per_minute: int = 10
    submissions_per_hour: int = 1_000


class Gate:
    """Each way in takes its own count; :class:`TooOften` says how long to wait."""

    def __init__(self, rates: Rates = Rates(), meter: Meter = NoMeter()) -> None:  # noqa: B008 - frozen
        self._meter = meter
        self._accounts = _limit(rates.account_requests_per_minute, MINUTE)
        self._addresses = _limit(rates.anonymous_requests_per_minute, MINUTE)
        self._logins = _limit(rates.login_attempts_per_minute, MINUTE)
        self._submissions = _limit(rates.submissions_per_hour, HOUR)

    def known(self, caller: str, now: datetime) -> None:
        self._pass("account", self._accounts.take(caller, now), "requests of this account or token")

    def unknown(self, address: str, now: datetime) -> None:
        """Somebody who says nothing of who it is, or what does not hold."""
        self._pass("address", self._addresses.take(address, now), "requests from this address")

    def attempt(self, address: str, now: datetime) -> None:
        """At a login."""
        self._pass("login", self._logins.take(address, now), "attempts to log in from this address")

    def submission(self, organisation: str, now: datetime) -> None:
        wait = self._submissions.take(organisation, now)
        self._pass("submission", wait, "submissions of this organisation")

    def _pass(self, limit: str, wait: timedelta, what: str) -> None:
        if wait:
            self._meter.add("assay_rate_limited_total", limit=limit)
            seconds = wait.total_seconds()
            raise TooOften(f"too many {what}: try again in {seconds:.0f} s", seconds)


def _limit(count: int, time: timedelta) -> RateLimit:
    return RateLimit(Rate(count, max(time / count, timedelta(microseconds=1))))
