"""A pack file is read strictly: each slip is named with its place."""

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed
from assay.packs import shipped
from assay.packs.model import Binding, Crosswalk, Group
from assay.packs.read import parse

EXAMPLE = """\
id: lighthouse
edition: "1"
title: Rules for lighthouses (fictional)
source: {title: Rules, publisher: The keepers, citation: Volume 1}
status: draft
dates:
  - {on: 2026-01-02, what: proposed}
answers: some
groups:
  - {id: L, title: Light}
requirements:
  - id: L.1
    parent: L
    title: The lamp is lit
    wording: Light the lamp at dusk.
    grade: machine
    evidence: [statement]
    needs:
      - shows: Somebody lit it
        any:
          - {check: lamp-lit, parameters: {minutes: 10, colours: [white], ages: {oil: 3}}}
          - {check: lamp-seen, against: noted}
      - shows: It stayed lit
        at_least:
          count: 2
          of:
            - check: hour-one
            - check: hour-two
            - check: hour-three
    refuted_by:
      - check: lamp-broken
    notes:
      - check: glass-clean
    crosswalk: {intersects: [harbour@2#H.1]}
  - id: L.2
    title: The keeper is awake
    wording: Stay awake.
    grade: person
    person: Knock.
"""


def test_reads_every_part() -> None:
    pack = parse(EXAMPLE.encode(), name="example")
    assert pack.ref == "lighthouse@1"
    assert pack.groups == (Group("L", "Light"),)
    lamp, keeper = pack.requirements
    assert pack.full(lamp) == "lighthouse@1#L.1"
    assert lamp.grounds[0].bindings == (
        Binding("lamp-lit", "decides", {"minutes": 10, "colours": ("white",), "ages": {"oil": 3}}),
        Binding("lamp-seen", "supports"),
    )
    assert (lamp.grounds[1].combine, lamp.grounds[1].count) == ("at_least", 2)
    assert [(binding.check, binding.role) for binding in lamp.bindings][-2:] == [
        ("lamp-broken", "refutes"),
        ("glass-clean", "notes"),
    ]
    assert lamp.crosswalk == (Crosswalk("intersects", "harbour@2#H.1"),)
    assert (lamp.judged_by, keeper.judged_by) == ("checks", "person")
    assert pack.claimable == ("lighthouse@1#L.1", "lighthouse@1#L.2")
    assert pack.must_answer == ()
    assert pack.requirement("L.2") == keeper
    assert pack.requirement("L.3") is None


def test_all_must_be_answered_where_the_pack_says_so_but_not_what_the_form_answers() -> None:
    text = EXAMPLE.replace("answers: some", "answers: all").replace(
        "grade: person", "grade: person\n    answered_by: form"
    )
    assert parse(text.encode(), name="example").must_answer == ("lighthouse@1#L.1",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("status: draft", "status: fine", "Invalid enum value 'fine' - at `$.status`", id="status"),
        pytest.param("answers: some", "colour: red", "unknown field `colour`", id="unknown key"),
        pytest.param("grade: person", "grade: person\n    weight: 3", "unknown field `weight` - at `$.requirements[1]`", id="unknown key of a requirement"),
        pytest.param("{check: lamp-seen,", "{check: lamp-seen, role: decides,", "unknown field `role`", id="unknown key of a check"),
        pytest.param('edition: "1"', "edition: 1", "Expected `str`, got `int` - at `$.edition`", id="edition is not text"),
        pytest.param("id: lighthouse", "id: Light_House", "example: id 'Light_House' does not match", id="pack id"),
        pytest.param("on: 2026-01-02", "on: yesterday", "Invalid RFC3339 encoded date - at `$.dates[0].on`", id="date"),
        pytest.param("id: L.2", "id: L.1", "id 'L.1' stands twice", id="same id"),
        pytest.param("id: L.2", "id: L", "id 'L' stands twice", id="id of a group"),
        pytest.param("parent: L\n", "parent: M\n", "'L.1' has the parent 'M', which does not stand before it", id="parent"),
        pytest.param("person: Knock.", "cites: [nobody]", "requirement 'L.2' has neither needs nor person", id="nobody judges"),
        pytest.param("person: Knock.", "needs: []\n    person: Knock.", "needs is an empty list", id="empty needs"),
        pytest.param("      - check: lamp-broken", "      []", "refuted_by is an empty list", id="empty refuted_by"),
        pytest.param("count: 2", "count: 1", "count 1 of 3", id="count of one"),
        pytest.param("count: 2", "count: 3", "count 3 of 3", id="count of all"),
        pytest.param("        any:", "        all: []\n        any:", "has all and any of all, any, at_least", id="two combinations"),
        pytest.param("          - {check: lamp-seen, against: noted}\n", "", "needs[0].any has one check", id="any of one"),
        pytest.param("check: hour-two", "check: hour-one", "binds 'hour-one' twice with the same parameters", id="same check twice"),
        pytest.param("check: hour-two", "check: Hour Two", "needs[1].at_least[1].check 'Hour Two' does not match", id="check id"),
        pytest.param("minutes: 10", "minutes: 1.5", "at `$.requirements[0].needs[0].any[0].parameters", id="parameter"),
        pytest.param("harbour@2#H.1", "harbour#H.1", "'harbour#H.1' is not of the form pack@edition#id", id="crosswalk target"),
        pytest.param("intersects:", "resembles:", "Invalid enum value 'resembles'", id="crosswalk relation"),
        pytest.param("[harbour@2#H.1]}", "[harbour@2#H.1], equal: [harbour@2#H.1]}", "has 'harbour@2#H.1' twice", id="crosswalk twice"),
        pytest.param("evidence: [statement]", "evidence: [rumour]", "Invalid enum value 'rumour'", id="evidence kind"),
        pytest.param("evidence: [statement]", "evidence: [sbom, sbom]", "evidence has 'sbom' twice", id="evidence twice"),
        pytest.param("title: The lamp is lit", 'title: ""', "length >= 1 - at `$.requirements[0].title`", id="empty title"),
        pytest.param("  - {on: 2026-01-02, what: proposed}", "  []", "length >= 1 - at `$.dates`", id="no date"),
    ],
)  # fmt: skip
def test_rejects(old: str, new: str, message: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(Malformed) as caught:
        parse(EXAMPLE.replace(old, new, 1).encode(), name="example")
    assert str(caught.value).startswith("example")
    assert message in str(caught.value)


def test_an_empty_ground_is_refused() -> None:
    for combine in ("all", "any"):
        ground = f"needs: [{{shows: nothing, {combine}: []}}]\n    person: Knock."
        with pytest.raises(Malformed, match=rf"needs\[0\]\.{combine} is an empty list"):
            parse(EXAMPLE.replace("person: Knock.", ground).encode(), name="example")


def test_the_same_check_may_serve_two_grounds() -> None:
    text = EXAMPLE.replace("- check: hour-two", "- check: lamp-lit")
    assert text != EXAMPLE
    assert len(parse(text.encode(), name="example").requirements[0].grounds[1].bindings) == 3


def test_the_same_check_may_ask_two_questions() -> None:
    text = EXAMPLE.replace("- check: hour-two", "- {check: hour-one, parameters: {hour: 2}}")
    assert text != EXAMPLE
    assert len(parse(text.encode(), name="example").requirements[0].grounds[1].bindings) == 3


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_raise_anything_else(data: st.DataObject) -> None:
    content = bytearray(EXAMPLE.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(AssayError):
        assert parse(cut, name="example").requirements


def test_the_value_is_frozen_and_comparable() -> None:
    first, second = (parse(EXAMPLE.encode(), name="example") for _ in range(2))
    assert first == second
    assert first != msgspec.structs.replace(first, edition="2")


def test_shipped_packs_are_named_by_their_files() -> None:
    for ref in shipped.refs():
        pack, content = shipped.load(ref)
        assert pack.ref == ref
        assert content == shipped.data(ref)
    assert set(shipped.refs()) >= {"cisa-form@2024-03", "nist-ssdf@1.1"}


@pytest.mark.parametrize("ref", ["cisa-form", "../model.py", "cisa-form@2024-03.yaml", ""])
def test_other_names_are_not_files(ref: str) -> None:
    with pytest.raises(Malformed, match=r"does not come with Assay, expected one of cisa-form@2024-03"):
        shipped.data(ref)
