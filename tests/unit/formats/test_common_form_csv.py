"""The common form as a table: below each other or beside each other, and a broken row stops all of it."""

import tracemalloc
from collections import deque
from collections.abc import Iterator
from datetime import date
from itertools import islice

import pytest
from tests.support import filled_forms

from assay.errors import Faulty, Malformed
from assay.formats.common_form import Product
from assay.formats.common_form_csv import Attested, many, one, open_, unknown
from assay.formats.common_form_fields import Place, Spellings

SPELLINGS = Spellings()
TABLE = """\
Attestation;Company Name;Product Name;Version;Release date;All items;Colour
A;Works;lantern;1;2026-01-31;yes;red
A;Works;oar;2;2026-02-28;yes;
B;Guild;sail;;;;
;Harbour;buoy;3;;no;
;Harbour;buoy;3;;no;
"""


def forms(text: str) -> list[Attested]:
    return list(many(open_([text.encode()], SPELLINGS, what="t.csv"), SPELLINGS))


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as raised:
        forms(text)
    return list(raised.value.faults)


def test_a_form_below_each_other() -> None:
    sheet = open_([filled_forms.CSV.encode()], SPELLINGS, what="f.csv")
    assert sheet.below
    found = one(sheet, SPELLINGS)
    filled_forms.is_all_of(found.form)
    assert (Place("provider.city"), "line 12, field 'City'") in found.found


@pytest.mark.parametrize(
    ("text", "below"),
    [
        pytest.param("Question;Answer\nCity;Seaside\n", True, id="headings"),
        pytest.param("City,Seaside\nCountry,Nowhere\n", True, id="no headings"),
        pytest.param("City,Country\nSeaside,Nowhere\n", False, id="two columns"),
        pytest.param("City\nSeaside\n", False, id="one column"),
    ],
)
def test_which_kind_of_table(text: str, below: bool) -> None:
    sheet = open_([text.encode()], SPELLINGS, what="f.csv")
    assert sheet.below is below
    form = one(sheet, SPELLINGS).form if below else next(many(sheet, SPELLINGS)).form
    assert form.provider.city == "Seaside"


def test_an_attestation_on_each_row_and_its_products_on_more() -> None:
    found = forms(TABLE)
    assert [(item.line, item.form.provider.name) for item in found] == [(2, "Works"), (4, "Guild"), (5, "Harbour"), (6, "Harbour")]  # fmt: skip
    assert found[0].form.products == (
        Product("lantern", "1", date(2026, 1, 31)),
        Product("oar", "2", date(2026, 2, 28)),
    )
    assert [item.form.all_items for item in found] == [True, None, False, False]
    assert unknown(open_([TABLE.encode()], SPELLINGS, what="t.csv"), SPELLINGS) == ("Colour",)


def test_columns_with_numbers_are_products_too() -> None:
    (found,) = forms("Product 1 name,Version 1,Product 2 name,Version 2\nlantern,1,oar,2\n")
    assert found.form.products == (Product("lantern", "1"), Product("oar", "2"))


@pytest.mark.parametrize(
    ("rows", "at", "reason"),
    [
        pytest.param("A;Works;lantern;1;soon;yes;", "line 2, column 'Release date'", "products.1.released says 'soon'", id="date"),
        pytest.param("A;Works;;1;;;", "line 2, column 'Version'", "product 1 has no name", id="no name"),
        pytest.param("A;Works;lantern", "line 2", "has 3 cells, expected 7", id="short"),
        pytest.param("A;Works;lantern;1;;;\nA;Guild;oar;2;;;", "line 3, column 'Company Name'", "provider.name is 'Guild' here and 'Works' at line 2", id="two providers"),
        pytest.param("A;Works;l;1;;;\nB;Works;m;1;;;\nA;Works;n;1;;;", "line 4", "attestation 'A' goes on here, expected its rows together", id="apart"),
        pytest.param("A;Works;l;1;;;\n" * 201, "line 202", "attestation 'A' has over 200 rows", id="many rows"),
    ],
)  # fmt: skip
def test_a_broken_row_is_told_and_stops_all(rows: str, at: str, reason: str) -> None:
    found = faults(TABLE.splitlines()[0] + "\n" + rows + "\n;Last;x;1;;;\n")
    assert found[0][0] == at
    assert reason in found[0][1]


def test_nothing_comes_after_a_fault() -> None:
    found = many(
        open_([b"Company,Product,Release date\nA,a,\nB,b,soon\nC,c,\n"], SPELLINGS, what="t"), SPELLINGS
    )
    assert next(found).form.provider.name == "A"
    with pytest.raises(Faulty, match="one fault, and nothing of it was taken: line 3"):
        next(found)


def test_every_fault_is_told() -> None:
    found = faults("Company,Released\nA,soon\nB\nC,2026-01-31\n,later\n")
    assert [at.partition(",")[0] for at, _ in found] == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "is empty, expected fields of the form", id="empty"),
        pytest.param("a,b,c\n1,2,3\n", r"names no field of the form \(a, b, c\)", id="foreign"),
        pytest.param("City,Company city,Country\na,b,c\n", "names provider.city more than once", id="twice"),
        pytest.param(
            "Field,Value\nCity,Seaside,more\n",
            "line 2: has 3 cells, expected a field and its value",
            id="three",
        ),
    ],
)
def test_refuses(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        taken(text)


def taken(text: str) -> object:
    sheet = open_([text.encode()], SPELLINGS, what="t.csv")
    return one(sheet, SPELLINGS) if sheet.below else list(many(sheet, SPELLINGS))


def long(rows: int) -> Iterator[bytes]:
    yield b"Company,Product,Version,Release date\n"
    for at in range(0, rows, 50):
        yield b"".join(b"Works,lantern,%d,2026-01-31\n" % (at + number) for number in range(50))
    yield b"Works,lantern,last,31/31/2026\n"


def test_a_long_table_with_a_broken_last_line() -> None:
    sheet = open_(long(5_000), SPELLINGS, what="t.csv")
    tracemalloc.start()
    last = deque(enumerate(islice(many(sheet, SPELLINGS), 5_000), 1), maxlen=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ((count, item),) = last
    assert (count, item.form.products[0].version) == (5_000, "4999")
    assert peak < 2_000_000
    with pytest.raises(Faulty, match=r"one fault.*line 52, column 'Release date'"):
        list(many(open_(long(50), SPELLINGS, what="t.csv"), SPELLINGS))
