"""git-state.json, our own format."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, Unsupported
from assay.formats import git_state
from assay.formats.git_state import GitState

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
signed = st.sampled_from(["none", "present", "good", "bad", "unknown"])
states = st.builds(
    GitState,
    commit=st.sampled_from(["1f" * 20, "2e" * 32]),
    committed=st.none() | st.datetimes(timezones=st.just(UTC)),
    tags=st.lists(names, max_size=3).map(tuple),
    remote=names,
    branch=names,
    dirty=st.booleans(),
    commit_signature=signed,
    tag_signature=signed,
    signer=names,
)
EXAMPLE = git_state.encode(
    GitState(
        commit="1f" * 20, committed=datetime(2026, 10, 19, 8, tzinfo=UTC), tags=("v2.1.0",), branch="main"
    )
)


@given(states)
def test_reads_back_what_it_wrote(state: GitState) -> None:
    assert git_state.parse(git_state.encode(state)) == state


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        pytest.param(
            b"git-state/1", b"git-state/2", Unsupported, "expected 'assay-git-state/1'", id="newer format"
        ),
        pytest.param(b"1f1f", b"1F1F", Malformed, "40 or 64 lower-case hex digits", id="upper case"),
        pytest.param(b"1f1f1f1f", b"1f1f", Malformed, "40 or 64 lower-case hex digits", id="short commit"),
        pytest.param(b'"dirty": false', b'"dirty": 0', Malformed, "Expected `bool`", id="number for truth"),
        pytest.param(
            b'"dirty": false,', b"", Malformed, "missing required field `dirty`", id="field missing"
        ),
        pytest.param(
            b'"dirty"', b'"clean": true, "dirty"', Malformed, "unknown field `clean`", id="unknown field"
        ),
        pytest.param(
            b'"tag_signature": "none"', b'"tag_signature": "fine"', Malformed, "fine", id="unknown standing"
        ),
        pytest.param(b"2026-10-19T", b"2026-13-19T", Malformed, "committed '2026-13", id="no such month"),
    ],
)
def test_refuses(old: bytes, new: bytes, error: type[AssayError], reason: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(error, match=reason):
        git_state.parse(EXAMPLE.replace(old, new, 1))
