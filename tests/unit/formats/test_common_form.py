"""The common form: names of fields in many spellings, values in the way people write them, and nothing made up."""

from datetime import date
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import filled_forms
from tests.support.filled_forms import PAIRS

from assay.errors import Malformed
from assay.formats import form_values
from assay.formats.common_form import Assessment, FilledForm, Product, Reading, read
from assay.formats.common_form_fields import IGNORE, OPTIONS, TARGETS, Place, Spellings, fold, parse_map
from assay.formats.form_field import FormField
from assay.formats.form_values import DateOrder, day, option, yes

SPELLINGS = Spellings()


def reading(*fields: FormField, spellings: Spellings = SPELLINGS, dates: DateOrder = "") -> Reading:
    return read(fields, spellings, dates)


def said(**pairs: str) -> Reading:
    return reading(*(text(name.replace("_", " "), value) for name, value in pairs.items()))


def text(
    name: str, value: str, kind: Literal["text", "box", "choice", "signature"] = "text", problem: str = ""
) -> FormField:
    return FormField((name,), value, f"field {name!r}", kind, problem)


def test_no_spelling_is_of_two_fields() -> None:
    spellings = [fold(one) for name, target in TARGETS.items() for one in (name, *target.spellings)]
    assert len(spellings) > 150
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("target", TARGETS)
def test_every_spelling_of_a_field(target: str) -> None:
    row = 1 if TARGETS[target].rows else 0
    for name in (target, *TARGETS[target].spellings):
        for written in (name, name.upper(), name.title().replace(" ", ""), f"topmost[0].Page2[0].{name.title().replace(' ', '')}[0]"):  # fmt: skip
            if "." not in name:
                assert SPELLINGS.place([written]) == Place(target, row), written


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Software NameRow1", Place("products.name", 1)),
        ("Product 2 Name", Place("products.name", 2)),
        ("Row 12 Release Date", Place("products.released", 12)),
        ("Version Number_3", Place("products.version", 3)),
        ("POAM 4 due date", Place("milestones.due", 4)),
        ("1a", Place("items.1.a")),
        ("4 (c)", Place("items.4.c")),
        ("items.4", Place("items.4")),
        ("Address", None),
        ("Name", None),
        ("Title_2", None),
        ("City 2", None),
        ("Software Name Row 0", None),
        ("Software Name Row 201", None),
        ("", None),
    ],
)
def test_places(name: str, place: Place | None) -> None:
    assert SPELLINGS.place([name]) == place


def test_the_first_name_that_is_known_counts() -> None:
    assert SPELLINGS.place(["Text7", "City of the producer", "Company city"]) == Place("provider.city")


def test_a_whole_form() -> None:
    found = reading(*(text(name, value) for name, value in PAIRS.items()))
    filled_forms.is_all_of(found.form)
    assert (found.unread, found.unknown, found.missing) == ((), (), ())
    assert len(found.found) == len(PAIRS)


def test_an_empty_form_says_nothing() -> None:
    found = reading(*(text(name, " ") for name in PAIRS))
    assert found.form == FilledForm()
    assert found.found == ()
    assert {"submission.kind", "provider.name", "products.name", "signatory.name", "items.all"} <= set(
        found.missing
    )


def test_boxes() -> None:
    found = reading(
        text("New attestation", "1", "box"), text("Revised attestation", "Off", "box"), text("Item 1a", "Choice3", "box"),
        text("Item 1b", "Off", "box"), text("Item 2", "No", "choice"), text("Item 3", "Off", "choice"),
        text("Third-party assessment", "Yes", "box"), text("Check Box 9", "Off", "box"),
    )  # fmt: skip
    assert found.form.kind == "new"
    assert found.form.items == {"1.a": True, "1.b": False, "2": False}
    assert found.form.assessment == Assessment()
    assert (found.unread, found.unknown) == ((), ())
    assert "submission.kind" not in found.missing
    assert {"items.3", "items.4.c"} <= set(found.missing)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        pytest.param(text("Release date", "03/04/2026"), "which is one date in America and another elsewhere", id="two dates"),
        pytest.param(text("Release date", "soon"), "products.1.released says 'soon', expected a date such as 2026-01-31", id="no date"),
        pytest.param(text("Item 1a", "mostly"), "items.1.a says 'mostly', expected yes or no", id="neither"),
        pytest.param(text("Item 1a", "1", "choice"), "items.1.a says '1', expected yes or no", id="a numbered button"),
        pytest.param(text("City", "1", "box"), "provider.city is a box with a tick, expected text", id="box"),
        pytest.param(text("Submission type", "other"), "expected new or following_extension_or_waiver or revised", id="kind"),
        pytest.param(text("Replaces", "v1"), "submission.replaces digest is not 64", id="digest"),
        pytest.param(text("City", "a\x00b"), "provider.city holds control characters", id="control"),
        pytest.param(text("City", "a" * 1001), "provider.city has 1001 characters, over 1000", id="long"),
        pytest.param(text("Company name", "a" * 301), "provider.name has 301 characters, over 300", id="long name"),
        pytest.param(text("City", "", problem="holds bytes that are no text"), "provider.city holds bytes that are no text", id="problem"),
        pytest.param(text("Version", "2"), "product 1 has no name", id="version alone"),
        pytest.param(text("Milestone weakness", "x"), "milestone 1 names no item, expected one of 1.a", id="no item"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_left_out(field: FormField, reason: str) -> None:
    found = reading(field)
    ((at, why),) = found.unread
    assert (at, reason in why) == (field.at, True), why
    assert found.form == FilledForm()


def test_fields_that_contradict_each_other_say_nothing() -> None:
    found = said(City="Seaside", Company_city="Hilltop", Country="Nowhere")
    assert found.form.provider.city == ""
    assert found.unread == (
        ("field 'Company city'", "provider.city is 'Hilltop' here and 'Seaside' at field 'City'"),
    )
    assert [str(place) for place, _ in found.found] == ["provider.country"]
    two = reading(text("New attestation", "1", "box"), text("Revised", "1", "box"))
    assert two.form.kind is None
    assert len(two.unread) == 2


def test_signatures_and_unknown_fields_are_told_by_their_place() -> None:
    found = reading(
        text("Signature1", "signed", "signature"), text("Signature", "A. Keeper"), text("Address", "1 Pier"),
        text("Digital signature", "", "signature"),
    )  # fmt: skip
    assert found.signatures == ("field 'Signature1'", "field 'Signature'")
    assert found.unknown == ("field 'Address'",)
    assert found.form == FilledForm()


@pytest.mark.parametrize(
    ("value", "order", "found"),
    [
        ("2026-10-20", "", date(2026, 10, 20)),
        ("2026-10-20 00:00:00", "", date(2026, 10, 20)),
        ("20261020", "", date(2026, 10, 20)),
        ("Oct. 20th, 2026", "", date(2026, 10, 20)),
        ("20 October 2026", "", date(2026, 10, 20)),
        ("20-Oct-2026", "", date(2026, 10, 20)),
        ("2026 October 20", "", date(2026, 10, 20)),
        ("10/20/2026", "", date(2026, 10, 20)),
        ("20.10.2026", "", date(2026, 10, 20)),
        ("03/03/2026", "", date(2026, 3, 3)),
        ("03/04/2026", "mdy", date(2026, 3, 4)),
        ("03/04/2026", "dmy", date(2026, 4, 3)),
    ],
)  # fmt: skip
def test_dates(value: str, order: DateOrder, found: date) -> None:
    assert day(value, order) == found


@pytest.mark.parametrize(
    "value",
    [
        "", "03/04/2026", "10/20/26", "2026-13-01", "2026-02-30", "30 Febuary 2026", "Ma 3, 2026", "2026", "today", "0000-01-01",
        "13/13/2026", "2026-10-20 12:00:00", "٢٠٢٦-١٠-٢٠", "20261", "2026-10-20x",
    ],
)  # fmt: skip
def test_dates_that_are_none_or_two(value: str) -> None:
    with pytest.raises(Malformed):
        day(value)


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_a_date_in_words_is_the_date(value: date) -> None:
    assert (
        day(f"{value:%B} {value.day}, {value.year}")
        == day(f"{value.day} {value:%b} {value.year}")
        == day(value.isoformat())
        == value
    )


def test_options_and_ticks() -> None:
    for reads, tokens in OPTIONS.items():
        assert [
            option(reads, word.upper()) for token, words in tokens.items() for word in (token, *words)
        ] == [token for token, words in tokens.items() for _ in (token, *words)]
    assert yes("X")
    assert yes("✓")
    assert not yes("No")
    assert not yes("Off", box=True)
    assert yes("0", box=True)
    assert form_values.digest("ab" * 32) == "sha256:" + "ab" * 32


MAP = b"""
[provider]
address = ["Address"]
[products]
name = "Prod"
[items]
"4" = ["Check Box 12"]
"""


def test_a_map_says_what_fields_are() -> None:
    more = parse_map(MAP, what="map")
    assert more == {
        "provider.address": ("Address",),
        "products.name": ("Prod",),
        "items.4": ("Check Box 12",),
    }
    spellings = Spellings({**more, IGNORE: ("City",)})
    found = reading(
        text("Address", "1 Pier"), text("Prod 2", "oar"), text("Check Box 12", "1", "box"), text("City", "Seaside"),
        spellings=spellings,
    )  # fmt: skip
    assert found.form.provider.address == "1 Pier"
    assert found.form.provider.city == ""
    assert found.form.products == (Product("oar"),)
    assert found.form.items == {"4": True}
    assert (found.unknown, found.unread) == ((), ())


def test_a_map_stands_above_our_names() -> None:
    assert Spellings({"contact.address": ("City",)}).place(["City"]) == Place("contact.address")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b'"provider.nam" = ["x"]', "'provider.nam' is no field of the form, expected one of submission.kind", id="unknown"),
        pytest.param(b"[provider]\nname = 3", "provider.name is not a list of names of fields", id="number"),
        pytest.param(b"[provider]\nname = [3]", "provider.name is not a list of names of fields", id="numbers"),
        pytest.param(b"provider = {", "map", id="no TOML"),
    ],
)  # fmt: skip
def test_maps_that_are_none(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse_map(data, what="map")


names = st.sampled_from(
    [*PAIRS, "Address", "Check Box 3", "Signature", "Software Name Row 999", "products.purl", "1.b.i"]
)
values = st.sampled_from(
    ["", "Off", "yes", "No", "03/04/2026", "2026-01-31", "1.c", "\x00", "new", "ab" * 32]
) | st.text(max_size=9)
fields = st.builds(
    FormField,
    names=names.map(lambda name: (name,)),
    value=values,
    at=st.just("here"),
    kind=st.sampled_from(["text", "box", "choice", "signature"]),
    problem=st.sampled_from(["", "", "", "holds bytes that are no text"]),
)


@given(st.lists(fields, max_size=12))
def test_nothing_is_made_up_and_nothing_is_passed_over(some: list[FormField]) -> None:
    numbered = [msgspec.structs.replace(one, at=f"<{at}>") for at, one in enumerate(some)]
    found = reading(*numbered)
    written = {one.value.strip() for one in numbered}
    assert {*msgspec.structs.astuple(found.form.provider)} - {""} <= written
    assert {product.name for product in found.form.products} <= written
    told = str((found.found, found.unread, found.unknown, found.signatures))
    passed = [one for one in numbered if (one.problem or one.value.strip()) and one.at not in told]
    assert all(one.value == "Off" or repeated(one, numbered) for one in passed)


def repeated(one: FormField, fields: list[FormField]) -> bool:
    """Whether another field says the same of the same."""
    place = SPELLINGS.place(one.names)
    return sum(SPELLINGS.place(other.names) == place for other in fields) > 1
