"""What stands behind an inventory is remembered, and by nobody's asking forgotten for others."""

from itertools import pairwise
from typing import cast

import pytest
from tests.support import services
from tests.support.offices import NOW, PROVIDER
from tests.support.services import CUSTOMER_ORG

from assay.adapters.memory_inventories import MemoryInventories
from assay.formats.inventory import Inventory, InventoryItem
from assay.office import inventories as module
from assay.office.facts import Facts
from assay.office.inventories import Imported, bring, portfolio
from assay.office.permission_table import Role
from assay.office.permissions import Caller, Visible
from assay.office.portfolio import Standing

SERVICE = services.service()
SEEN = Visible()
ITEMS = [
    InventoryItem(at=f"line {at}", provider=PROVIDER, product="lantern", version=str(at)) for at in range(7)
]


def ask(facts: Facts, organisation: str, start: int = 0, inventory: str = "1") -> tuple[Standing, ...]:
    return facts.behind(SERVICE, SEEN, organisation, inventory, (start, 1), lambda: ITEMS[start : start + 1])


def test_who_asks_again_is_not_forgotten_for_who_came_later() -> None:
    facts = Facts(most=2, of_one=2)
    first, other = ask(facts, "a"), ask(facts, "b")
    assert ask(facts, "a") is first
    ask(facts, "c")
    assert ask(facts, "a") is first
    assert ask(facts, "b") is not other


def test_one_with_many_items_keeps_some_of_its_own_and_all_of_others() -> None:
    facts = Facts(most=4, of_one=2)
    other = ask(facts, "b")
    rounds = [[ask(facts, "a", start) for start in range(7)] for _ in range(3)]
    for before, after in pairwise(rounds):
        assert [one is again for one, again in zip(before, after, strict=True)] == [True] * 2 + [False] * 5
    assert ask(facts, "b") is other


def test_items_are_read_once_while_they_are_remembered() -> None:
    facts = Facts(most=2, of_one=2)
    first = ask(facts, "a")
    again = facts.behind(SERVICE, SEEN, "a", "1", (0, 1), lambda: pytest.fail("read again"))
    assert again is first


def test_beyond_the_last_item_nothing_is_remembered() -> None:
    facts = Facts(most=4, of_one=1)
    assert ask(facts, "a", len(ITEMS)) == ()
    assert ask(facts, "a") is ask(facts, "a")


def test_another_inventory_takes_the_place_of_the_one_before() -> None:
    facts = Facts(most=4, of_one=2)
    for start in range(3):
        ask(facts, "a", start)
    new = [ask(facts, "a", start, "2") for start in (2, 3)]
    assert [ask(facts, "a", start, "2") for start in (2, 3)] == new
    assert all(ask(facts, "a", start, "2") is one for start, one in zip((2, 3), new, strict=True))


def test_an_inventory_is_another_one_though_both_came_within_a_second() -> None:
    held, facts = MemoryInventories(), Facts()
    for product in ("lantern", "bell"):
        given = Inventory(("product",), (), iter((InventoryItem(at="line 2", product=product),)))
        bring(SERVICE, held, reader(), given)
        assert [one.item.product for one in portfolio(SERVICE, held, facts, reader())] == [product]


@pytest.mark.parametrize(
    ("after", "limit", "want"),
    [
        (0, None, range(7)), (3, None, range(3, 7)), (0, 1, range(1)), (1, 1, range(1, 2)), (1, 4, range(1, 5)),
        (5, 9, range(5, 7)), (7, 2, range(0)), (9, 2, range(0)), (2, 0, range(0)),
    ],
)  # fmt: skip
def test_any_page_is_of_the_same_places(
    after: int, limit: int | None, want: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ITEMS", 3)
    monkeypatch.setattr(module, "FEW", 2)
    held = MemoryInventories()
    held.replace(Imported(organisation=CUSTOMER_ORG, at=NOW, items=7, columns=()), ITEMS)
    places: list[tuple[int, int]] = []

    class Noted(Facts):
        def behind(self, *given: object) -> tuple[Standing, ...]:
            *_, place, _items = given
            places.append(cast("tuple[int, int]", place))
            return super().behind(*given)  # type: ignore[arg-type]

    found = portfolio(SERVICE, held, Noted(), reader(), after, limit)
    assert [one.item for one in found] == [ITEMS[at] for at in want]
    some = 3 if limit is None else 2
    assert {start % some for start, _ in places} <= {0}


def reader() -> Caller:
    return services.person(SERVICE, Role.RELYING_PARTY_MEMBER, organisation=CUSTOMER_ORG)
