"""What was read before, for as long as a process lives: the same locks, policies, workflows and files of a release come again and again.

Everything in it is a frozen value that follows from bytes alone, and is kept under the SHA-256 of those bytes and whatever else
the reader goes by. So it does not matter whose submission it was first read from: who finds it here finds what reading would give.
What depends on trust roots, times, providers or policies is never kept (docs/adr/0019-read-once.md).
"""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

V = TypeVar("V")

READINGS_BYTES = 64 * 1024 * 1024
MEMBERS_BYTES = 24 * 1024 * 1024
_ENTRY = 400
"""Bytes of an entry's key and of its place in the order."""
_SHARE = 4
"""No entry takes more than this part of the whole."""
_SAMPLE = 8


class Recent(Generic[V]):
    """Values by key, at most *limit* bytes of them; what was not asked for longest is forgotten first. Safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._entries: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._door = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        with self._door:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """*size*: bytes of memory, about. What would take more than its share is not kept."""
        size += _ENTRY
        if size * _SHARE > self._limit:
            return
        with self._door:
            _, before = self._entries.pop(key, (None, 0))
            self._entries[key] = (value, size)
            self._held += size - before
            while self._held > self._limit:
                _, (_, gone) = self._entries.popitem(last=False)
                self._held -= gone

    @property
    def held(self) -> int:
        """Bytes, about."""
        return self._held

    def __len__(self) -> int:
        return len(self._entries)


class Memory:
    """What one process remembers, in bytes at most."""

    def __init__(self, readings: int = READINGS_BYTES, members: int = MEMBERS_BYTES) -> None:
        self.readings: Recent[Any] = Recent(readings)
        """Typed evidence, by the artifact's bytes, kind and name."""
        self.members: Recent[Any] = Recent(members)
        """What is found in a file of an archive, by how it is packed."""


def recalled(
    recent: Recent[V], key: Hashable, make: Callable[[], V], size: Callable[[V], int] | None = None
) -> V:
    """The value kept under *key*, else what *make* gives, which is kept; what it raises is not. *size*: instead of :func:`weight`."""
    found = recent.get(key)
    if found is None:
        found = make()
        recent.put(key, found, (size or weight)(found))
    return found


def weight(value: Any) -> int:
    """Bytes of memory that a frozen value takes, about: of many alike, a few are looked at."""
    match value:
        case str() | bytes():
            return sys.getsizeof(value)
        case msgspec.Struct():
            return 56 + sum(8 + weight(getattr(value, name)) for name in value.__struct_fields__)
        case Mapping():
            return 64 + 100 * len(value) + _sampled(value.keys()) + _sampled(value.values())
        case tuple() | frozenset():
            return 56 + 8 * len(value) + _sampled(value)
    return 48


def _sampled(values: Collection[Any]) -> int:
    count = len(values)
    if not count:
        return 0
    step = -(-count // _SAMPLE)
    chosen = [weight(one) for one in islice(values, 0, None, step)]
    return sum(chosen) * count // len(chosen)
