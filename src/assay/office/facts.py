"""What the reader of a portfolio may know of each submission: from what was posted, or as one whom it names."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import msgspec

from assay.formats.inventory import InventoryItem
from assay.office.case import Case
from assay.office.found_by import SILENT_DIGEST, SILENT_PACKAGE, hashed, keys_behind
from assay.office.history import SAYS, Reader, happened, reader, standing
from assay.office.permissions import Visible
from assay.office.portfolio import MOST_SILENT, Event, Fact, Index, Silent, Standing, stand
from assay.office.ports import CaseQuery
from assay.office.service import Service
from assay.office.validate import read_verdict
from assay.register.leaf import Kind

PAGE = 500
ITEMS, FEW = 2000, 200
"""Looked up together: where all are asked for, and where a page of them is."""
MOST, OF_ONE = 100, 50
"""Places that are remembered, of all organisations and of one; a place is what stands behind so many items from a multiple of that on."""
_CHANGES = frozenset({Kind.PUBLICATION, Kind.CORRECTION})
Place = tuple[int, int]
"""The first item, and how many at most."""
_Mark = str
"""Entry and revision of a case, as ``7:2``."""


class _Behind(msgspec.Struct, frozen=True):
    """What stands behind some items of an organisation, and all that it follows from."""

    inventory: str
    """Its id."""
    visible: Visible
    keys: tuple[str, ...]
    marks: str
    """Of all that may be about them, as :meth:`Cases.marked` says them."""
    silent: Silent
    facts: Mapping[_Mark, Fact | None]
    """None for a case that was not judged."""
    standings: tuple[Standing, ...]


class Facts:
    """Remembers what stands behind items until a case that may be about one of them moves. May be shared by threads.

    The organisation that asked the longest ago is forgotten first. Of one that has too many items the first places stay: all are asked for in
    their order, so that each new one in the place of the oldest would leave none to be found.
    """

    def __init__(self, most: int = MOST, of_one: int = OF_ONE) -> None:
        self._most, self._of_one = most, of_one
        self._door = Lock()
        self._known: OrderedDict[str, dict[Place, _Behind]] = OrderedDict()

    def behind(
        self, service: Service, visible: Visible, organisation: str, inventory: str, place: Place, items: Callable[[], Sequence[InventoryItem]]
    ) -> tuple[Standing, ...]:  # fmt: skip
        """Of *items*, those at *place* in *organisation*'s inventory with that id; only asked for when they are not known.

        Cases that are *visible*, or posted, and were judged count, and no others.
        """
        to = msgspec.structs.replace(visible, published=True)
        known = self._recall(organisation, place)
        if known is not None and (known.inventory, known.visible) != (inventory, to):
            known = None
        asked = [one.item for one in known.standings] if known is not None else items()
        if not asked:
            return ()
        keys = known.keys if known is not None else keys_behind(asked)
        marks = service.cases.marked(keys, to)
        silent = Silent(
            service.cases.among(hashed(SILENT_DIGEST), to, MOST_SILENT),
            service.cases.among(hashed(SILENT_PACKAGE), to, MOST_SILENT),
        )
        if known is not None and (known.marks, known.silent) == (marks, silent):
            return known.standings
        facts = _facts(service, to, visible, marks, known.facts if known is not None else {})
        index = Index((one for one in facts.values() if one is not None), silent)
        made = _Behind(inventory, to, keys, marks, silent, facts, tuple(stand(asked, index)))
        self._remember(organisation, place, made)
        return made.standings

    def _recall(self, organisation: str, place: Place) -> _Behind | None:
        with self._door:
            own = self._known.get(organisation)
            if own is None:
                return None
            self._known.move_to_end(organisation)
            return own.get(place)

    def _remember(self, organisation: str, place: Place, made: _Behind) -> None:
        with self._door:
            own = self._known.get(organisation, {})
            kept = {
                at: one for at, one in own.items() if one.inventory == made.inventory
            }  # the others are of an earlier one
            if place in kept or len(kept) < self._of_one:
                kept[place] = made
            self._known[organisation] = kept
            self._known.move_to_end(organisation)
            while len(self._known) > 1 and sum(map(len, self._known.values())) > self._most:
                self._known.popitem(last=False)


def _facts(
    service: Service, to: Visible, visible: Visible, marks: str, known: Mapping[_Mark, Fact | None]
) -> dict[_Mark, Fact | None]:  # fmt: skip
    each = marks.split()
    found = {mark: known[mark] for mark in each if mark in known}
    new = [int(mark.partition(":")[0]) for mark in each if mark not in found]
    for start in range(0, len(new), PAGE):
        some = tuple(new[start : start + PAGE])
        query = CaseQuery(visible=to, entries=some, sort="received", descending=False, limit=PAGE)
        for case in service.cases.find(query).cases:
            judged = case.verdict is not None
            found[f"{case.entry}:{case.revision}"] = (
                _fact(service, case, reader(case, visible)) if judged else None
            )
    return found


def _fact(service: Service, case: Case, to: Reader) -> Fact:
    verdict = read_verdict(service.office, case.verdict)
    result = standing(case, to)
    return Fact(
        payload=case.payload,
        provider=verdict.provider,
        releases=verdict.releases,
        result=result,
        entry=case.entry,
        events=tuple(
            Event(one.at, SAYS[one.kind], result if one.kind in _CHANGES else "")
            for one in happened(service, case, to)
        ),
    )
