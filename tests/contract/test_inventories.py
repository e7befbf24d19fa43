"""What every store of inventories keeps to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.adapters.memory_inventories import MemoryInventories
from assay.adapters.sql.inventories import SqlInventories
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.formats.digest import Digest
from assay.formats.inventory import InventoryItem
from assay.formats.verdict import File, ReleaseRef
from assay.office.found_by import keys_of_item, keys_of_releases
from assay.office.inventories import Imported, Inventories

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FILE = Digest.sha256(b"wheel")
WORKS = "Lighthouse Works (fictional)"


@pytest.fixture(params=["memory", "file", "postgres"])
def inventories(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inventories]:
    if request.param == "memory":
        yield MemoryInventories()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlInventories(engine)
    engine.dispose()


def imported(organisation: str, count: int) -> Imported:
    return Imported(
        organisation=organisation, at=NOON, items=count, columns=("product",), unknown=("Ünïcode ⚓",)
    )


def items(*products: str) -> tuple[InventoryItem, ...]:
    return tuple(
        InventoryItem(at=f"line {at + 2}", provider=WORKS, product=one, version="1\0", digests=(FILE,))
        for at, one in enumerate(products)
    )


def test_an_inventory_is_replaced_whole_and_is_its_organisations_own(inventories: Inventories) -> None:
    assert inventories.imported("harbour") is None
    assert inventories.items("harbour", 0, 10) == ()
    first, second, other = items("lantern", "bell"), items("oar"), items("lantern")
    inventories.replace(imported("other", 1), other)
    inventories.replace(imported("harbour", 2), first)
    assert inventories.imported("harbour") == imported("harbour", 2)
    assert inventories.items("harbour", 0, 10) == first
    inventories.replace(imported("harbour", 1), second)
    assert inventories.items("harbour", 0, 10) == second
    assert inventories.imported("harbour") == imported("harbour", 1)
    assert inventories.items("other", 0, 10) == other
    assert inventories.holders(keys_of_item(first[0])) == {"harbour", "other"}
    bell = InventoryItem(at="", provider="X", product="bell")
    assert inventories.holders(keys_of_item(bell)) == frozenset()


def test_pages(inventories: Inventories) -> None:
    many = items(*(f"product {n}" for n in range(12_000)))
    inventories.replace(imported("harbour", len(many)), many)
    found: list[InventoryItem] = []
    while page := inventories.items("harbour", len(found), 5_000):
        found += page
    assert tuple(found) == many


@pytest.mark.parametrize(
    ("item", "found"),
    [
        pytest.param({"provider": WORKS.upper(), "product": " Lantern "}, True, id="name"),
        pytest.param({"digests": (FILE,)}, True, id="digest"),
        pytest.param({"purl": "pkg:pypi/Lantern@9"}, True, id="package, whatever the version"),
        pytest.param({"provider": WORKS, "product": "bell"}, False, id="another product"),
        pytest.param({"provider": WORKS}, False, id="provider alone, and the case is about a product"),
        pytest.param({"product": "lantern"}, False, id="product of nobody"),
        pytest.param({"purl": "pkg:npm/lantern@2"}, False, id="another ecosystem"),
    ],
)
def test_an_item_is_found_by_what_a_case_is_about(
    inventories: Inventories, item: dict[str, object], *, found: bool
) -> None:
    one = InventoryItem(at="line 2", **item)  # type: ignore[arg-type]
    inventories.replace(imported("harbour", 1), (one,))
    release = ReleaseRef("lantern", "2.1.0", "pkg:pypi/lantern@2.1.0", (File("a.whl", str(FILE)),))
    assert inventories.holders(keys_of_releases(WORKS, (release,))) == ({"harbour"} if found else set())


def test_a_company_wide_case_is_about_all_of_a_provider(inventories: Inventories) -> None:
    inventories.replace(imported("harbour", 1), items("bell"))
    assert inventories.holders(keys_of_releases(WORKS, ())) == {"harbour"}
    assert inventories.holders(()) == frozenset()
