"""What relying parties run: each organisation's own inventory, brought in whole, and what stands behind it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from assay.errors import TooLarge
from assay.formats.inventory import Inventory, InventoryItem
from assay.formats.verdict import VerdictDocument
from assay.office.facts import FEW, ITEMS, Facts
from assay.office.found_by import keys_of_item, keys_of_releases
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, Visible, require, visible
from assay.office.portfolio import Changed, Standing, changed
from assay.office.service import Service

MAX_ITEMS = 1_000_000
MOST_CRITICAL = 4
WORDS: Mapping[str, int] = {
    "none": 0, "no": 0, "not critical": 0, "non critical": 0,
    "low": 1, "minor": 1, "tier 4": 1,
    "medium": 2, "moderate": 2, "normal": 2, "tier 3": 2,
    "high": 3, "important": 3, "major": 3, "tier 2": 3,
    "critical": 4, "very high": 4, "mission critical": 4, "business critical": 4, "safety critical": 4, "vital": 4,
    "essential": 4, "tier 1": 4, "tier 0": 4,
}  # fmt: skip
"""How critical something is, in inventories' own words."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """An inventory as it was brought in."""

    organisation: str
    at: datetime
    id: str = ""
    """Another one each time: two may come within a second."""
    items: int
    columns: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Headings that were not read."""


class Inventories(Protocol):
    """Inventories by organisation. May be shared by threads and processes. Unavailable when the store does not answer."""

    def replace(self, imported: Imported, items: Sequence[InventoryItem]) -> None:
        """The organisation has these items and no others. Durable when it returns; a crash inside leaves what was there before."""

    def imported(self, organisation: str) -> Imported | None:
        """None before the first."""

    def items(self, organisation: str, after: int, limit: int) -> tuple[InventoryItem, ...]:
        """At most *limit*, in their order, those after the first *after*."""

    def holders(self, keys: Iterable[str]) -> frozenset[str]:
        """Organisations that have an item with one of *keys* (:func:`keys_of_item`)."""


def bring(
    service: Service, inventories: Inventories, caller: Caller, given: Inventory, most: int = MAX_ITEMS
) -> Imported:
    """Replace the inventory of the caller's organisation. Faulty, and nothing is changed, when any row of it is."""
    require(caller, Action.INVENTORY_WRITE, Target(owner=caller.organisation))
    items: list[InventoryItem] = []
    for item in given.items:
        items.append(item)
        if len(items) > most:
            raise TooLarge(f"the inventory has over {most} items")
    made = Imported(
        organisation=caller.organisation,
        at=service.now(),
        id=identifier(service.office.entropy),
        items=len(items),
        columns=given.columns,
        unknown=given.unknown,
    )
    inventories.replace(made, items)
    return made


def imported(inventories: Inventories, caller: Caller) -> Imported | None:
    return inventories.imported(_reader(caller))


def inventory(
    inventories: Inventories, caller: Caller, after: int = 0, limit: int | None = None
) -> Iterable[InventoryItem]:
    """All items of the caller's organisation, or at most *limit* after the first *after*."""
    organisation = _reader(caller)
    return _all(inventories, organisation) if limit is None else inventories.items(organisation, after, limit)


def portfolio(
    service: Service,
    inventories: Inventories,
    facts: Facts,
    caller: Caller,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[Standing]:
    """What stands behind each item, from posted results and from cases that name the organisation.

    Of all items, or of at most *limit* after the first *after*.
    """
    seen = visible(caller, Action.SUBMISSION_READ)
    return _standing(service, inventories, facts, _reader(caller), seen, after, limit)


def _standing(
    service: Service,
    inventories: Inventories,
    facts: Facts,
    organisation: str,
    seen: Visible,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[Standing]:
    brought = inventories.imported(organisation)
    end = after + limit if limit is not None else None
    some = ITEMS if end is None else FEW
    start = after - after % some  # what is asked for differs, what is remembered does not
    while brought is not None and (end is None or start < end):
        items = partial(inventories.items, organisation, start, some)
        found = facts.behind(service, seen, organisation, brought.id, (start, some), items)
        if not found:
            return
        yield from found[max(0, after - start) : None if end is None else end - start]
        start += some


def portfolio_changes(
    service: Service, inventories: Inventories, facts: Facts, caller: Caller, since: datetime
) -> Iterator[Changed]:
    """What happened after *since* to what stands behind each item."""
    return changed(portfolio(service, inventories, facts, caller), since)


def followed(
    service: Service, inventories: Inventories, facts: Facts, caller: Caller, since: datetime
) -> Iterator[Changed]:
    """:func:`portfolio_changes` for whoever may follow them and, as a reader of feeds with its token, perhaps nothing else."""
    organisation = _reader(caller, Action.INVENTORY_FOLLOW)
    seen = visible(caller, Action.INVENTORY_FOLLOW)
    return changed(_standing(service, inventories, facts, organisation, seen), since)


def rated(inventories: Inventories, verdicts: Sequence[VerdictDocument | None]) -> tuple[int | None, ...]:
    """For each verdict the most that a relying party here says of the product, from 0 to 4.

    0 where no inventory has it; None where one has it and says nothing that can be read, and none says the most. Each inventory
    that has any of them is gone through once.
    """
    wanted = [None if one is None else keys_of_releases(one.provider, one.releases) for one in verdicts]
    found: dict[int, list[int | None]] = {at: [] for at in range(len(wanted))}
    by_key: dict[str, list[int]] = {}
    for at, keys in enumerate(wanted):
        for key in keys or ():
            by_key.setdefault(key, []).append(at)
    for organisation in sorted(inventories.holders(by_key)):
        for item in _all(inventories, organisation):
            hit = {at for key in keys_of_item(item) for at in by_key.get(key, ())}
            for at in hit:
                found[at].append(rating(item.criticality))
    return tuple(None if keys is None else _most(found[at]) for at, keys in enumerate(wanted))


def rating(said: str) -> int | None:
    """From 0 to 4, by the words that inventories use; None for none of them: a bare number may count from either end."""
    return WORDS.get(" ".join(said.casefold().replace("-", " ").replace("_", " ").split()))


def _most(ratings: Sequence[int | None]) -> int | None:
    told = [one for one in ratings if one is not None]
    if len(told) < len(ratings) and max(told, default=0) < MOST_CRITICAL:
        return None
    return max(told, default=0)


def _reader(caller: Caller, action: Action = Action.INVENTORY_READ) -> str:
    require(caller, action, Target(owner=caller.organisation))
    return caller.organisation


def _all(inventories: Inventories, organisation: str, page: int = 2000) -> Iterator[InventoryItem]:
    after = 0
    while found := inventories.items(organisation, after, page):
        yield from found
        after += len(found)
