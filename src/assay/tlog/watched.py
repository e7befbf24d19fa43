"""What a monitor remembers of a register between two looks: a few kilobytes, whatever the register's size."""

from typing import Any, Protocol

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import b64, strict_json
from assay.register.body import Checkpoint
from assay.register.edge import Edge
from assay.register.rotation import KeyChange
from assay.register.sighting import Sightings
from assay.tlog.draw_watch import Commit, Draws, Result

FORMAT = "assay-monitor"
VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
MAX_ALARMS = 1000
MAX_PROVEN = 64
"""Of them, those with a file of evidence: what a register that shows another history at each look can fill a disk with."""


class Alarm(msgspec.Struct, frozen=True):
    """Something that stays wrong with the register for ever."""

    what: str
    evidence: str = ""
    """Name of the file that proves it."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    checkpoint: bytes
    """The newest signed note that continues what was seen before; what is audited is at most its size."""
    edge: Edge = Edge()
    """Of the entries that were read, recomputed and verified."""
    newest: int = 0
    """The latest time in an entry, Unix seconds."""
    statements: int = 0
    """Signed statements of others among the entries."""
    genesis: bytes = b""
    """Entry 0, once it was read."""
    changes: tuple[KeyChange, ...] = ()
    """Of the register's keys, oldest first."""
    draws: Draws = Draws()
    alarms: tuple[Alarm, ...] = ()
    seen: tuple[bytes, ...] = ()
    """Signed notes seen anywhere that were not compared yet: what :attr:`checkpoint` becomes must contain them."""

    def alarm(self, *new: Alarm) -> "Watched":
        """With *new* added, each once; over :data:`MAX_ALARMS` those that are proven stay."""
        alarms = tuple(dict.fromkeys((*self.alarms, *new))) if new else self.alarms
        if len(alarms) > MAX_ALARMS:
            proven = tuple(one for one in alarms if one.evidence)
            alarms = (*(one for one in alarms if not one.evidence),)[: MAX_ALARMS - len(proven)] + proven
        return msgspec.structs.replace(self, alarms=alarms)

    def check(self, head: Checkpoint, *, what: str = "monitor state") -> None:
        """Malformed when what was audited cannot be within *head*, the checkpoint that is kept here."""
        edge = self.edge
        if edge.size > head.size or (edge.size == head.size and edge.root != head.root):
            raise Malformed(
                f"{what}: the {edge.size} entries audited are not those of its checkpoint of size {head.size}"
            )

    def encode(self) -> bytes:
        return strict_json.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "origin": self.origin,
                "checkpoint": self.checkpoint.decode(),
                "size": self.edge.size,
                "edge": b64.encode(self.edge.joined),
                "newest": self.newest,
                "statements": self.statements,
                "genesis": b64.encode(self.genesis),
                "changes": [change_document(one) for one in self.changes],
                "draws": _draws(self.draws),
                "alarms": [{"what": one.what, "evidence": one.evidence} for one in self.alarms],
                "seen": [one.decode() for one in self.seen],
            }
        )

    @classmethod
    def parse(cls, data: bytes, *, what: str = "monitor state") -> "Watched":
        """Read what :meth:`encode` writes, and nothing else."""
        wire = strict_json.decode(data, _Wire, what=what, limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"{what} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        read = cls(
            origin=wire.origin,
            checkpoint=wire.checkpoint.encode(),
            edge=Edge.parse(wire.size, b64.decode(wire.edge, what=f"{what}: edge")),
            newest=wire.newest,
            statements=wire.statements,
            genesis=b64.decode(wire.genesis, what=f"{what}: genesis"),
            changes=tuple(read_change(one, what=what) for one in wire.changes),
            draws=Draws(
                tuple(
                    Commit(
                        one.index,
                        one.number,
                        b64.decode(one.leaf, what=f"{what}: draws"),
                        one.digest,
                        one.time,
                        Sightings(tuple(one.witnessed.items()), tuple(one.unseen.items())),
                    )
                    for one in wire.draws.commits
                ),
                tuple(Result(one.index, one.digest, one.time) for one in wire.draws.results),
                wire.draws.count,
                wire.draws.settled,
            ),
            alarms=tuple(Alarm(one.what, one.evidence) for one in wire.alarms),
            seen=tuple(one.encode() for one in wire.seen),
        )
        if read.encode() != data:
            raise Malformed(f"{what} is not in its canonical form")
        return read


class WatchState(Protocol):
    """Where a monitor keeps what it must not forget. One monitor at a time."""

    def load(self) -> bytes | None:
        """What :meth:`save` kept last, or None when this is the first look."""

    def save(self, data: bytes) -> None:
        """In the place of what was there. Durable when it returns; a crash inside leaves the one or the other."""

    def keep(self, name: str, data: bytes) -> None:
        """A piece of evidence. Durable when it returns; the same name always has the same bytes."""


def _draws(draws: Draws) -> dict[str, Any]:
    return {
        "commits": [
            {
                "index": one.index,
                "number": one.number,
                "leaf": b64.encode(one.leaf_hash),
                "digest": one.digest,
                "time": one.time,
                **({"witnessed": dict(seen)} if (seen := one.sightings.with_it) else {}),
                **({"unseen": dict(unseen)} if (unseen := one.sightings.without) else {}),
            }
            for one in draws.commits
        ],
        "results": [{"index": one.index, "digest": one.digest, "time": one.time} for one in draws.results],
        "count": draws.count,
        "settled": draws.settled,
    }


def change_document(change: KeyChange) -> dict[str, Any]:
    return {
        "index": change.index,
        "leaf": b64.encode(change.leaf),
        "proof": [b64.encode(one) for one in change.proof],
        "checkpoint": change.checkpoint.decode(),
        "consistency": [b64.encode(one) for one in change.consistency],
    }


def read_change(wire: "ChangeWire", *, what: str) -> KeyChange:
    what = f"{what}: changes"
    return KeyChange(
        index=wire.index,
        leaf=b64.decode(wire.leaf, what=what),
        proof=tuple(b64.decode(one, what=what) for one in wire.proof),
        checkpoint=wire.checkpoint.encode(),
        consistency=tuple(b64.decode(one, what=what) for one in wire.consistency),
    )


class ChangeWire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of keys as JSON."""

    index: int
    leaf: str
    proof: tuple[str, ...]
    checkpoint: str
    consistency: tuple[str, ...]


class _Commit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: int
    number: int
    leaf: str
    digest: str
    time: int
    witnessed: dict[str, int] = {}
    unseen: dict[str, int] = {}


class _Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: int
    digest: str
    time: int


class _Draws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commits: tuple[_Commit, ...]
    results: tuple[_Result, ...]
    count: int
    settled: int


class _Alarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    evidence: str


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    origin: str
    checkpoint: str
    size: int
    edge: str
    newest: int
    statements: int
    genesis: str
    changes: tuple[ChangeWire, ...]
    draws: _Draws
    alarms: tuple[_Alarm, ...]
    seen: tuple[str, ...]
