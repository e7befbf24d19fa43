"""Which contexts can put their text into the result of an expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed, TooLarge
from assay.formats.github_expression import Flow, expressions, flows


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        pytest.param("github.event.issue.title", ["github.event.issue.title"], id="path"),
        pytest.param(" GitHub.Event.Issue.Title ", ["github.event.issue.title"], id="any case"),
        pytest.param("github['event']['issue'].title", ["github.event.issue.title"], id="quoted index"),
        pytest.param(
            "github.event.commits[0].message", ["github.event.commits.*.message"], id="number index"
        ),
        pytest.param("github.event.commits.*.message", ["github.event.commits.*.message"], id="star"),
        pytest.param(
            "github.event.commits[*].message", ["github.event.commits.*.message"], id="star in brackets"
        ),
        pytest.param("github.event[inputs.x].title", ["github.event.*.title"], id="computed index"),
        pytest.param("a.x || b.y", ["a.x", "b.y"], id="or gives both"),
        pytest.param("a.x && b.y", ["b.y"], id="and gives the last"),
        pytest.param("a.x == 'y' && b.y || c.z", ["b.y", "c.z"], id="the ternary idiom"),
        pytest.param("a.x == b.y", [], id="comparison"),
        pytest.param("a.x != 'it''s'", [], id="comparison with an escaped quote"),
        pytest.param("a.x >= 3", [], id="ordering"),
        pytest.param("!a.x", [], id="negation"),
        pytest.param("(a.x)", ["a.x"], id="parentheses"),
        pytest.param("contains(a.x, b.y)", [], id="contains"),
        pytest.param("startsWith(a.x, 'v') && 'yes' || 'no'", [], id="choice between literals"),
        pytest.param("hashFiles('**/lock')", [], id="hashFiles"),
        pytest.param("format('{0}-{1}', a.x, b.y)", ["a.x", "b.y"], id="format"),
        pytest.param("join(a.*.x, ', ')", ["a.*.x"], id="join"),
        pytest.param("fromJSON(a.x).y", ["a.x"], id="fromJSON"),
        pytest.param("github.event.issue.number == 3 && true", [], id="literals"),
        pytest.param("steps.a-b.outputs.c_d", ["steps.a-b.outputs.c_d"], id="dashes"),
        pytest.param("-1.5e3", [], id="number"),
    ],
)
def test_flows(expression: str, paths: list[str]) -> None:
    assert [flow.path for flow in flows(expression)] == paths


def test_whole_objects_come_out_as_json() -> None:
    assert flows("toJSON(github.event)") == (Flow("github.event", json=True),)


@pytest.mark.parametrize(
    "expression",
    ["", "a.", "a b", "a.x ||", "contains(a, b", "(a.x", "a[", "'open", "a ; b", "a..b", "== b", "f(,)"],
)
def test_refuses_what_is_no_expression(expression: str) -> None:
    with pytest.raises(Malformed, match="expression"):
        flows(expression)


def test_refuses_deep_nesting() -> None:
    with pytest.raises(TooLarge, match="nested over 50 levels"):
        flows("(" * 200 + "a" + ")" * 200)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("echo ${{ a }} ${{b}}", [" a ", "b"], id="two"),
        pytest.param("${{ format('}}') }}", [" format('}}') "], id="braces in quotes"),
        pytest.param("echo $x ${y}", [], id="shell only"),
    ],
)
def test_expressions(text: str, found: list[str]) -> None:
    assert list(expressions(text)) == found


def test_refuses_an_expression_that_does_not_end() -> None:
    with pytest.raises(Malformed, match="does not end"):
        list(expressions("echo ${{ a 'b }} '"))


@given(st.text("ab.['()|&=!, 1]*", max_size=40))
def test_never_falls_over(expression: str) -> None:
    try:
        found = flows(expression)
    except Malformed:
        return
    assert all(flow.path == flow.path.lower() for flow in found)
