"""JUnit XML, in the common ground of pytest, Surefire, Gradle, Jest, gotestsum, googletest and the Jenkins schema.

There is no standard; all have ``<testsuites>`` or ``<testsuite>`` with ``<testcase>`` below. What counts is the cases:
the totals in the attributes are only compared with them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

MAX_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 32
MAX_CASES = 1_000_000
MAX_TOKEN = 4 * 1024 * 1024
"""Bytes of one tag or comment."""
_FEED = 1024 * 1024

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?\Z", re.ASCII)
_COUNT = re.compile(r"\d{1,9}\Z", re.ASCII)
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
    parser = XMLParser(target=reader, forbid_dtd=True)
    try:
        for start in range(0, len(data), _FEED):
            reader.quiet += _FEED
            parser.feed(data[start : start + _FEED])
            if reader.quiet > MAX_TOKEN:
                raise TooLarge(f"{what} has a tag or comment of over {MAX_TOKEN} bytes")
        parser.close()
    except DefusedXmlException as error:
        raise Malformed(
            f"{what} has a document type or entities, which are not read: {type(error).__name__}"
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise Malformed(f"{what} is not well-formed XML: {shown(str(error))}") from error
    return reader.report()


class _Case(msgspec.Struct):
    """A case that is open: its attributes and the tags directly in it."""

    depth: int
    attributes: dict[str, str]
    inside: set[str]


class _Reader:
    """What the parser calls. Keeps suites and counts; no tree is built.

    *quiet* is how many bytes the parser took since it last called: it begins a tag anew with each piece of it.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.quiet = 0
        self.depth = 0
        self.open: list[Suite] = []
        self.suites: list[Suite] = []
        self.failed: list[str] = []
        self.case: _Case | None = None
        self.top = Suite("", {}, Counts(), Counts())

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _tag(name)
        if not self.depth and tag not in ("testsuites", "testsuite"):
            raise Malformed(
                f"{self.what}: the root is <{shown(tag, 40)}>, expected <testsuites> or <testsuite>"
            )
        self.quiet = 0
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge(f"{self.what} is nested over {MAX_DEPTH} elements deep")
        if self.case is not None:
            self._inside(self.case, tag)
        elif tag in ("testsuites", "testsuite"):
            self._suite(attributes)
        elif tag == "testcase":
            self.case = _Case(self.depth, attributes, set())

    def end(self, name: str) -> None:
        self.quiet = 0
        if self.case is not None:
            if self.depth == self.case.depth:
                self._count(self.case)
                self.case = None
        elif _tag(name) in ("testsuites", "testsuite"):
            suite = self.open.pop()
            suite.all.add(suite.direct)
            (self.open[-1] if self.open else self.top).all.add(suite.all)
        self.depth -= 1

    def data(self, _: str) -> None:
        self.quiet = 0

    def _inside(self, case: _Case, tag: str) -> None:
        if tag in ("testsuites", "testsuite", "testcase"):
            raise Malformed(f"{self.what} has a <{tag}> inside a <testcase>")
        if self.depth == case.depth + 1:
            case.inside.add(tag)

    def _suite(self, attributes: dict[str, str]) -> None:
        if len(self.suites) >= MAX_CASES:
            raise TooLarge(f"{self.what} has over {MAX_CASES} suites")
        moment = _moment(attributes.get("timestamp", ""), self.what)
        suite = Suite(shown(attributes.get("name", "")), attributes, Counts(), Counts(), moment)
        self.suites.append(suite)
        self.open.append(suite)

    def _count(self, case: _Case) -> None:
        if self.top.direct.tests >= MAX_CASES:
            raise TooLarge(f"{self.what} has over {MAX_CASES} test cases")
        self.top.direct.tests += 1
        if not self.open:
            raise Malformed(f"{self.what} has a <testcase> outside a suite")
        result = _result(case)
        counts = self.open[-1].direct
        counts.tests += 1
        if result in ("failures", "errors") and len(self.failed) < 50:
            said = f"{case.attributes.get('classname', '')}::{case.attributes.get('name', '')}"
            self.failed.append(shown(said.removeprefix("::")))
        if result:
            setattr(counts, result, getattr(counts, result) + 1)

    def report(self) -> Report:
        notes = [note for suite in self.suites for note in _disagreements(suite, self.what)]
        return Report(self.top.all, tuple(self.suites), tuple(self.failed), tuple(notes[:20]))


def _tag(name: str) -> str:
    return name.rpartition("}")[2]


def _result(case: _Case) -> str:
    """The counter a case belongs to; empty for one that passed."""
    if "error" in case.inside:
        return "errors"
    if "failure" in case.inside:
        return "failures"
    # A rerun that passed in the end stands as flakyFailure or rerunFailure and is no failure (Surefire).
    skipped = "skipped" in case.inside or case.attributes.get("status", "").lower() in _NOT_RUN
    return "skipped" if skipped else ""


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
