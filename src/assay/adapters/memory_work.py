"""Due work kept in memory: for tests, and for an office that lives as long as its process."""

import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from assay.office.work import MAX_LEASE_S, Backlog, Claimed, Dead, Due, Lapsed


class _Row(msgspec.Struct, kw_only=True):
    due: Due
    ready: datetime
    state: str = "waiting"
    worker: str | None = None
    since: datetime | None = None
    claim: int = 0
    attempts: int = 0
    why: str = ""


class MemoryWork:
    def __init__(self) -> None:
        self._door = threading.Lock()
        self._rows: dict[str, _Row] = {}

    def put(self, dues: Sequence[Due]) -> None:
        with self._door:
            for one in dues:
                self._rows.setdefault(one.key, _Row(due=one, ready=one.at))

    def claim(
        self, kinds: Collection[str], now: datetime, limit: int, lease_s: float, worker: str
    ) -> tuple[Claimed, ...]:
        if limit < 1 or not 0 < lease_s <= MAX_LEASE_S:
            raise ValueError(f"a claim of {limit} for {lease_s} s")
        far = now + timedelta(seconds=MAX_LEASE_S)
        with self._door:
            waiting = [row for row in self._rows.values() if row.state == "waiting"]
            for row in waiting:
                if row.worker is not None and row.ready > far:
                    row.worker, row.ready = None, max(now, row.due.at)
            ready = [row for row in waiting if row.due.kind in kinds and row.ready <= now]
            taken = sorted(ready, key=lambda row: row.ready)[:limit]
            return tuple(_claim(row, now, now + timedelta(seconds=lease_s), worker) for row in taken)

    def renew(self, claimed: Claimed, now: datetime, lease_s: float) -> None:
        if not 0 < lease_s <= MAX_LEASE_S:
            raise ValueError(f"a lease of {lease_s} s")
        with self._door:
            self._held(claimed).ready = now + timedelta(seconds=lease_s)

    def done(self, claimed: Claimed) -> None:
        with self._door:
            row = self._held(claimed)
            row.state, row.worker = "done", None

    def failed(self, claimed: Claimed, why: str, again_at: datetime) -> None:
        with self._door:
            row = self._held(claimed)
            row.worker, row.ready, row.why = None, again_at, why

    def release(self, claimed: Claimed, at: datetime) -> None:
        with self._door:
            row = self._held(claimed)
            row.worker, row.ready, row.attempts = None, at, row.attempts - 1

    def dead(self, claimed: Claimed, why: str) -> None:
        with self._door:
            row = self._held(claimed)
            row.state, row.worker, row.why = "dead", None, why

    def cancel(self, key: str) -> bool:
        with self._door:
            row = self._rows.get(key)
            if row is None or row.state != "waiting":
                return False
            row.state, row.worker = "cancelled", None
            return True

    def waiting(self, kinds: Collection[str]) -> tuple[Backlog, ...]:
        with self._door:
            return tuple(self._backlog(kind) for kind in sorted(set(kinds)))

    def dead_letters(
        self, kinds: Collection[str], limit: int, *, subject: str | None = None
    ) -> tuple[Dead, ...]:
        with self._door:
            found = [
                Dead(due=row.due, attempts=row.attempts, since=row.since, why=row.why)
                for row in self._rows.values()
                if row.state == "dead"
                and row.due.kind in kinds
                and row.since is not None
                and subject in (None, row.due.subject)
            ]
        found.sort(key=lambda one: one.due.key)
        return tuple(sorted(found, key=lambda one: one.since, reverse=True)[:limit])

    def again(self, key: str, at: datetime) -> bool:
        with self._door:
            row = self._rows.get(key)
            if row is None or row.state != "dead":
                return False
            row.state, row.ready, row.attempts = "waiting", at, 0
            return True

    def forget(self, before: datetime) -> int:
        with self._door:
            old = [
                key
                for key, row in self._rows.items()
                if row.state in ("done", "cancelled") and (row.since or row.due.at) < before
            ]
            for key in old:
                del self._rows[key]
        return len(old)

    def _held(self, claimed: Claimed) -> _Row:
        key = claimed.due.key
        row = self._rows.get(key)
        if row is None or (row.state, row.worker, row.claim) != ("waiting", claimed.worker, claimed.claim):
            raise Lapsed(
                f"work {key} is no longer {claimed.worker}'s: it was claimed again, ended or cancelled meanwhile"
            )
        return row

    def _backlog(self, kind: str) -> Backlog:
        rows = [row for row in self._rows.values() if row.due.kind == kind]
        waits = [row.ready for row in rows if row.state == "waiting"]
        dead = sum(row.state == "dead" for row in rows)
        return Backlog(kind=kind, waiting=len(waits), dead=dead, soonest=min(waits, default=None))


def _claim(row: _Row, now: datetime, until: datetime, worker: str) -> Claimed:
    row.worker, row.since, row.ready = worker, now, until
    row.claim, row.attempts = row.claim + 1, row.attempts + 1
    return Claimed(due=row.due, worker=worker, claim=row.claim, attempts=row.attempts, since=now, until=until)
