"""JUnit XML, in the common ground of pytest, Surefire, Gradle, Jest, gotestsum, googletest and the Jenkins schema.

There is no standard; all have ``<testsuites>`` or ``<testsuite>`` with ``<testcase>`` below. What counts is the cases:
the totals in the attributes are only compared with them.
"""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

MAX_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 32
MAX_CASES = 1_000_000

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?\Z")
_COUNT = re.compile(r"\d{1,9}\Z")
_NOT_RUN = ("notrun", "disabled", "skipped")


class Counts(msgspec.Struct):
    """Cases by result; each case has one."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    def add(self, other: "Counts") -> None:
        self.tests += other.tests
        self.failures += other.failures
        self.errors += other.errors
        self.skipped += other.skipped


class Suite(msgspec.Struct):
    """A suite with the cases in it and in the suites below it."""

    name: str
    attributes: dict[str, str]
    direct: Counts
    all: Counts
    moment: datetime | None = None
    """Its timestamp, if that has a zone."""


class Report(msgspec.Struct, frozen=True):
    counts: Counts
    suites: tuple[Suite, ...]
    failed: tuple[str, ...]
    """``class::name`` of cases that failed or broke, at most 50."""
    disagreements: tuple[str, ...]
    """Where attributes differ from the cases, at most 20."""


def read(data: bytes, *, what: str) -> Report:
    """Read a report; a document type, an entity or anything that is no JUnit XML is :class:`Malformed`."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{what} has {len(data)} bytes, over the limit of {MAX_BYTES}")
    reader = _Reader(what)
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            (reader.start if event == "start" else reader.end)(element)
    except DefusedXmlException as error:
        raise Malformed(
            f"{what} has a document type or entities, which are not read: {type(error).__name__}"
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise Malformed(f"{what} is not well-formed XML: {shown(str(error))}") from error
    return reader.report()


class _Reader:
    """Takes elements as they open and close; keeps suites and counts, drops the rest at once."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.path: list[Element] = []
        self.open: list[Suite] = []
        self.suites: list[Suite] = []
        self.failed: list[str] = []
        self.top = Suite("", {}, Counts(), Counts())

    def start(self, element: Element) -> None:
        if not self.path and _tag(element) not in ("testsuites", "testsuite"):
            raise Malformed(
                f"{self.what}: the root is <{shown(_tag(element), 40)}>, expected <testsuites> or <testsuite>"
            )
        self.path.append(element)
        if len(self.path) > MAX_DEPTH:
            raise TooLarge(f"{self.what} is nested over {MAX_DEPTH} elements deep")
        if _tag(element) in ("testsuites", "testsuite"):
            if len(self.suites) >= MAX_CASES:
                raise TooLarge(f"{self.what} has over {MAX_CASES} suites")
            moment = _moment(element.get("timestamp", ""), self.what)
            suite = Suite(shown(element.get("name", "")), dict(element.attrib), Counts(), Counts(), moment)
            self.suites.append(suite)
            self.open.append(suite)

    def end(self, element: Element) -> None:
        self.path.pop()
        tag = _tag(element)
        if tag == "testcase":
            self._case(element)
        elif tag in ("testsuites", "testsuite"):
            suite = self.open.pop()
            suite.all.add(suite.direct)
            (self.open[-1] if self.open else self.top).all.add(suite.all)
        if self.path and not any(_tag(e) == "testcase" for e in self.path):
            self.path[-1].remove(element)

    def _case(self, case: Element) -> None:
        if self.top.direct.tests >= MAX_CASES:
            raise TooLarge(f"{self.what} has over {MAX_CASES} test cases")
        self.top.direct.tests += 1
        if not self.open:
            raise Malformed(f"{self.what} has a <testcase> outside a suite")
        result = _result(case)
        counts = self.open[-1].direct
        counts.tests += 1
        if result in ("failures", "errors") and len(self.failed) < 50:
            self.failed.append(
                shown(f"{case.get('classname', '')}::{case.get('name', '')}".removeprefix("::"))
            )
        if result:
            setattr(counts, result, getattr(counts, result) + 1)

    def report(self) -> Report:
        notes = [note for suite in self.suites for note in _disagreements(suite, self.what)]
        return Report(self.top.all, tuple(self.suites), tuple(self.failed), tuple(notes[:20]))


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _result(case: Element) -> str:
    """The counter a case belongs to; empty for one that passed."""
    inside = {_tag(child) for child in case}
    if "error" in inside:
        return "errors"
    if "failure" in inside:
        return "failures"
    # A rerun that passed in the end stands as flakyFailure or rerunFailure and is no failure (Surefire).
    return "skipped" if "skipped" in inside or case.get("status", "").lower() in _NOT_RUN else ""


def _moment(value: str, what: str) -> datetime | None:
    """The moment; None where there is none, or one without a zone: nobody knows where that clock stood."""
    match = _MOMENT.match(value)
    if not match or not match[3]:
        return None
    try:
        return datetime.fromisoformat(re.sub(r"([.,]\d{6})\d+", r"\1", value)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{what} has the timestamp {shown(value, 40)!r}: {error}") from error


def _disagreements(suite: Suite, what: str) -> Iterator[str]:
    """Totals may be over the suite alone or with the suites in it, and failures may include errors."""
    said = {name: _count(suite, name, what) for name in ("tests", "failures", "errors", "skipped")}
    broken = (said["failures"] or 0) + (said["errors"] or 0)
    for name, number in said.items():
        found = {getattr(counts, name) for counts in (suite.direct, suite.all)}
        if name in ("failures", "errors") and broken in {
            c.failures + c.errors for c in (suite.direct, suite.all)
        }:
            continue
        if number is not None and number not in found:
            yield f"suite {suite.name!r} says {name}={number}, its cases make it {getattr(suite.all, name)}"


def _count(suite: Suite, name: str, what: str) -> int | None:
    text = suite.attributes.get(name, "")
    if text and not _COUNT.match(text):
        raise Malformed(f"{what}: suite {suite.name!r} has {name}={shown(text, 20)!r}, expected a number")
    return int(text) if text else None
