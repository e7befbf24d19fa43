"""What the reader of a portfolio may know of each submission: from what was posted, or as one whom it names."""

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

import msgspec

from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.history import SAYS, Reader, happened, reader, standing
from assay.office.permissions import Visible
from assay.office.portfolio import Event, Fact
from assay.office.ports import CaseQuery
from assay.office.service import Service
from assay.office.validate import read_verdict
from assay.register.leaf import Kind

PAGE = 500
MOST = 200_000
_CHANGES = frozenset({Kind.PUBLICATION, Kind.CORRECTION})


class Facts:
    """Remembers what it has read: each case once for each kind of reader, until it moves. May be shared by threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._door = Lock()
        self._known: OrderedDict[tuple[Digest, int, Reader], Fact] = OrderedDict()

    def seen(self, service: Service, visible: Visible) -> Iterator[Fact]:
        """Of all cases that are *visible*, or posted, and were judged."""
        to = msgspec.structs.replace(visible, published=True)
        query = CaseQuery(visible=to, sort="received", descending=False, limit=PAGE)
        while True:
            page = service.cases.find(query)
            for case in page.cases:
                if case.verdict is not None:
                    yield self._of(service, case, reader(case, visible))
            if not page.after:
                return
            query = msgspec.structs.replace(query, after=page.after)

    def _of(self, service: Service, case: Case, to: Reader) -> Fact:
        key = (case.payload, case.revision, to)
        with self._door:
            known = self._known.get(key)
        if known is not None:
            return known
        made = _fact(service, case, to)
        with self._door:
            self._known[key] = made
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return made


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
