"""Inventories kept in memory, for tests."""

from collections.abc import Iterable, Sequence

from assay.formats.inventory import InventoryItem
from assay.office.found_by import keys_of_item
from assay.office.inventories import Imported


class MemoryInventories:
    def __init__(self) -> None:
        self._held: dict[str, tuple[Imported, tuple[InventoryItem, ...]]] = {}

    def replace(self, imported: Imported, items: Sequence[InventoryItem]) -> None:
        self._held[imported.organisation] = (imported, tuple(items))

    def imported(self, organisation: str) -> Imported | None:
        found = self._held.get(organisation)
        return None if found is None else found[0]

    def items(self, organisation: str, after: int, limit: int) -> tuple[InventoryItem, ...]:
        found = self._held.get(organisation)
        return () if found is None else found[1][after : after + limit]

    def holders(self, keys: Iterable[str]) -> frozenset[str]:
        wanted = frozenset(keys)
        return frozenset(
            organisation
            for organisation, (_, items) in self._held.items()
            if any(wanted & keys_of_item(item) for item in items)
        )
