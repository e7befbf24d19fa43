"""Ranges of RFC 9110: one at a time, near-misses passed over, and none for who has parts of another document."""

import pytest

from assay.web.api.ranges import asked

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("bytes=0-0", "bytes 0-0/100"),
        ("bytes=0-99", "bytes 0-99/100"),
        ("Bytes= 10-19 ", "bytes 10-19/100"),
        ("bytes=99-", "bytes 99-99/100"),
        ("bytes=90-500", "bytes 90-99/100"),
        ("bytes=-1", "bytes 99-99/100"),
        ("bytes=-500", "bytes 0-99/100"),
        ("bytes=100-", "bytes */100"),
        ("bytes=100-200", "bytes */100"),
        ("bytes=-0", "bytes */100"),
    ],
)
def test_one_range(header: str, said: str) -> None:
    for if_range in ("", TAG):
        found = asked(header, if_range, TAG, 100)
        assert found is not None
        assert found.content_range == said
        assert found.satisfiable == (not said.startswith("bytes *"))


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "bytes=a-b", "bytes=0x1-2", "bytes=1-2-3",
     "bytes=+1-2", "bytes=1_0-20", "lines=0-1", "bytes=\u0661-\u0662", f"bytes=0-{'9' * 400}", "bytes=0-1\n"],
)  # fmt: skip
def test_what_is_no_range_is_passed_over(header: str) -> None:
    assert asked(header, "", TAG, 100) is None


@pytest.mark.parametrize("if_range", ['W/"abc"', '"abd"', "abc", "Sat, 01 Nov 2026 12:00:00 GMT", "*"])
def test_who_has_parts_of_another_gets_all(if_range: str) -> None:
    assert asked("bytes=0-1", if_range, TAG, 100) is None


def test_nothing_has_no_part() -> None:
    for header in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        found = asked(header, "", TAG, 0)
        assert found is not None
        assert found.content_range == "bytes */0"
