"""Results of a test run (JUnit XML)."""

from datetime import datetime

import msgspec

from assay.formats import junit
from assay.formats.text import shown


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
    disagreements: tuple[str, ...] = ()
    """Where totals in the report differ from its cases (the counts above are of the cases), at most 20."""


def read(data: bytes, *, name: str) -> TestReport:
    """Read a JUnit report; counts are of its cases, never of its totals."""
    report = junit.read(data, what=shown(name, 100))
    counts = report.counts
    return TestReport(
        counts.tests,
        counts.failures,
        counts.errors,
        counts.skipped,
        max((suite.moment for suite in report.suites if suite.moment), default=None),
        tuple(dict.fromkeys(suite.name for suite in report.suites if suite.name))[:1000],
        report.failed,
        report.disagreements,
    )
