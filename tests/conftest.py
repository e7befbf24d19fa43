"""How hard Hypothesis tries: a little and always the same in CI, longer under ``make soak``."""

import gc
import os

from hypothesis import HealthCheck, settings

# Applications of many routes are made and thrown away: looking for cycles as often as usual took a fifth of the time.
gc.set_threshold(100_000, 20, 50)

pytest_plugins = ("tests.support.postgres",)

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("default", max_examples=30, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.register_profile("soak", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))
