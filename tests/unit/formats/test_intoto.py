from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.cases import COMMIT, WHEEL
from tests.support.damage import damaged
from tests.support.json_edit import Edit, drop, edited, put, twice
from tests.support.statements import FILENAME, V1, wire

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.formats import intoto
from assay.formats.digest import Digest
from assay.formats.intoto import Resource

HEX = "ab" * 32


def test_reads_a_statement() -> None:
    raw = intoto.parse(wire())
    assert raw.version == "v1"
    assert raw.predicate_type == "https://slsa.dev/provenance/v1"
    assert raw.subjects == (Resource(FILENAME, "", (WHEEL,)),)
    assert raw.predicate == V1


def test_reads_the_older_version() -> None:
    assert intoto.parse(wire(_type="https://in-toto.io/Statement/v0.1")).version == "v0.1"


@pytest.mark.parametrize("predicate", [None, {}], ids=["null", "empty"])
def test_an_unset_predicate_is_an_empty_one(predicate: object) -> None:
    assert intoto.parse(wire(predicate=predicate)).predicate == {}


def test_a_subject_keeps_the_algorithms_it_knows() -> None:
    digest = {"sha256": HEX, "gitCommit": "cd" * 32, "sha3_256": "free text", "gitTree": "ef" * 20}
    (subject,) = intoto.parse(wire(subject=[{"digest": digest}])).subjects
    assert subject == Resource("", "", (Digest("sha256", HEX), Digest("gitCommit", "cd" * 32)))


@pytest.mark.parametrize(
    ("edits", "error", "message"),
    [
        pytest.param([put("/_type", "https://in-toto.io/Statement/v2")], Unsupported, "expected one of", id="v2"),
        pytest.param([put("/_type", "https://in-toto.io/Statement/v1 ")], Unsupported, "type", id="a space"),
        pytest.param([put("/_type", ["https://in-toto.io/Statement/v1"])], Unsupported, "type", id="type a list"),
        pytest.param([drop("/_type")], Unsupported, "type 'None'", id="no type"),
        pytest.param([put("/subject", [])], Malformed, "names no subject", id="no subject"),
        pytest.param([drop("/subject")], Malformed, "subject", id="subject left out"),
        pytest.param([put("/subject", {})], Malformed, "array", id="subject an object"),
        pytest.param([drop("/subject/0/digest")], Malformed, "digest", id="a subject without digest"),
        pytest.param([put("/subject/0/digest", {})], Malformed, "subject[0] has no digest", id="an empty digest"),
        pytest.param(
            [put("/subject/0/digest/sha256", WHEEL.value.upper())],
            Malformed,
            "expected 64 lower-case hexadecimal digits",
            id="upper case",
        ),
        pytest.param([put("/subject/0/digest/sha256", WHEEL.value[1:])], Malformed, "sha256 is", id="63 digits"),
        pytest.param([put("/subject/0/digest/sha256", COMMIT)], Malformed, "sha256 is", id="a commit as sha256"),
        pytest.param([put("/subject/0/digest/sha256", 5)], Malformed, "str", id="a number"),
        pytest.param([put("/subject/0/digest/gitCommit", "ab" * 21)], Malformed, "gitCommit", id="42 digits"),
        pytest.param([put("/subject/0/name", "x" * 5000)], TooLarge, "5000 characters", id="a long name"),
        pytest.param([put("/predicateType", "")], Malformed, "predicateType", id="no predicate type"),
        pytest.param([drop("/predicateType")], Malformed, "predicateType", id="predicate type left out"),
        pytest.param([put("/predicate", [])], Malformed, "predicate", id="a list as predicate"),
    ],
)  # fmt: skip
def test_refuses(edits: list[Edit], error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        intoto.parse(edited(wire(), *edits), what="built.json")
    assert str(caught.value).startswith("built.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"[]", "not a JSON object", id="an array"),
        pytest.param(b'{"_type": 1, "_type": 2}', "appears twice", id="a key twice"),
        pytest.param(b'{"a":' * 200 + b"1" + b"}" * 200, "nested over", id="deep"),
        pytest.param(b"\xff", "UTF-8", id="not UTF-8"),
    ],
)
def test_refuses_what_is_no_strict_json(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        intoto.parse(data)


def test_refuses_more_bytes_than_the_limit() -> None:
    with pytest.raises(TooLarge, match="over the limit of 10"):
        intoto.parse(wire(), limit=10)


def test_refuses_too_many_subjects() -> None:
    with pytest.raises(TooLarge, match="names 20001 subjects"):
        intoto.parse(wire(subject=[{"digest": {"sha256": HEX}}] * 20_001))


def test_reading_does_not_depend_on_fields_nobody_asked_for() -> None:
    odd = edited(wire(), put("/extension", {"x": 1}), put("/subject/0/annotations", {}), twice("/subject/0"))
    assert len(intoto.parse(odd).subjects) == 2


@settings(max_examples=300)
@given(damaged(wire()))
def test_damage_is_refused_or_read_but_never_escapes(data: bytes) -> None:
    with suppress(AssayError):
        assert intoto.parse(data).subjects


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"sha256": HEX}, (Digest("sha256", HEX),), id="plain"),
        pytest.param({"sha256": COMMIT}, (Digest("gitCommit", COMMIT),), id="the way GitLab's runner writes commits"),
        pytest.param({"sha256": HEX.upper()}, (), id="upper case names nothing"),
        pytest.param({"sha256": 5, "sha1": None}, (), id="not text"),
        pytest.param({"sha1": COMMIT, "dirHash": HEX}, (Digest("sha1", COMMIT),), id="unknown algorithms are left out"),
        pytest.param({"sha256": HEX + "\n"}, (), id="a newline"),
    ],
)  # fmt: skip
def test_digests_of_a_predicate(values: dict[str, object], expected: tuple[Digest, ...]) -> None:
    assert intoto.digests(values) == expected


def test_finds_resources_wherever_they_stand() -> None:
    value = {
        "a": [{"uri": "u", "digest": {"sha256": HEX}}, {"digest": {"sha256": HEX}, "name": "n"}],
        "b": {"digest": {"sha512": "not hex"}},
        "digest": {"sha1": COMMIT},
        "c": {"digest": "text"},
    }
    assert set(intoto.resources_in(value, what="x")) == {
        Resource("", "u", (Digest("sha256", HEX),)),
        Resource("n", "", (Digest("sha256", HEX),)),
        Resource("", "", (Digest("sha1", COMMIT),)),
    }


def test_the_search_for_resources_is_bounded() -> None:
    with pytest.raises(TooLarge, match="over 200000 values"):
        intoto.resources_in([0] * 200_001, what="x")
    many = [{"digest": {"sha256": f"{number:064x}"}} for number in range(20_001)]
    with pytest.raises(TooLarge, match="over 20000 resources"):
        intoto.resources_in(many, what="x")


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_the_search_takes_any_json(value: object) -> None:
    assert isinstance(intoto.resources_in(value, what="x"), tuple)


@pytest.mark.parametrize(
    ("predicate_type", "expected"),
    [
        ("https://cyclonedx.org/bom", True),
        ("https://cyclonedx.org/bom/v1.6", True),
        ("https://cyclonedx.org/bom/1.7", True),
        ("https://spdx.dev/Document", True),
        ("https://spdx.dev/Document/v2.3", True),
        ("https://spdx.dev/Document/v3.0.1", True),
        ("https://cyclonedx.org/bomb", False),
        ("https://cyclonedx.org/bom/", False),
        ("https://cyclonedx.org/bom/v1.6/x", False),
        ("http://cyclonedx.org/bom", False),
        ("https://slsa.dev/provenance/v1", False),
    ],
)
def test_predicate_types_of_bills(predicate_type: str, expected: bool) -> None:
    assert intoto.is_sbom(predicate_type) is expected
