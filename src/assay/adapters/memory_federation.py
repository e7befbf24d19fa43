"""Other offices and what they say, kept in memory."""

import threading
from collections.abc import Sequence

import msgspec

from assay.errors import Duplicate, Refused
from assay.formats.text import folded
from assay.office.federation import Peer, Query, Theirs, unrivalled


class MemoryFederation:
    def __init__(self) -> None:
        self._door = threading.Lock()
        self._offices: dict[str, Peer] = {}
        self._rows: dict[tuple[str, str, str], Theirs] = {}

    def offices(self) -> tuple[Peer, ...]:
        with self._door:
            return tuple(self._offices.values())

    def put_office(self, peer: Peer, before: Peer | None = None) -> None:
        with self._door:
            replaceable(peer, before, tuple(self._offices.values()))
            self._offices[peer.id] = peer

    def put(self, theirs: Theirs) -> Theirs:
        key = (theirs.office, theirs.what, str(theirs.attestation))
        with self._door:
            before = self._rows.get(key)
            if before is not None and before.index >= theirs.index:
                raise Duplicate(already(before))
            position = before.position if before is not None else len(self._rows) + 1
            self._rows[key] = made = msgspec.structs.replace(theirs, position=position)
            return made

    def get(self, position: int) -> Theirs | None:
        with self._door:
            return next((one for one in self._rows.values() if one.position == position), None)

    def find(self, query: Query) -> tuple[Theirs, ...]:
        provider, product = folded(query.provider), folded(query.product)
        with self._door:
            rows = sorted(self._rows.values(), key=lambda one: one.position, reverse=query.newest)
        fitting = [
            one
            for one in rows
            if (not query.after or (one.position < query.after) == query.newest)
            and one.position != query.after
            and query.office in ("", one.office)
            and provider in ("", folded(one.provider))
            and product in ("", folded(one.product))
            and query.what in ("", one.what)
        ]
        return tuple(fitting[: query.limit])


def already(before: Theirs) -> str:
    return f"entry {before.index} about {before.attestation.short} is here already, and no older"


def replaceable(peer: Peer, before: Peer | None, known: Sequence[Peer]) -> None:
    """Return where *peer* may take the place of *before* among those that are *known*. Refused, Duplicate."""
    there = next((one for one in known if one.id == peer.id), None)
    if there is not None and there.revoked is not None:
        raise Refused(f"{there.name!r} was revoked on {there.revoked:%Y-%m-%d}: {there.reason}")
    if there != before:
        raise Refused(f"the office {peer.name!r} has changed meanwhile: look at it again, then act")
    if peer.revoked is None:
        unrivalled(peer, (one for one in known if one is not there))
