"""Test reports: cases count, totals are only compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.evidence.tests import TestReport, read
from assay.formats import junit

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="all"><testsuite name="pytest" errors="1" failures="1"
 skipped="1" tests="4" time="0.1" timestamp="2026-10-20T08:30:00.125000+02:00" hostname="ci">
<testcase classname="test_wick" name="test_burns" time="0.01"/>
<testcase classname="test_wick" name="test_long" time="0.01"><failure message="assert 0">trace</failure></testcase>
<testcase classname="test_oil" name="test_full"><error message="teardown">trace</error></testcase>
<testcase classname="test_oil" name="test_empty"><skipped message="later"/></testcase>
</testsuite></testsuites>"""


def test_pytest() -> None:
    found = read(PYTEST, name="junit.xml")
    assert (found.tests, found.failures, found.errors, found.skipped) == (4, 1, 1, 1)
    assert str(found.timestamp) == "2026-10-20 06:30:00.125000+00:00"
    assert found.suites == ("all", "pytest")
    assert found.failed == ("test_wick::test_long", "test_oil::test_full")
    assert found.disagreements == ()


def test_nested_suites_and_single_root() -> None:
    inner = b'<testsuite name="in" tests="2"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    for tests in (1, 3):  # over the suite alone, as some tools count, or with what is below it
        outer = b'<testsuite name="out" tests="%d" failures="1"><testcase name="c"/>%s</testsuite>' % (
            tests,
            inner,
        )
        found = read(outer, name="x.xml")
        assert (found.tests, found.failures, found.suites) == (3, 1, ("out", "in"))
        assert found.disagreements == ()


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        pytest.param(b'tests="4"', b'tests="40"', "says tests=40, its cases make it 4", id="more tests"),
        pytest.param(
            b'failures="1"', b'failures="0"', "says failures=0, its cases make it 1", id="no failure"
        ),
        pytest.param(b'skipped="1"', b'skipped="2"', "says skipped=2, its cases make it 1", id="skipped"),
    ],
)
def test_disagreement_is_noted(old: bytes, new: bytes, note: str) -> None:
    assert old in PYTEST
    found = read(PYTEST.replace(old, new), name="x")
    assert (found.tests, found.failures, found.errors, found.skipped) == (4, 1, 1, 1)
    assert len(found.disagreements) == 1
    assert found.disagreements[0] == f"suite 'pytest' {note}"


def test_failure_hidden_in_a_case_is_noted() -> None:
    found = read(PYTEST.replace(b"<failure", b"<output").replace(b"</failure>", b"</output>"), name="x")
    assert found.failures == 0
    assert found.disagreements == ("suite 'pytest' says failures=1, its cases make it 0",)


@pytest.mark.parametrize(
    ("case", "counts"),
    [
        (b'<testcase name="a" status="notrun"/>', (1, 0, 0, 1)),
        (b'<testcase name="a" status="run"/>', (1, 0, 0, 0)),
        (b'<testcase name="a"><flakyFailure/><rerunFailure/></testcase>', (1, 0, 0, 0)),
        (b'<testcase name="a"><failure/><error/></testcase>', (1, 0, 1, 0)),
        (b'<testcase name="a"><failure/><failure/></testcase>', (1, 1, 0, 0)),
        (b'<testcase name="a"><skipped/><failure/></testcase>', (1, 1, 0, 0)),
        (b'<testcase name="a"><system-out>&lt;failure/&gt;</system-out></testcase>', (1, 0, 0, 0)),
        (b"", (0, 0, 0, 0)),
    ],
)
def test_results_of_a_case(case: bytes, counts: tuple[int, int, int, int]) -> None:
    found = read(b"<testsuite>%s</testsuite>" % case, name="x")
    assert (found.tests, found.failures, found.errors, found.skipped) == counts


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-10-20T08:30:00Z", "2026-10-20 08:30:00+00:00"),
        ("2026-10-20T08:30:00.123456789+00:00", "2026-10-20 08:30:00.123456+00:00"),
        ("2026-10-20T08:30:00", "None"),
        ("yesterday", "None"),
        ("", "None"),
    ],
)
def test_timestamps(moment: str, shown: str) -> None:
    assert str(read(f'<testsuite timestamp="{moment}"/>'.encode(), name="x").timestamp) == shown


BOMB = b'<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuite name="&b;"/>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(BOMB, "document type or entities", id="entities"),
        pytest.param(b'<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>', "document type", id="external"),
        pytest.param(b"<!DOCTYPE testsuite><testsuite/>", "document type", id="bare document type"),
        pytest.param(b"<html/>", "the root is <html>, expected <testsuites>", id="other root"),
        pytest.param(b"<testsuites><testcase/></testsuites><a/>", "junk after document", id="two roots"),
        pytest.param(PYTEST[:300], "not well-formed", id="cut"),
        pytest.param(b"", "not well-formed", id="empty"),
        pytest.param(
            b'<?xml version="1.0" encoding="klingon"?><testsuite/>',
            "unknown encoding|not well-formed",
            id="encoding",
        ),
        pytest.param(b'<testsuite tests="many"/>', "tests='many', expected a number", id="total"),
        pytest.param(
            b'<testsuite timestamp="2026-13-40T99:00:00Z"/>', "timestamp '2026-13-40", id="impossible time"
        ),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason) as caught:
        read(data, name="junit.xml")
    assert str(caught.value).startswith("junit.xml")
    assert "\n" not in str(caught.value)


def test_depth_and_size() -> None:
    deep = b"<testsuite>" * 33 + b"</testsuite>" * 33
    with pytest.raises(TooLarge, match="over 32 elements deep"):
        read(deep, name="x")
    with pytest.raises(TooLarge, match="over the limit"):
        read(b" " * (junit.MAX_BYTES + 1), name="x")


def test_cases_are_counted_in_order_and_names_cut() -> None:
    many = b"".join(b'<testcase name="t%d"><failure/></testcase>' % n for n in range(60))
    found = read(b"<testsuite>" + many + b"</testsuite>", name="x")
    assert isinstance(found, TestReport)
    assert (found.failures, len(found.failed), found.failed[0]) == (60, 50, "t0")


@given(st.data())
def test_damage_never_escapes(data: st.DataObject) -> None:
    broken = bytearray(PYTEST)
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(broken[: data.draw(st.integers(0, len(broken)))]), name="x")
    except AssayError as error:
        reason = str(error)
    else:
        reason = "read"
    assert reason
    assert "\n" not in reason
