"""Requests under keys, kept in memory."""

import threading
from datetime import datetime

from assay.office.repeats import Begun, too_many


class MemoryRepeats:
    def __init__(self) -> None:
        self._door = threading.Lock()
        self._rows: dict[tuple[str, str], Begun] = {}

    def begin(self, begun: Begun, now: datetime, most: int) -> Begun | None:
        with self._door:
            self._rows = {key: one for key, one in self._rows.items() if one.until > now}
            found = self._rows.get((begun.caller, begun.key))
            if found is not None:
                return found
            if sum(one.caller == begun.caller for one in self._rows.values()) >= most:
                raise too_many(most)
            self._rows[begun.caller, begun.key] = begun
            return None

    def finish(self, begun: Begun) -> None:
        with self._door:
            if (begun.caller, begun.key) in self._rows:
                self._rows[begun.caller, begun.key] = begun

    def forget(self, caller: str, key: str) -> None:
        with self._door:
            self._rows.pop((caller, key), None)
