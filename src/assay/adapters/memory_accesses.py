"""Grants and the log of accesses kept in memory, for tests."""

import threading
from collections.abc import Sequence

from assay.errors import Refused
from assay.formats.digest import Digest
from assay.office.accesses import Access, Grant, Line
from assay.office.permissions import Visible
from assay.office.work import Due, Work


class MemoryAccesses:
    """*work* takes what follows; without it, it is lost."""

    def __init__(self, work: Work | None = None) -> None:
        self._work = work
        self._door = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self._lines: list[Line] = []

    def put(self, grant: Grant, noted: Access, due: Sequence[Due] = ()) -> None:
        with self._door:
            before = self._grants.get(grant.id)
            if (before.revision + 1 if before else 0) != grant.revision:
                raise Refused("the request was decided meanwhile: look at it again")
            self._grants[grant.id] = grant
            self._lines.append(Line(len(self._lines) + 1, noted))
            if self._work is not None:
                self._work.put(due)

    def grant(self, key: str) -> Grant | None:
        return self._grants.get(key)

    def grants(self, visible: Visible, *, before: str = "", limit: int) -> tuple[Grant, ...]:
        with self._door:
            found = [
                one
                for key, one in sorted(self._grants.items(), reverse=True)
                if visible.shows(one.target) and (not before or key < before)
            ]
        return tuple(found[:limit])

    def between(self, case: Digest, to: str) -> tuple[Grant, ...]:
        with self._door:
            found = sorted(self._grants.items())
        return tuple(one for _, one in found if one.case == case and one.to == to)

    def waiting(self, to: str) -> int:
        with self._door:
            return sum(one.to == to and one.state == "requested" for one in self._grants.values())

    def note(self, access: Access) -> None:
        with self._door:
            self._lines.append(Line(len(self._lines) + 1, access))

    def log(
        self, owner: str | None, *, case: Digest | None = None, before: int | None = None, limit: int
    ) -> tuple[Line, ...]:
        with self._door:
            found = [
                one
                for one in reversed(self._lines)
                if (owner is None or one.access.owner == owner)
                and (case is None or one.access.case == case)
                and (before is None or one.number < before)
            ]
        return tuple(found[:limit])
