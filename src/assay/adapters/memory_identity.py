"""Identities in memory: for tests."""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

from assay.errors import Duplicate, Untrusted
from assay.office.identity.account import Challenge, Invitation, Recovery, Session
from assay.office.identity.ports import Claims, Row
from assay.office.identity.token import ApiToken, Spent
from assay.office.identity.trail import Event, Noted

T = TypeVar("T", bound=Row)
Held = dict[tuple[Any, str], Row]
Changes = dict[Any, int]


class MemoryIdentities:
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: Held = {}
        self._trail: list[Event] = []
        self._changes: Changes = {}

    @contextmanager
    def read(self) -> Iterator["MemoryRows"]:
        with self._lock:
            rows = self._rows()
        yield rows

    @contextmanager
    def change(self) -> Iterator["MemoryRows"]:
        with self._lock:
            rows = self._rows()
            yield rows
            self._held, self._trail, self._changes = rows.held, rows.events, rows.counted

    def _rows(self) -> "MemoryRows":
        return MemoryRows(dict(self._held), list(self._trail), dict(self._changes))


class MemoryRows:
    def __init__(self, held: Held, events: list[Event], counted: Changes) -> None:
        self.held, self.events, self.counted = held, events, counted

    def get(self, kind: type[T], key: str, /) -> T | None:
        return cast("T | None", self.held.get((kind, key)))

    def several(self, kind: type[T], keys: Collection[str], /) -> dict[str, T]:
        return {key: row for key in keys if (row := self.get(kind, key)) is not None}

    def find(self, kind: type[T], /, **equal: str) -> tuple[T, ...]:
        some = [cast("T", row) for (of, _), row in sorted(self.held.items(), key=_id) if of is kind]
        return tuple(row for row in some if all(getattr(row, name) == value for name, value in equal.items()))

    def changes(self, *kinds: type[Row]) -> int:
        return sum(self.counted.get(kind, 0) for kind in kinds)

    def trail(
        self, *, organisation: str | None, before: int | None = None, limit: int = 100
    ) -> tuple[Noted, ...]:
        found = [
            Noted(number, event)
            for number, event in enumerate(self.events, 1)
            if organisation in (None, event.organisation) and (before is None or number < before)
        ]
        return tuple(reversed(found))[:limit]

    def add(self, row: Row) -> None:
        if (type(row), row.id) in self.held:
            raise Duplicate(f"{type(row).__name__} {row.id} is there already")
        self._write(row)

    def put(self, row: Row) -> None:
        if (type(row), row.id) not in self.held:
            raise ValueError(f"no {type(row).__name__} {row.id} to replace")
        self._write(row)

    def take(self, kind: type[T], key: str, /) -> T | None:
        found = cast("T | None", self.held.pop((kind, key), None))
        if found is not None:
            self._count(cast("type[Row]", kind))
        return found

    def sweep(self, now: datetime) -> int:
        gone = [key for key, row in self.held.items() if _passing(row) and _expires(row) <= now]
        for key in gone:
            del self.held[key]
            self._count(key[0])
        return len(gone)

    def note(self, event: Event) -> None:
        self.events.append(event)

    def _write(self, row: Row) -> None:
        self.held[type(row), row.id] = row
        self._count(type(row))

    def _count(self, kind: type[Row]) -> None:
        self.counted[kind] = self.counted.get(kind, 0) + 1


def _id(item: tuple[tuple[Any, str], Row]) -> str:
    return item[0][1]


def _passing(row: Row) -> bool:
    return isinstance(row, Session | Invitation | Challenge | Recovery | Spent) or (
        isinstance(row, ApiToken) and row.rule != ""
    )


def _expires(row: Any) -> datetime:
    return cast("datetime", row.expires)


class MemoryIssuers:
    """Knows what certain tokens say."""

    def __init__(self, read: Mapping[str, tuple[str, ...]]) -> None:
        self.read = read
        self.said: dict[str, Claims] = {}

    def verify(self, token: str, now: datetime) -> Claims:
        claims = self.said.get(token)
        if claims is None or claims.expires <= now:
            raise Untrusted("no such token")
        return claims
