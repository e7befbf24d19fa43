"""The customer list as a table: the same list comes back, under the same commitment, and no error shows a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Faulty, Malformed, Unsupported
from assay.formats import customers_csv
from assay.formats.customers import Customer, CustomerId, CustomerList, commitment
from assay.formats.customers_csv import read, write

words = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=9),
    st.sampled_from(["=1+1", "a;b", "a\\", "\\;", "-x", "'+1", "a\nb"]),
).filter(lambda text: text.strip() == text)
lists = st.lists(
    st.builds(
        Customer,
        name=words,
        id=st.none() | st.builds(CustomerId, scheme=words, value=words),
        contact=st.just("") | words,
        products=st.lists(words, max_size=3).map(tuple),
        salt=st.binary(min_size=32, max_size=32).map(bytes.hex),
    ),
    max_size=5,
    unique_by=lambda row: row.salt,
).map(lambda rows: CustomerList(customers=tuple(rows)))
SALT = "0f" * 32


def no_salt() -> str:
    raise AssertionError("every row has its salt")


@given(lists)
def test_the_same_list_comes_back(found: CustomerList) -> None:
    again = read([write(found)], no_salt)
    assert again == found
    assert commitment(again) == commitment(found)


def test_a_list_typed_by_hand_gets_salts() -> None:
    salts = iter(["01" * 32, "02" * 32])
    table = "Customer;E-mail;Products;Scheme;Identifier\nHarbour;desk@h.example;lantern, oar;domain;h.example\nGuild;;;;\n"
    found = read([table.encode()], lambda: next(salts))
    assert [row.salt for row in found.customers] == ["01" * 32, "02" * 32]
    assert found.customers[0] == Customer(
        name="Harbour", id=CustomerId(scheme="domain", value="h.example"), contact="desk@h.example",
        products=("lantern, oar",), salt="01" * 32,
    )  # fmt: skip


def test_products_stand_between_semicolons() -> None:
    (row,) = read([b"name,products\nHarbour,lantern ; oar;;a\\;b\n"], lambda: SALT).customers
    assert row.products == ("lantern", "oar", "a;b")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param(",domain,h.example,,,", "has no name", id="no name"),
        pytest.param(
            "Harbour,domain,,,,", "has one of id_scheme and id, expected both or neither", id="half an id"
        ),
        pytest.param(
            f"Harbour,,,,,{SALT.upper()}",
            "has a salt that is not 64 lower-case hexadecimal digits",
            id="salt",
        ),
        pytest.param(f"Harbour,,,,,{SALT}\nGuild,,,,,{SALT}", "has the salt of line 2", id="salt twice"),
        pytest.param(f"{'H' * 1001},,,,,", "name has over 1000 characters", id="long"),
        pytest.param(f"Harbour,,,,{'p' * 1001},", "products has over 1000 characters", id="long product"),
    ],
)
def test_refuses_without_showing_the_row(row: str, said: str) -> None:
    with pytest.raises(Faulty) as raised:
        read([f"name,id_scheme,id,contact,products,salt\n{row}\n".encode()], lambda: "03" * 32)
    assert said in str(raised.value)
    assert "Harbour" not in f"{raised.value}{raised.value.faults}"


@pytest.mark.parametrize(
    "table", [b"Harbour,desk@h.example\n", b"contact\nHarbour\n"], ids=["no headings", "no name"]
)
def test_refuses_a_table_without_names(table: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        read([table], lambda: SALT)
    assert "Harbour" not in str(raised.value)


@pytest.mark.parametrize("name", ["a\x07", " a", "a\n"], ids=["control", "blank before", "line end after"])
def test_does_not_write_what_would_not_come_back(name: str) -> None:
    with pytest.raises(Unsupported, match=r"row 0 has a control character") as raised:
        write(CustomerList(customers=(Customer(name=name, salt=SALT),)))
    assert "a" + "\x07" not in str(raised.value)


def test_the_headings_are_the_fields() -> None:
    assert write(CustomerList(customers=())) == b"name,id_scheme,id,contact,products,salt\r\n"
    assert set(customers_csv.COLUMNS) == {"name", "id_scheme", "id", "contact", "products", "salt"}
