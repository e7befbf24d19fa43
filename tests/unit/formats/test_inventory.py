"""Inventories of relying parties: read in several spellings, every identifier in its one form, all or nothing."""

import json
from typing import Any

import pytest

from assay.errors import Faulty, Malformed
from assay.formats import inventory
from assay.formats.digest import Digest
from assay.formats.inventory import InventoryItem, read_csv, read_cyclonedx

HEX = "ab" * 32
TABLE = f"""\
Supplier,Software,Version,PURL,SHA-256,System owner,Criticality,Notes
Lighthouse Works (fictional),lantern,2.1.0,pkg:PyPI/Lantern_Core@2.1.0?B=1,SHA256:{HEX.upper()},Harbour desk,high,x
,,,,,,,a note alone
Guild,oar,,,,,,
"""
BILL: dict[str, Any] = {
    "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
    "metadata": {"component": {"type": "platform", "name": "the whole harbour"}},
    "components": [
        {"type": "library", "bom-ref": "l", "group": "@works", "name": "lantern", "version": "2.1.0",
         "purl": "pkg:npm/%40works/lantern@2.1.0", "supplier": {"name": "Lighthouse Works (fictional)"},
         "hashes": [{"alg": "SHA-256", "content": HEX}], "components": [{"type": "library", "name": "wick"}]},
    ],
}  # fmt: skip


def test_a_table() -> None:
    found = read_csv([TABLE.encode()])
    assert found.columns == ("provider", "product", "version", "purl", "sha256", "owner", "criticality")
    assert found.unknown == ("Notes",)
    assert list(found.items) == [
        InventoryItem(
            at="line 2", provider="Lighthouse Works (fictional)", product="lantern", version="2.1.0",
            purl="pkg:pypi/lantern-core@2.1.0?b=1", digests=(Digest("sha256", HEX),), owner="Harbour desk",
            criticality="high",
        ),
        InventoryItem(at="line 3"),
        InventoryItem(at="line 4", provider="Guild", product="oar"),
    ]  # fmt: skip


def test_a_bill() -> None:
    first, inner = read_cyclonedx(json.dumps(BILL).encode()).items
    assert first == InventoryItem(
        at="l", provider="Lighthouse Works (fictional)", product="@works/lantern", version="2.1.0",
        purl="pkg:npm/%40works/lantern@2.1.0", digests=(Digest("sha256", HEX),),
    )  # fmt: skip
    assert inner == InventoryItem(at="l/components/0", product="wick")


@pytest.mark.parametrize("column", inventory.COLUMNS)
def test_every_spelling_of_a_column(column: str) -> None:
    for heading in (column, *inventory.COLUMNS[column]):
        assert read_csv([f"{heading.upper().replace(' ', '_')},y\n".encode()]).columns == (column,)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        pytest.param(f"a,1,pkg:pypi/a,{HEX[:-1]}", "sha256 is not 64 lower-case hexadecimal digits", id="short digest"),
        pytest.param(f"a,1,pypi/a,{HEX}", "purl 'pypi/a' does not start with 'pkg:'", id="no purl"),
        pytest.param(f"{'a' * 301},1,,", "product has 301 characters, over 300", id="long name"),
        pytest.param("a,1,", "has 3 cells, expected 4", id="a cell missing"),
    ],
)  # fmt: skip
def test_one_broken_row_is_told_and_nothing_comes_after_it(cell: str, said: str) -> None:
    items = read_csv([f"product,version,purl,sha256\nfirst,1,,\n{cell}\nlast,1,,\n".encode()]).items
    assert next(items).product == "first"
    with pytest.raises(Faulty, match="one fault") as raised:
        next(items)
    ((at, reason),) = raised.value.faults
    assert (at, said in reason) == ("line 3", True)


def test_a_broken_purl_of_a_bill_is_told_by_its_component() -> None:
    broken = BILL | {"components": [*BILL["components"], {"type": "library", "name": "x", "purl": "npm/x"}]}
    with pytest.raises(Faulty, match="#/components/1: purl 'npm/x'"):
        list(read_cyclonedx(json.dumps(broken).encode()).items)


def test_a_document_that_is_none() -> None:
    with pytest.raises(Malformed, match="inventory"):
        read_cyclonedx(b"{}")
