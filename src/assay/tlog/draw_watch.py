"""Following a register's draws: every commit has its documents, its result and nobody's hand in it.

What is settled is forgotten but for a count; what is open is kept until its document and its result are there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import text, times
from assay.formats.digest import Digest
from assay.register import chains, draw, sighting
from assay.register.draw import DrawCommit, DrawResult
from assay.register.leaf import Entry, Kind
from assay.register.quorum import Quorum
from assay.register.sighting import Sightings
from assay.tlog.ports import TileFiles

MAX_ROUNDS = 16 * 1024 * 1024
_ROUND = re.compile(r"(\S{1,200})\s+([0-9]{1,18})\s+((?:[0-9a-fA-F]{2}){1,128})")
OF_DRAWS = frozenset({Kind.DRAW_COMMIT, Kind.DRAW_RESULT})
MAX_OPEN = 1000
FILE = re.compile(r"draw/[1-9][0-9]{0,9}/(?:frame|receipt\.json)", re.ASCII)
"""What :func:`file_path` makes."""
GRACE_S = 3600
"""How long after its round an office may take to record a draw's result."""


class Rounds(Protocol):
    """What beacons said, from whoever runs the monitor."""

    def get(self, key: tuple[str, int], /) -> bytes | None:
        """The value of a round, by name of the beacon and number; None when nobody was to be asked. Unavailable for no answer."""


class Commit(msgspec.Struct, frozen=True):
    """A draw-commit entry whose draw is not settled."""

    index: int
    number: int
    """What its document must say: the first commit of a register is number 1."""
    leaf_hash: bytes
    digest: str
    time: int
    sightings: Sightings = Sightings()
    """What witnesses' timestamps have told of it."""


class Result(msgspec.Struct, frozen=True):
    """A draw-result entry that was not looked into yet."""

    index: int
    digest: str
    time: int


class Draws(msgspec.Struct, frozen=True):
    """What is open, oldest first; how many draws there were and how many are settled."""

    commits: tuple[Commit, ...] = ()
    results: tuple[Result, ...] = ()
    count: int = 0
    settled: int = 0

    def add(self, index: int, leaf_hash: bytes, entry: Entry) -> "Draws":
        """After *entry*, one of :data:`OF_DRAWS`."""
        digest = next(str(one) for one in entry.digests if one.algorithm == "sha256")
        time = int(entry.time.timestamp())
        if len(self.commits) + len(self.results) >= MAX_OPEN:
            raise Untrusted(f"over {MAX_OPEN} draws are open; this one is not followed")
        if entry.kind is Kind.DRAW_RESULT:
            return msgspec.structs.replace(self, results=(*self.results, Result(index, digest, time)))
        commit = Commit(index, self.count + 1, leaf_hash, digest, time)
        return msgspec.structs.replace(self, commits=(*self.commits, commit), count=self.count + 1)

    def sighted(self, size: int, found: Mapping[str, int]) -> "Draws":
        """After witnesses cosigned the tree of *size* at these times; see :mod:`assay.register.sighting`."""
        if not found:
            return self
        commits = tuple(
            msgspec.structs.replace(one, sightings=one.sightings.add(size, one.index, found))
            for one in self.commits
        )
        return msgspec.structs.replace(self, commits=commits)


class Row(msgspec.Struct, frozen=True):
    """A draw that is open, or was settled just now."""

    number: int
    commit: int
    """Index of the entry."""
    state: str
    """``holds``, ``waiting`` or ``overdue``."""
    round: int | None = None
    due: str = ""
    label: str = ""
    value: str = ""
    """``given``: the beacon's value is the one that whoever runs the monitor has of that round; ``not asked``: there was none to compare."""
    selected: tuple[int, ...] = ()
    witnessed: str = ""
    """Whether witnesses saw the commit before the round: ``before``, ``not before``, ``could not tell``; empty when nobody asked."""


class Settled(msgspec.Struct, frozen=True):
    draws: Draws
    alarms: tuple[str, ...]
    """What stays wrong for ever."""
    open: tuple[str, ...]
    """What may still be put right: a document or a result that is missing."""
    rows: tuple[Row, ...]
    unknown: tuple[str, ...] = ()
    """What could not be told of a draw that is settled otherwise."""


class _Wrong(Exception):
    """A fact against the register; ends the draw it is about."""


class Settling:
    """One look at the open draws of a register in *files*. *root_at* gives the verified root of an earlier size."""

    def __init__(
        self,
        files: TileFiles,
        origin: str,
        root_at: Callable[[int], bytes],
        *,
        now: int,
        grace_s: int = GRACE_S,
        rounds: Rounds | None = None,
        quorum: Quorum | None = None,
    ) -> None:
        self._files, self._origin, self._root_at = files, origin, root_at
        self._quorum = quorum
        self._now, self._grace_s, self._rounds = now, grace_s, {} if rounds is None else rounds
        self._alarms: list[str] = []
        self._open: list[str] = []
        self._rows: list[Row] = []
        self._unknown: list[str] = []

    def settle(self, draws: Draws) -> Settled:
        """*draws* without those that are done with. Unavailable when a document cannot be looked for."""
        results = list(self._results(draws))
        commits, settled = [], draws.settled
        for commit in draws.commits:
            mine = [one for one in results if one[1].commit == commit.index]
            results = [one for one in results if one[1].commit != commit.index]
            try:
                document = self._commit(commit)
                done = document is not None and self._judge(commit, document, mine)
            except _Wrong as wrong:
                self._alarms.append(str(wrong))
                done = True
            if done:
                settled += 1
            else:
                commits.append(commit)
                self._kept += [result for result, _ in mine]
        for result, said in results:
            self._alarms.append(
                f"entry {result.index} is the result of a draw in entry {said.commit}, where no draw is open"
            )
        left = Draws(
            tuple(commits), tuple(sorted(self._kept, key=lambda one: one.index)), draws.count, settled
        )
        return Settled(left, tuple(self._alarms), tuple(self._open), tuple(self._rows), tuple(self._unknown))

    def _results(self, draws: Draws) -> Iterator[tuple[Result, DrawResult]]:
        self._kept: list[Result] = []
        for result in draws.results:
            what = f"draw-result in entry {result.index}"
            data = self._document(result.digest, what)
            if data is None:
                self._kept.append(result)
                continue
            try:
                yield result, DrawResult.parse(data, what=what)
            except Malformed as error:
                self._alarms.append(str(error))

    def _commit(self, commit: Commit) -> DrawCommit | None:
        what = f"draw-commit in entry {commit.index}"
        data = self._document(commit.digest, what)
        if data is None:
            return None
        try:
            document = DrawCommit.parse(data, what=what)
        except Malformed as error:
            raise _Wrong(str(error)) from error
        self._check(commit, document, what)
        return document

    def _check(self, commit: Commit, document: DrawCommit, what: str) -> None:
        if document.number != commit.number:
            raise _Wrong(
                f"{what} is for draw {document.number}, expected {commit.number}: each number is committed once"
            )
        frame = document.frame
        if frame.origin != self._origin:
            raise _Wrong(f"{what}: frame is of register {frame.origin[:80]!r}, expected {self._origin!r}")
        if frame.size > commit.index:
            raise _Wrong(f"{what}: frame has {frame.size} entries, there were {commit.index} before it")
        if self._root_at(frame.size) != frame.root:
            raise _Wrong(f"{what}: frame of {frame.size} entries has another root than the register then had")
        beacon = document.beacon
        if beacon is not None and (
            wrong := chains.misdated(chains.named(beacon.name), beacon.round, beacon.due)
        ):
            raise _Wrong(
                f"{what} says that its round is due {times.encode(beacon.due)}, which is not so: {wrong}"
            )
        if beacon is not None and commit.time >= beacon.due.timestamp():
            raise _Wrong(
                f"{what} was recorded {_shown(commit.time)}, not before its round {beacon.round} was due "
                f"{times.encode(beacon.due)}"
            )

    def _judge(self, commit: Commit, document: DrawCommit, results: list[tuple[Result, DrawResult]]) -> bool:
        beacon = document.beacon
        due = int(beacon.due.timestamp()) if beacon else commit.time
        row = Row(
            commit.number,
            commit.index,
            "waiting",
            beacon.round if beacon else None,
            _shown(due),
            document.label,
            witnessed=self._witnessed(commit, beacon),
        )
        if not results:
            late = self._now > due + self._grace_s
            if late:
                of = f"round {beacon.round} was due" if beacon else "it was committed"
                self._open.append(
                    f"draw {commit.number} (entry {commit.index}) has no result: {of} {_shown(due)}"
                )
            self._rows.append(msgspec.structs.replace(row, state="overdue") if late else row)
            return False
        (result, said), *more = results
        what = f"draw-result in entry {result.index}"
        if more:
            self._alarms.append(f"draw {commit.number} has a second result in entry {more[0][0].index}")
        if result.index < commit.index:
            raise _Wrong(f"{what} was recorded before its draw-commit, entry {commit.index}")
        if beacon is not None and result.time < due:
            raise _Wrong(
                f"{what} was recorded {_shown(result.time)}, before round {beacon.round} was due {_shown(due)}"
            )
        try:
            draw.verify_result(document, commit.index, commit.leaf_hash, said)
        except AssayError as error:
            raise _Wrong(f"{what}: {error}") from error
        try:
            known = self._rounds.get((beacon.name, beacon.round)) if beacon else None
        except Unavailable as error:  # the draw stays open until its beacon answers
            self._unknown.append(f"draw {commit.number} (entry {commit.index}): {error}")
            self._rows.append(row)
            return False
        if known is not None and known != said.value:
            raise _Wrong(
                f"{what}: the value is not that of round {said.round} of {beacon.name if beacon else ''}"
            )
        value = "" if beacon is None else "not asked" if known is None else "given"
        self._rows.append(msgspec.structs.replace(row, state="holds", value=value, selected=said.selected))
        if row.witnessed == _WORDS["unknown"]:
            self._unknown.append(
                f"draw {commit.number} (entry {commit.index}): whether witnesses saw its commit before its round"
            )
        return True

    def _witnessed(self, commit: Commit, beacon: draw.Beacon | None) -> str:
        """Ends the draw when witnesses had not seen its commit by the time of its round."""
        if beacon is None or self._quorum is None or not self._quorum.requires_witnesses:
            return ""
        judged = sighting.before(commit.sightings, beacon.due, self._quorum)
        if judged.answer == "no":
            raise _Wrong(
                f"draw-commit in entry {commit.index} was {judged.says}, when its round {beacon.round} was due"
            )
        return _WORDS[judged.answer]

    def _document(self, digest: str, what: str) -> bytes | None:
        """None, and a line about it, when it is not there or not what the entry names."""
        expected = Digest.parse(digest)
        path = document_path(expected)
        try:
            data = self._files.read(path, limit=draw.MAX_BYTES)
        except Malformed as error:
            raise Unavailable(f"{path} cannot be read: {error}") from error
        if data is None:
            self._open.append(f"the document of the {what} is missing: {path}")
            return None
        if Digest.sha256(data) != expected:
            self._open.append(f"the document of the {what} is another one: {path} has {Digest.sha256(data)}")
            return None
        return data


_WORDS = {"yes": "before", "unknown": "could not tell"}


def parse_rounds(data: bytes, *, what: str) -> dict[tuple[str, int], bytes]:
    """Lines of ``name round value``, the value in hexadecimal; empty ones and those that begin with ``#`` say nothing."""
    found: dict[tuple[str, int], bytes] = {}
    for number, line in enumerate(text.decode(data, what=what, limit=MAX_ROUNDS).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ROUND.fullmatch(line.strip())
        if match is None:
            raise Malformed(f"{what} line {number} is not 'name round value', the value in hexadecimal")
        key, value = (match[1], int(match[2])), bytes.fromhex(match[3])
        if found.setdefault(key, value) != value:
            raise Malformed(f"{what} line {number}: round {key[1]} of {key[0]} has two values")
    return found


def file_path(number: int, name: Literal["frame", "receipt.json"]) -> str:
    """Where an office keeps what was so when draw *number* was committed to, and is not so later.

    ``frame`` is the checkpoint that it was committed over; ``receipt.json`` is the receipt of the commit, under a checkpoint that
    witnesses cosigned before the round.
    """
    return f"draw/{number}/{name}"


def document_path(digest: Digest) -> str:
    """Where a document travels beside the tiles."""
    return f"document/{digest.algorithm}/{digest.value}"


def _shown(seconds: int) -> str:
    return times.encode(datetime.fromtimestamp(seconds, UTC))
