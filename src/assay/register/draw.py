"""Draws that outsiders recompute: what is committed before a beacon's round, what is drawn from it, and how.

Two documents as canonical JSON, each named by its SHA-256 in the entry of its kind; see docs/formats/draw.md. Selection
is by hashes and integers alone. A leaf of weight *w* holds *w* tickets, SHA-256 over the seed, its index and the ticket's
number; the leaves of the lowest tickets are drawn. That is sampling by weight without replacement (Efraimidis and
Spirakis 2006, whose key u**(1/w) is distributed as the best of *w* tickets), without a fraction anywhere.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json, times
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.register.checkpoint import Checkpoint
from assay.register.merkle import HASH_BYTES, MAX_SIZE

COMMIT_FORMAT = "assay-draw-commit"
RESULT_FORMAT = "assay-draw-result"
VERSION = 1
ALGORITHM = "assay-draw-v1"
MAX_BYTES = 32 * 1024 * 1024
MAX_STRATA = 256
MAX_LEAVES = 1_000_000
MAX_WEIGHT = 1_000
MAX_TICKETS = 10_000_000
MAX_RATE = 1_000_000
MAX_NUMBER = 2**31 - 1
MAX_ROUND = 2**63 - 1
MAX_TEXT = 200
VALUE_BYTES = range(16, 129)
"""Of a beacon's value."""
NOT_VERIFIABLE = "not verifiable against the operator"
"""What a draw without a beacon is called wherever it is shown."""


class Beacon(msgspec.Struct, frozen=True):
    """A round of a public source of randomness that nobody could know when the draw was committed."""

    name: str
    """Which beacon, with the identity of its chain, such as ``drand:<chain hash>``."""
    round: int
    due: datetime
    """When the round is published, by the beacon's own schedule."""


class Stratum(msgspec.Struct, frozen=True):
    """Leaves that are drawn at one rate: *take* of each *of*, rounded up."""

    name: str
    take: int
    of: int
    leaves: tuple[tuple[int, int], ...]
    """(index of the entry, weight), by index."""

    @property
    def count(self) -> int:
        """How many are drawn."""
        return -(-len(self.leaves) * self.take // self.of)


class DrawCommit(msgspec.Struct, frozen=True, kw_only=True):
    """All that a draw depends on but the beacon's value."""

    number: int
    """Of the draw, from 1; each number is drawn once."""
    frame: Checkpoint
    """The register when the strata were made."""
    strata: tuple[Stratum, ...]
    """By name. A leaf stands in at most one."""
    policy: Digest
    """SHA-256 of the policy that gave rates and weights."""
    beacon: Beacon | None
    """None: the operator could have steered the draw, see :data:`NOT_VERIFIABLE`."""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def label(self) -> str:
        """What is to be said of the draw: empty, or :data:`NOT_VERIFIABLE`."""
        return "" if self.beacon else NOT_VERIFIABLE

    def encode(self) -> bytes:
        """The document: canonical JSON."""
        beacon = self.beacon
        return strict_json.encode(
            {
                "format": COMMIT_FORMAT,
                "version": VERSION,
                "algorithm": ALGORITHM,
                "number": self.number,
                "frame": {
                    "origin": self.frame.origin,
                    "size": self.frame.size,
                    "root": b64.encode(self.frame.root),
                },
                "strata": [
                    {"name": one.name, "take": one.take, "of": one.of, "leaves": one.leaves}
                    for one in self.strata
                ],
                "policy": str(self.policy),
                "beacon": None
                if beacon is None
                else {"name": beacon.name, "round": beacon.round, "due": times.encode(beacon.due)},
            }
        )

    @property
    def digest(self) -> Digest:
        """What the draw-commit entry names."""
        return Digest.sha256(self.encode())

    @classmethod
    def parse(cls, data: bytes, *, what: str = "draw-commit") -> "DrawCommit":
        """Read what :meth:`encode` writes, and nothing else."""
        wire = strict_json.decode(data, _Commit, what=what, limit=MAX_BYTES)
        _version(wire.format, wire.version, COMMIT_FORMAT, what)
        if wire.algorithm != ALGORITHM:
            raise Unsupported(f"{what}: algorithm is {wire.algorithm[:40]!r}, expected {ALGORITHM!r}")
        beacon = wire.beacon
        commit = cls(
            number=wire.number,
            frame=Checkpoint(
                wire.frame.origin, wire.frame.size, b64.decode(wire.frame.root, what=f"{what}: frame.root")
            ),
            strata=tuple(Stratum(one.name, one.take, one.of, one.leaves) for one in wire.strata),
            policy=Digest.parse(wire.policy, what=f"{what}: policy"),
            beacon=None
            if beacon is None
            else Beacon(beacon.name, beacon.round, times.parse(beacon.due, what=f"{what}: beacon.due")),
        )
        _canonical(commit.encode(), data, what)
        return commit


class DrawResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the beacon said and what was drawn."""

    number: int
    commit: int
    """Index of the draw-commit entry."""
    round: int | None
    value: bytes
    """Of the beacon's round; empty without a beacon."""
    selected: tuple[int, ...]
    """Indexes of the entries drawn, in order."""

    def __post_init__(self) -> None:
        _within(self.number, 1, MAX_NUMBER, "draw-result: number")
        _within(self.commit, 0, MAX_SIZE - 1, "draw-result: commit")
        if self.round is not None:
            _within(self.round, 0, MAX_ROUND, "draw-result: round")
        if len(self.value) >= VALUE_BYTES.stop or len(self.selected) > MAX_LEAVES:
            raise TooLarge(
                f"draw-result has a value of {len(self.value)} bytes and {len(self.selected)} leaves"
            )
        if any(a >= b for a, b in pairwise(self.selected)):
            raise Malformed("draw-result: selected is not a list of indexes, each once, in order")

    def encode(self) -> bytes:
        """The document: canonical JSON."""
        return strict_json.encode(
            {
                "format": RESULT_FORMAT,
                "version": VERSION,
                "number": self.number,
                "commit": self.commit,
                "round": self.round,
                "value": b64.encode(self.value),
                "selected": self.selected,
            }
        )

    @property
    def digest(self) -> Digest:
        """What the draw-result entry names."""
        return Digest.sha256(self.encode())

    @classmethod
    def parse(cls, data: bytes, *, what: str = "draw-result") -> "DrawResult":
        """Read what :meth:`encode` writes, and nothing else."""
        wire = strict_json.decode(data, _Result, what=what, limit=MAX_BYTES)
        _version(wire.format, wire.version, RESULT_FORMAT, what)
        result = cls(
            number=wire.number,
            commit=wire.commit,
            round=wire.round,
            value=b64.decode(wire.value, what=f"{what}: value"),
            selected=wire.selected,
        )
        _canonical(result.encode(), data, what)
        return result


def seed(leaf_hash: bytes, value: bytes) -> bytes:
    """SHA-256(algorithm, 0x00, value, leaf hash). The hash has 32 bytes, so the four join in one way only."""
    if len(leaf_hash) != HASH_BYTES:
        raise ValueError(f"a leaf hash has {HASH_BYTES} bytes, this one {len(leaf_hash)}")
    return hashlib.sha256(ALGORITHM.encode() + b"\0" + value + leaf_hash).digest()


def select(commit: DrawCommit, leaf_hash: bytes, value: bytes) -> tuple[int, ...]:
    """The indexes drawn, in order. *leaf_hash* is that of the draw-commit entry, *value* the beacon's (empty without one)."""
    _check_value(commit, value)
    start = seed(leaf_hash, value)
    return tuple(sorted(index for one in commit.strata for index in _drawn(one, start)))


def draw(commit: DrawCommit, index: int, leaf_hash: bytes, value: bytes) -> DrawResult:
    """The result of the draw that entry *index* committed to."""
    return DrawResult(
        number=commit.number,
        commit=index,
        round=commit.beacon.round if commit.beacon else None,
        value=value,
        selected=select(commit, leaf_hash, value),
    )


def verify_result(commit: DrawCommit, index: int, leaf_hash: bytes, result: DrawResult) -> None:
    """Return when *result* is what the commit in entry *index* leads to, else :class:`Untrusted` says what differs.

    That the value is the beacon's is another question, for whoever can ask the beacon.
    """
    what = f"draw {result.number}"
    if result.commit != index or result.number != commit.number:
        raise Untrusted(
            f"{what} is the result of entry {result.commit}, expected draw {commit.number} of entry {index}"
        )
    promised = commit.beacon.round if commit.beacon else None
    if result.round != promised:
        raise Untrusted(f"{what} used round {result.round} of the beacon, round {promised} was committed to")
    expected = select(commit, leaf_hash, result.value)
    if result.selected != expected:
        extra = sorted(set(result.selected) - set(expected))
        missing = sorted(set(expected) - set(result.selected))
        raise Untrusted(
            f"{what} selects {len(result.selected)} entries, not the {len(expected)} that its commit gives: "
            f"{_some(extra)} should not be there, {_some(missing)} should"
        )


def _drawn(stratum: Stratum, start: bytes) -> list[int]:
    by_ticket = sorted((_best(start, index, weight), index) for index, weight in stratum.leaves)
    return [index for _, index in by_ticket[: stratum.count]]


def _best(start: bytes, index: int, weight: int) -> bytes:
    """The lowest of a leaf's tickets."""
    prefix = start + index.to_bytes(8, "big")
    return min(hashlib.sha256(prefix + number.to_bytes(4, "big")).digest() for number in range(weight))


def _check_value(commit: DrawCommit, value: bytes) -> None:
    if commit.beacon is None and value:
        raise Untrusted("the draw was committed to without a beacon, its result has a beacon's value")
    if commit.beacon is not None and len(value) not in VALUE_BYTES:
        raise Untrusted(
            f"the beacon's value has {len(value)} bytes, expected {VALUE_BYTES.start} to {VALUE_BYTES.stop - 1}"
        )


def _check(commit: DrawCommit) -> None:
    _within(commit.number, 1, MAX_NUMBER, "draw-commit: number")
    _within(commit.frame.size, 1, MAX_SIZE, "draw-commit: frame.size")
    _text(commit.frame.origin, "draw-commit: frame.origin")
    if len(commit.frame.root) != HASH_BYTES or commit.frame.extensions:
        raise Malformed(f"draw-commit: frame.root has {len(commit.frame.root)} bytes, expected {HASH_BYTES}")
    if commit.policy.algorithm != "sha256":
        raise Unsupported(f"draw-commit: policy is {commit.policy.algorithm}, expected sha256")
    if commit.beacon is not None:
        _text(commit.beacon.name, "draw-commit: beacon.name")
        _within(commit.beacon.round, 0, MAX_ROUND, "draw-commit: beacon.round")
    if len(commit.strata) > MAX_STRATA:
        raise TooLarge(f"draw-commit has {len(commit.strata)} strata, over {MAX_STRATA}")
    if any(a.name >= b.name for a, b in pairwise(commit.strata)):
        raise Malformed("draw-commit: the strata are not in the order of their names, each once")
    _check_leaves(commit)


def _check_leaves(commit: DrawCommit) -> None:
    for one in commit.strata:
        _text(one.name, "draw-commit: name of a stratum")
        what = f"draw-commit: stratum {one.name!r}"
        _within(one.of, 1, MAX_RATE, f"{what}: of")
        _within(one.take, 0, one.of, f"{what}: take")
        indexes = [-1, *(index for index, _ in one.leaves), commit.frame.size]
        if any(a >= b for a, b in pairwise(indexes)):
            raise Malformed(f"{what}: leaves are not entries of the frame, each once, in order")
        for index, weight in one.leaves:
            if not 1 <= weight <= MAX_WEIGHT:
                raise Malformed(f"{what}: leaf {index} has weight {weight}, expected 1 to {MAX_WEIGHT}")
    total = sum(len(one.leaves) for one in commit.strata)
    tickets = sum(weight for one in commit.strata for _, weight in one.leaves)
    if total > MAX_LEAVES or tickets > MAX_TICKETS:
        raise TooLarge(
            f"draw-commit has {total} leaves with {tickets} tickets, over {MAX_LEAVES} or {MAX_TICKETS}"
        )
    if len({index for one in commit.strata for index, _ in one.leaves}) != total:
        raise Malformed("draw-commit: a leaf stands in two strata")


def _within(number: int, low: int, high: int, what: str) -> None:
    if not low <= number <= high:
        raise Malformed(f"{what} is {number}, expected {low} to {high}")


def _text(text: str, what: str) -> None:
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        raise Malformed(f"{what} {shown(text, 40)!r} is not 1 to {MAX_TEXT} printable characters")


def _version(found: str, version: int, expected: str, what: str) -> None:
    if found != expected or version != VERSION:
        raise Unsupported(
            f"{what} is {found[:40]!r} version {version}, expected {expected!r} version {VERSION}"
        )


def _canonical(expected: bytes, data: bytes, what: str) -> None:
    if expected != data:
        raise Malformed(f"{what} is not in its canonical form")


def _some(indexes: Sequence[int]) -> str:
    if not indexes:
        return "none"
    return ", ".join(map(str, indexes[:5])) + (f" and {len(indexes) - 5} more" if len(indexes) > 5 else "")


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    size: int
    root: str


class _Stratum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    take: int
    of: int
    leaves: tuple[tuple[int, int], ...]


class _Beacon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    round: int
    due: str


class _Commit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    algorithm: str
    number: int
    frame: _Frame
    strata: tuple[_Stratum, ...]
    policy: str
    beacon: _Beacon | None


class _Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    number: int
    commit: int
    round: int | None
    value: str
    selected: tuple[int, ...]
