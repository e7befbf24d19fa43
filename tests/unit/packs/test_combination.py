"""The laws by which answers combine, as stated in the module."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.packs.combination import Token, answer, shown
from assay.packs.model import Binding, Combine, Ground, Requirement, Role

S: Token = "satisfied"
N: Token = "not_satisfied"
U: Token = "unknown"
X: Token = "not_applicable"
TOKENS = (S, N, U, X)


def ground(combine: Combine, *checks: str, count: int = 0, role: Role = "decides") -> Ground:
    return Ground("it holds", combine, tuple(Binding(check, role) for check in checks), count)


def requirement(*grounds: Ground, refuted_by: str = "", noted: str = "") -> Requirement:
    return Requirement(
        id="1",
        title="one",
        wording="one",
        grade="machine",
        grounds=grounds,
        refuting=(Binding(refuted_by, "refutes"),) if refuted_by else (),
        noting=(Binding(noted, "notes"),) if noted else (),
        person="look" if not grounds else "",
    )


def judged(item: Requirement, answers: Mapping[str, str]) -> str:
    return answer(item, lambda binding: answers[binding.check])


@pytest.mark.parametrize(
    ("combine", "count", "answers", "expected"),
    [
        pytest.param("all", 0, (S, S), S, id="all: both"),
        pytest.param("all", 0, (S, U), U, id="all: one open"),
        pytest.param("all", 0, (S, X), S, id="all: one does not apply"),
        pytest.param("all", 0, (X, X), X, id="all: none applies"),
        pytest.param("all", 0, (U, X), U, id="all: open and not applicable"),
        pytest.param("all", 0, (U, N), N, id="all: contradicted"),
        pytest.param("any", 0, (S, U), S, id="any: one"),
        pytest.param("any", 0, (U, U), U, id="any: both open"),
        pytest.param("any", 0, (X, U), U, id="any: not applicable does not show"),
        pytest.param("any", 0, (X, X), X, id="any: none applies"),
        pytest.param("any", 0, (S, N), N, id="any: true evidence does not heal false evidence"),
        pytest.param("at_least", 2, (S, S, U), S, id="two of three"),
        pytest.param("at_least", 2, (S, U, U), U, id="one of three"),
        pytest.param("at_least", 2, (S, X, X), U, id="what does not apply does not lower the count"),
        pytest.param("at_least", 2, (X, X, X), X, id="at least: none applies"),
        pytest.param("at_least", 2, (S, S, N), N, id="at least: contradicted"),
    ],
)
def test_a_ground(combine: Combine, count: int, answers: tuple[str, ...], expected: str) -> None:
    names = "abc"[: len(answers)]
    given_answers = dict(zip(names, answers, strict=True))
    one = ground(combine, *names, count=count)
    assert shown(one, lambda binding: given_answers[binding.check]) == expected
    assert judged(requirement(one), given_answers) == expected


@pytest.mark.parametrize("combine", ["all", "any"])
def test_what_only_supports_does_not_contradict(combine: Combine) -> None:
    one = requirement(ground(combine, "a", "b", role="supports"))
    assert judged(one, {"a": N, "b": N}) == U
    assert judged(one, {"a": N, "b": S}) == (S if combine == "any" else U)
    assert judged(one, {"a": S, "b": S}) == S


def test_grounds_are_all_needed() -> None:
    one = requirement(ground("all", "a"), ground("all", "b"))
    table = {(a, b): judged(one, {"a": a, "b": b}) for a, b in product(TOKENS, TOKENS)}
    assert {pair for pair, verdict in table.items() if verdict == S} == {(S, S), (S, X), (X, S)}
    assert {pair for pair, verdict in table.items() if verdict == N} == {pair for pair in table if N in pair}
    assert {pair for pair, verdict in table.items() if verdict == X} == {(X, X)}


@pytest.mark.parametrize("token", TOKENS)
def test_what_refutes_can_only_refute(token: Token) -> None:
    one = requirement(ground("all", "a"), refuted_by="r")
    for a in (S, U, X):
        assert judged(one, {"a": a, "r": token}) == (N if token == N else a)


@pytest.mark.parametrize("token", TOKENS)
def test_notes_change_nothing(token: Token) -> None:
    one = requirement(ground("all", "a"), noted="n")
    assert [judged(one, {"a": a, "n": token}) for a in TOKENS] == list(TOKENS)


@pytest.mark.parametrize("token", TOKENS)
def test_a_person_is_waited_for(token: Token) -> None:
    one = requirement(refuted_by="r")
    assert one.judged_by == "person"
    assert judged(one, {"r": token}) == (N if token == N else U)


@given(st.lists(st.sampled_from(TOKENS), min_size=3, max_size=3), st.integers(0, 2))
def test_more_evidence_never_hurts(tokens: list[Token], at: int) -> None:
    """Turning one unknown into satisfied never makes the verdict worse."""
    item = requirement(ground("any", "a", "b"), ground("all", "b", "c"))
    before = dict(zip("abc", tokens, strict=True))
    after = {**before, "abc"[at]: S} if before["abc"[at]] == U else before
    rank = {N: 0, U: 1, X: 2, S: 2}
    assert rank[judged(item, after)] >= rank[judged(item, before)]  # type: ignore[index]
