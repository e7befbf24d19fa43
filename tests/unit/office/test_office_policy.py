"""One policy, one spelling; what cannot be meant is refused by name."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed, TooLarge
from assay.office.office_policy import LIMIT, OfficePolicy
from assay.office.sampling_policy import FACTS, Facts, Sampling, Stratum, Weight

PAGE = (Path(__file__).parents[3] / "docs/formats/office-policy.md").read_text()

STRATUM = "[[sampling.strata]]\nname='a'\ntake=1\nof=2\n"
WEIGHT = "[[sampling.weights]]\nfact='customers'\n"
days = st.integers(1, 3650)
names = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)
policies = st.builds(
    OfficePolicy,
    name=st.text(max_size=20),
    response_days=days,
    reminder_days=st.sets(days, max_size=4).map(lambda found: tuple(sorted(found, reverse=True))),
    four_eyes=st.booleans(),
    post_incomplete=st.sampled_from(("none", "status")),
    retention_days=st.integers(0, 36525),
    sampling=st.builds(
        Sampling,
        every_days=st.integers(0, 3650),
        strata=st.sets(names, max_size=3).map(
            lambda found: (
                *(Stratum(name=one, take=1, of=3, when={"customers": 1}) for one in sorted(found)),
                Stratum(name="the rest", take=0, of=1),
            )
        ),
        weights=st.dictionaries(st.sampled_from(FACTS), st.integers(1, 100), max_size=3).map(
            lambda found: tuple(Weight(fact=fact, add=add) for fact, add in found.items())
        ),
    ),
)


@given(policies)
def test_round_trips(policy: OfficePolicy) -> None:
    assert OfficePolicy.parse(policy.encode()) == policy


def test_the_example_of_the_page_is_the_default_written_out() -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0].encode()
    assert OfficePolicy.parse_toml(example) == OfficePolicy(name="Example assay office")
    written = [line for line in example.decode().splitlines() if line and not line.startswith(("#", "["))]
    assert len(written) > 15


def test_the_digest_is_of_the_policy_and_not_of_its_file() -> None:
    one = OfficePolicy.parse_toml(b"four_eyes = true\nresponse_days = 30 # the default\n")
    other = OfficePolicy.parse(b'{ "four_eyes": true, "name": "" }')
    assert one.digest == other.digest != OfficePolicy().digest


@pytest.mark.parametrize("struct", [OfficePolicy, Sampling, Stratum, Weight, Facts])
def test_every_key_is_documented(struct: type[msgspec.Struct]) -> None:
    missing = [key for key in struct.__struct_fields__ if f"`{key}`" not in PAGE]
    assert (missing, bool(struct.__struct_fields__)) == ([], True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("respond_days = 30", "respond_days", id="unknown key"),
        pytest.param("[sampling]\nrate = 3", "rate", id="unknown key in a table"),
        pytest.param("response_days = '30'", "Expected `int`, got `str` - at `$.response_days`", id="text"),
        pytest.param("response_days = 30.0", "Expected `int`, got `float`", id="fraction"),
        pytest.param("response_days = 0", "Expected `int` >= 1 - at `$.response_days`", id="no window"),
        pytest.param("retention_days = 36526", "Expected `int` <= 36525", id="over a century"),
        pytest.param("four_eyes = 1", "Expected `bool`, got `int`", id="number for a switch"),
        pytest.param("post_incomplete = 'all'", "Invalid enum value 'all'", id="unknown word"),
        pytest.param("reminder_days = [1, 7]", "expected each once, most first", id="order"),
        pytest.param("reminder_days = [7, 7]", "expected each once, most first", id="twice"),
        pytest.param(
            "[[sampling.strata]]\nname='a'\ntake=2\nof=1", "'a' takes 2 of 1", id="more than there are"
        ),
        pytest.param("[[sampling.strata]]\nname='a'\ntake=1\nof=0", "`int` >= 1", id="of none"),
        pytest.param(f"{STRATUM}{STRATUM}", "have a name twice", id="strata twice"),
        pytest.param(f"{STRATUM}when={{customers=1}}", "'a' has a condition", id="nothing for the rest"),
        pytest.param(
            f"{STRATUM}[[sampling.strata]]\nname='b'\ntake=1\nof=2", "'a' lacks a", id="no condition"
        ),
        pytest.param(f"{STRATUM}when={{fame=1}}", "Invalid enum value 'fame'", id="unknown fact"),
        pytest.param(f"{STRATUM}when={{customers=0}}", "`int` >= 1", id="at least nothing"),
        pytest.param("[sampling]\nstrata=[]", "are 0, expected 1 to 256", id="no strata"),
        pytest.param("[sampling]\nbegin=2026-01-01T01:00:00+01:00", "in UTC", id="another zone"),
        pytest.param("[sampling]\nbegin=2026-01-01T01:00:00", "in UTC", id="no zone"),
        pytest.param("[sampling]\nbegin='soon'", "$.sampling.begin", id="no time"),
        pytest.param(f"{WEIGHT}add=1000", "`int` <= 999", id="weight"),
        pytest.param(f"{WEIGHT}add=5\n{WEIGHT}add=6", "how much of it twice", id="weights twice"),
        pytest.param(
            f"{WEIGHT}add=900\n{WEIGHT.replace('customers', 'findings')}add=100", "come to 1001", id="heavy"
        ),
        pytest.param("format = 'urn:assay:policy:1'", "urn:assay:policy:1", id="the other policy"),
    ],
)
def test_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        OfficePolicy.parse_toml(text.encode(), what="office-policy.toml")
    assert str(caught.value).startswith("office-policy.toml: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_is_bounded() -> None:
    with pytest.raises(TooLarge):
        OfficePolicy.parse_toml(b"#" * (LIMIT + 1))


def test_misuse_is_our_bug() -> None:
    with pytest.raises(ValueError, match="most first"):
        OfficePolicy(reminder_days=(1, 2))
