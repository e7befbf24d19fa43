"""Bytes that hold no mark hold no key and no token, however they come."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.secrets import age, aws, github, letters, pem, pypi, rsa_key

from assay.formats import private_keys, tokens
from assay.formats.secret_marks import MARKS, Search, may_hold

SECRETS = (github(), pypi(), age(), aws(), pem(rsa_key()), f"sk-{letters(20)}T3BlbkFJ{letters(20)}".encode())
NEAR = [mark[:-1] for mark in MARKS] + [mark.swapcase() for mark in MARKS]
"""What is nearly a mark, and is none unless it holds another."""


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_is_found_in_any_bytes(mark: bytes) -> None:
    assert may_hold(mark)
    assert may_hold(b"\0\xff\xfe\n" + mark + b"\xc3\x28\0")


@pytest.mark.parametrize("near", NEAR)
def test_only_marks_are_found(near: bytes) -> None:
    assert may_hold(near) == any(mark in near for mark in MARKS)


@given(st.binary(), st.sampled_from((*MARKS, b"")), st.binary())
@example(b"g", b"hp_", b"")
def test_says_no_exactly_where_there_is_none(before: bytes, mark: bytes, after: bytes) -> None:
    data = before + mark + after
    assert may_hold(data) == any(one in data for one in MARKS)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_a_secret_is_marked(secret: bytes) -> None:
    assert [*tokens.find(secret), *private_keys.find(secret)]
    assert may_hold(secret)


@pytest.mark.parametrize("literal", [b"sk-", b"xox", b"shp", b"_v1_", b"AWS_SECRET=abc", b""])
def test_no_mark_no_secret(literal: bytes) -> None:
    many = literal * (tokens.MAX_CANDIDATES + 1)
    assert not may_hold(many)
    assert [*tokens.find(many), *private_keys.find(many)] == []


@pytest.mark.parametrize("mark", MARKS)
@given(data=st.data())
def test_pieces_are_searched_as_one(mark: bytes, data: st.DataObject) -> None:
    whole = b"before " + mark + b" after"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    search = Search()
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        search.feed(whole[start:end])
    assert search.found


def test_byte_by_byte() -> None:
    for mark in MARKS:
        search = Search()
        for at in range(len(mark)):
            assert not search.found
            search.feed(mark[at : at + 1])
        assert search.found
