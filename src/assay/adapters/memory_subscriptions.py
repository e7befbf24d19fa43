"""Subscriptions kept in memory, for tests."""

import threading
from collections.abc import Collection

from assay.errors import Refused
from assay.office.subscription import Subscription


class MemorySubscriptions:
    def __init__(self) -> None:
        self._door = threading.Lock()
        self._held: dict[str, Subscription] = {}

    def put(self, subscription: Subscription) -> None:
        with self._door:
            before = self._held.get(subscription.id)
            if (before.revision + 1 if before else 0) != subscription.revision:
                raise Refused("the subscription was changed meanwhile: look at it again")
            self._held[subscription.id] = subscription

    def get(self, key: str) -> Subscription | None:
        return self._held.get(key)

    def of(self, organisations: Collection[str] | None) -> tuple[Subscription, ...]:
        with self._door:
            found = [
                one
                for one in self._held.values()
                if organisations is None or one.organisation in organisations
            ]
        return tuple(sorted(found, key=lambda one: one.id))

    def remove(self, key: str) -> None:
        with self._door:
            self._held.pop(key, None)
