"""The customer list: strict, committed to, opened one row at a time, never shown."""

import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.json_edit import Edit, drop, edited, put, twice

from assay.errors import Malformed, TooLarge, Untrusted
from assay.formats import customers
from assay.formats.customers import (
    Customer,
    CustomerId,
    CustomerList,
    RowProof,
    check_row,
    commitment,
    open_row,
)
from assay.formats.digest import Digest

LIST = CustomerList(
    customers=(
        Customer(
            name="Harbour Authority (fictional)",
            id=CustomerId(scheme="domain", value="harbour.example"),
            contact="desk@harbour.example",
            products=("lantern",),
            salt="01" * 32,
        ),
        Customer(name="Pilots' Guild (fictional)", salt="02" * 32),
        Customer(name="Ferry Line (fictional)", salt="03" * 32),
    )
)
TEXT = customers.encode(LIST)
EMPTY = CustomerList(customers=())

lists = st.lists(
    st.builds(
        Customer,
        name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=9),
        contact=st.text(st.characters(codec="utf-8"), max_size=9),
        salt=st.binary(min_size=32, max_size=32).map(bytes.hex),
    ),
    max_size=9,
    unique_by=lambda row: row.salt,
).map(lambda rows: CustomerList(customers=tuple(rows)))


@given(lists)
def test_round_trips(found: CustomerList) -> None:
    assert customers.parse(customers.encode(found)) == found


@given(lists.filter(lambda found: bool(found.customers)), st.data())
def test_a_row_opens_alone(found: CustomerList, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(found.customers) - 1))
    check_row(found.customers[index], open_row(found, index), commitment(found))


def test_layout_does_not_change_the_commitment() -> None:
    spaced = json.dumps(json.loads(TEXT), indent=4).encode()
    assert commitment(customers.parse(spaced)) == commitment(LIST)


def test_the_empty_list_commits_to_the_empty_tree() -> None:
    assert customers.parse(b'{"customers":[]}') == EMPTY
    assert commitment(EMPTY) == Digest.sha256(b"")


def test_the_commitment_is_the_root_over_the_canonical_rows() -> None:
    rows = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in json.loads(TEXT)["customers"]]
    first, second, third = (hashlib.sha256(b"\0" + row.encode()).digest() for row in rows)
    pair = hashlib.sha256(b"\1" + first + second).digest()
    assert commitment(LIST) == Digest("sha256", hashlib.sha256(b"\1" + pair + third).hexdigest())


PROOF = open_row(LIST, 1)


@pytest.mark.parametrize(
    ("row", "proof"),
    [
        pytest.param(LIST.customers[0], PROOF, id="another row"),
        pytest.param(msgspec.structs.replace(LIST.customers[1], salt="04" * 32), PROOF, id="another salt"),
        pytest.param(msgspec.structs.replace(LIST.customers[1], contact="x"), PROOF, id="a field changed"),
        pytest.param(LIST.customers[1], RowProof(index=0, rows=3, path=PROOF.path), id="another place"),
        pytest.param(LIST.customers[1], RowProof(index=1, rows=2, path=PROOF.path), id="another size"),
        pytest.param(LIST.customers[1], RowProof(index=1, rows=3, path=PROOF.path[::-1]), id="path reversed"),
        pytest.param(LIST.customers[1], RowProof(index=1, rows=3, path=PROOF.path[:1]), id="path too short"),
        pytest.param(LIST.customers[1], RowProof(index=7, rows=3, path=PROOF.path), id="outside"),
    ],
)
def test_refuses_a_proof(row: Customer, proof: RowProof) -> None:
    with pytest.raises(Untrusted, match="customer row") as caught:
        check_row(row, proof, commitment(LIST))
    assert "Guild" not in str(caught.value)


NEAR_MISSES = [
    pytest.param(drop("/customers"), "missing required field `customers`", id="no list"),
    pytest.param(put("/customers", None), "Expected `array`", id="null"),
    pytest.param(put("/note", "x"), "unknown field `note`", id="unknown field"),
    pytest.param(put("/customers/0/note", "x"), "unknown field `note` - at `$.customers[0]`", id="unknown field of a row"),
    pytest.param(drop("/customers/1/salt"), "missing required field `salt` - at `$.customers[1]`", id="no salt"),
    pytest.param(put("/customers/1/salt", "02" * 31), "$.customers[1].salt", id="short salt"),
    pytest.param(put("/customers/1/salt", "0A" * 32), "$.customers[1].salt", id="upper-case salt"),
    pytest.param(put("/customers/1/salt", "02" * 32 + "\n"), "$.customers[1].salt", id="salt with a newline"),
    pytest.param(put("/customers/1/salt", "01" * 32), "rows 0 and 1 have the same salt", id="salt used twice"),
    pytest.param(twice("/customers/0"), "rows 0 and 3 have the same salt", id="row twice"),
    pytest.param(put("/customers/0/name", ""), "$.customers[0].name", id="empty name"),
    pytest.param(put("/customers/0/name", 7), "Expected `str`, got `int`", id="name is a number"),
    pytest.param(drop("/customers/0/id/value"), "missing required field `value` - at `$.customers[0].id`", id="half an id"),
    pytest.param(put("/customers/0/products", "lantern"), "$.customers[0].products", id="products as text"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), NEAR_MISSES)
def test_refuses(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        customers.parse(edited(TEXT, edit))
    assert str(caught.value).startswith("customers.json")
    assert message in str(caught.value)
    assert "fictional" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT[:-1], id="truncated"),
        pytest.param(TEXT.replace(b'{"customers"', b'{"Ferry Line":1,"Ferry Line":2,"customers"'), id="a name as key, twice"),
        pytest.param(TEXT.replace(b"Ferry", b"Ferr\xff"), id="not UTF-8"),
        pytest.param(b"", id="empty"),
    ],
)  # fmt: skip
def test_errors_show_no_names(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        customers.parse(data)
    assert "Ferry" not in str(caught.value)
    assert str(caught.value) == "customers.json is not strict JSON (UTF-8, each key once, RFC 8259)"


def test_refuses_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers, "MAX_ROWS", 2)
    with pytest.raises(TooLarge, match="has 3 rows, over the limit of 2"):
        customers.parse(TEXT)


def test_nothing_shows_a_row() -> None:
    shown = f"{LIST!r} {LIST} {LIST.customers[0]!r} {LIST.customers[0].id} {[LIST]} {LIST.customers}"
    assert "Harbour" not in shown
    assert "harbour" not in shown
    assert repr(LIST) == "<CustomerList of 3 rows, not shown>"
