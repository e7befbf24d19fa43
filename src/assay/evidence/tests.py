"""Results of a test run (JUnit XML)."""

from datetime import datetime

import msgspec


class TestReport(msgspec.Struct, frozen=True):
    __test__ = False

    tests: int
    failures: int
    errors: int
    skipped: int
    timestamp: datetime | None = None
    """Latest start of a suite; None when the report has no time, or one without a zone."""
    suites: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """Names of the first failed or erroneous cases, at most 50."""
