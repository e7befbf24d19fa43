"""What the reader of a portfolio may know of each submission: from what was posted, or as one whom it names."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
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
MOST = 100
"""Of what stands behind :data:`ITEMS` items, that is remembered."""
ITEMS = 2000
_CHANGES = frozenset({Kind.PUBLICATION, Kind.CORRECTION})
_Mark = tuple[int, int]
"""Entry and revision of a case."""


class _Behind(msgspec.Struct, frozen=True):
    """What stands behind some items of an organisation, and all that it follows from."""

    at: datetime
    """When the inventory was brought in."""
    visible: Visible
    keys: tuple[str, ...]
    marks: Mapping[int, int]
    silent: Silent
    facts: Mapping[_Mark, Fact | None]
    """None for a case that was not judged."""
    standings: tuple[Standing, ...]


class Facts:
    """Remembers what stands behind items until a case that may be about one of them moves. May be shared by threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._door = Lock()
        self._known: OrderedDict[tuple[str, int, int], _Behind] = OrderedDict()

    def behind(
        self, service: Service, visible: Visible, organisation: str, at: datetime, after: int, items: Sequence[InventoryItem]
    ) -> tuple[Standing, ...]:  # fmt: skip
        """Of *items*, those after the first *after* of the inventory that *organisation* brought in *at* that time.

        Cases that are *visible*, or posted, and were judged count, and no others.
        """
        to = msgspec.structs.replace(visible, published=True)
        place = (organisation, after, len(items))
        with self._door:
            known = self._known.get(place)
        if known is not None and (known.at, known.visible) != (at, to):
            known = None
        keys = known.keys if known is not None else keys_behind(items)
        marks = service.cases.marked(keys, to)
        silent = Silent(
            service.cases.among(hashed(SILENT_DIGEST), to, MOST_SILENT),
            service.cases.among(hashed(SILENT_PACKAGE), to, MOST_SILENT),
        )
        if known is not None and (known.marks, known.silent) == (marks, silent):
            return known.standings
        facts = _facts(service, to, visible, marks, known.facts if known is not None else {})
        index = Index((one for one in facts.values() if one is not None), silent)
        made = _Behind(at, to, keys, marks, silent, facts, tuple(stand(items, index)))
        with self._door:
            self._known[place] = made
            self._known.move_to_end(place)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return made.standings


def _facts(
    service: Service, to: Visible, visible: Visible, marks: Mapping[int, int], known: Mapping[_Mark, Fact | None]
) -> dict[_Mark, Fact | None]:  # fmt: skip
    found = {mark: known[mark] for mark in marks.items() if mark in known}
    new = [entry for entry, revision in marks.items() if (entry, revision) not in found]
    for start in range(0, len(new), PAGE):
        some = tuple(new[start : start + PAGE])
        query = CaseQuery(visible=to, entries=some, sort="received", descending=False, limit=PAGE)
        for case in service.cases.find(query).cases:
            judged = case.verdict is not None
            found[case.entry, case.revision] = _fact(service, case, reader(case, visible)) if judged else None
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
