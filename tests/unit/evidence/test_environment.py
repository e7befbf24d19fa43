"""The environment statement is read as written, or not at all."""

import re
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.evidence.environment import EnvironmentStatement, Fact, encode, read

EXAMPLE = b"""\
{
  "provider": "Lighthouse Works (fictional)",
  "scope": "build service",
  "facts": [
    {
      "topic": "multi_factor",
      "statement": "hardware keys",
      "stated": "2026-10-01",
      "role": "Head of platform",
      "holds": true,
      "covered": 0,
      "total": 41,
      "supports": ["review.pdf"]
    }
  ]
}
"""

plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
facts = st.builds(
    Fact,
    topic=st.sampled_from(["separation", "logging", "multi_factor", "encryption"]),
    statement=plain,
    stated=st.none() | st.dates(),
    role=plain,
    holds=st.none() | st.booleans(),
    covered=st.none() | st.integers(-5, 10**6),
    total=st.none() | st.integers(-5, 10**6),
    supports=st.lists(plain, max_size=3).map(tuple),
)
statements = st.builds(EnvironmentStatement, plain, plain, st.lists(facts, max_size=3).map(tuple))


@given(statements)
@settings(max_examples=80, deadline=None)
def test_round_trips(statement: EnvironmentStatement) -> None:
    assert read(encode(statement), name="environment.json") == statement


def test_reads() -> None:
    statement = read(EXAMPLE, name="environment.json")
    (fact,) = statement.facts
    assert (statement.provider, statement.scope) == ("Lighthouse Works (fictional)", "build service")
    assert fact == Fact(
        "multi_factor", "hardware keys", date(2026, 10, 1), "Head of platform", True, 0, 41, ("review.pdf",)
    )


def test_the_documented_example_can_be_read() -> None:
    page = (Path(__file__).parents[3] / "docs/formats/environment.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert read(example.encode(), name="example").facts[0].covered == 41


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('"2026-10-01"', '"01.10.2026"', "$.facts[0].stated", id="another form of date"),
        pytest.param('"2026-10-01"', '"2026-10-01T00:00:00Z"', "$.facts[0].stated", id="a moment, not a day"),
        pytest.param('"2026-10-01"', '"2026-02-30"', "$.facts[0].stated", id="no such day"),
        pytest.param('"2026-10-01"', "20261001", "$.facts[0].stated", id="a number"),
        pytest.param('"multi_factor"', '"mfa"', "Invalid enum value 'mfa'", id="unknown topic"),
        pytest.param('"covered"', '"convered"', "unknown field `convered`", id="misspelt field"),
        pytest.param('"scope"', '"scop"', "unknown field `scop`", id="misspelt field at the top"),
        pytest.param('"holds": true', '"holds": "yes"', "$.facts[0].holds", id="a word for a boolean"),
        pytest.param('"total": 41', '"total": 41.5', "$.facts[0].total", id="part of an account"),
        pytest.param('"total": 41', '"covered": 41', "appears twice", id="key twice"),
        pytest.param('"provider": "Lighthouse Works (fictional)",', "", "missing required field `provider`", id="nobody"),
        pytest.param('"statement": "hardware keys",', "", "missing required field `statement`", id="nothing said"),
        pytest.param("{\n", "[\n", "environment.json", id="no object"),
    ],
)  # fmt: skip
def test_refuses(old: str, new: str, says: str) -> None:
    assert old in EXAMPLE.decode()
    with pytest.raises(Malformed) as caught:
        read(EXAMPLE.decode().replace(old, new, 1).encode(), name="environment.json")
    assert says in str(caught.value)
    assert str(caught.value).startswith("environment.json")


def test_refuses_what_is_too_large() -> None:
    with pytest.raises(TooLarge, match="over the limit of 4194304"):
        read(EXAMPLE + b" " * (4 * 1024 * 1024), name="environment.json")


@given(st.integers(0, len(EXAMPLE)), st.binary(max_size=4))
@settings(max_examples=150, deadline=None)
def test_nothing_but_our_errors_escapes(at: int, noise: bytes) -> None:
    with suppress(AssayError):
        read(EXAMPLE[:at] + noise + EXAMPLE[at + len(noise) :], name="environment.json")
