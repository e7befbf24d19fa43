"""Whether witnesses saw an entry before a moment: what their timestamps under checkpoints prove, and what they disprove.

A cosignature says that, as of its time, the tree is the largest that its maker has seen of the log (c2sp.org/tlog-cosignature).
So one before the moment over a tree with the entry proves that the entry was there; one at or after it over a tree without
the entry proves that its maker had not seen the entry by then.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from assay.formats import times
from assay.formats.note import Note
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.quorum import Quorum

Seen = Literal["yes", "no", "unknown"]
MAX_KEPT = 64
"""Witnesses of whom something is kept for one entry."""

Times = tuple[tuple[str, int], ...]
"""Unix seconds by the policy's name of a witness, in the order of the names."""


class Sightings(msgspec.Struct, frozen=True):
    """What cosignatures have told of one entry so far."""

    with_it: Times = ()
    """The earliest over a tree that has the entry."""
    without: Times = ()
    """The latest over a tree that has not."""

    def add(self, size: int, index: int, found: Mapping[str, int]) -> "Sightings":
        """After cosignatures *found* over the tree of *size*, which is one of the history that entry *index* is in."""
        if index < size:
            return msgspec.structs.replace(self, with_it=_joined(self.with_it, found, min))
        return msgspec.structs.replace(self, without=_joined(self.without, found, max))


class Judged(msgspec.Struct, frozen=True):
    answer: Seen
    says: str


def cosigned(note: Note, quorum: Quorum) -> dict[str, int]:
    """When each witness of the policy cosigned *note*, a checkpoint, by the policy's names.

    Untrusted where a line that names one of them does not verify.
    """
    cosigners = quorum.cosigners
    found = cosignature.verified(note, Checkpoint.parse(note.text), tuple(cosigners.values()))
    when = {one.cosigner: one.timestamp for one in found}
    return {name: when[cosigner] for name, cosigner in cosigners.items() if cosigner in when}


def before(sightings: Sightings, moment: datetime, quorum: Quorum) -> Judged:
    """Whether as many witnesses as the policy asks for saw the entry before *moment*."""
    if not quorum.requires_witnesses:
        return Judged("unknown", "the policy asks for no witness")
    limit, when = moment.timestamp(), times.encode(moment)
    early = {name for name, at in sightings.with_it if at < limit}
    if quorum.reached(early):
        return Judged("yes", f"seen before {when} by {', '.join(sorted(early))}")
    late = {name for name, at in sightings.without if at >= limit} - early
    if not quorum.reached(set(quorum.cosigners) - late):
        return Judged("no", f"not seen by {when} by {', '.join(sorted(late))}")
    have = f"seen before {when} by {', '.join(sorted(early)) or 'no witness'}"
    return Judged("unknown", f"{have}; the policy asks for {quorum.asks}")


def _joined(known: Times, found: Mapping[str, int], choose: Callable[[int, int], int]) -> Times:
    joined = dict(known)
    for name, at in found.items():
        joined[name] = choose(joined.get(name, at), at)
    return tuple(sorted(joined.items())[:MAX_KEPT])
