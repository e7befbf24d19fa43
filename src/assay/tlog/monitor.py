"""Watching a register that others run: that it has one history, and that everything in it is what it should be.

One :meth:`Monitor.look` fetches the checkpoint, proves that it continues what was seen before, reads the new entries, and compares
other views. What it finds against the register is an alarm, with a file that proves it where it can be proven. What it could not
see is said, and never taken for fine.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Literal

import msgspec

from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.register import sighting
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.quorum import Quorum
from assay.tlog import equivocation
from assay.tlog.audit import AHEAD_S, Audit, Spread
from assay.tlog.draw_watch import GRACE_S, Rounds, Row, Settling
from assay.tlog.keyring import Keyring, scan
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.read import TileReader
from assay.tlog.serve import MAX_CHECKPOINT, claimed
from assay.tlog.watched import MAX_PROVEN, Alarm, Watched, WatchState

MAX_SEEN = 16
"""Checkpoints that could not be compared yet, kept until the register's files tell."""


class View(msgspec.Struct, frozen=True):
    """A place where the register can be read."""

    name: str
    files: TileFiles


class Shown(msgspec.Struct, frozen=True):
    """What another view has. One that stays behind proves nothing about what came since."""

    name: str
    size: int
    stamp: int
    """Unix seconds of its ML-DSA-44 signature."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found. Fine is only what has neither alarms nor anything that could not be told."""

    origin: str = ""
    size: int = 0
    """Of the newest checkpoint that continues what was seen before."""
    root: bytes = b""
    stamp: int = 0
    """Unix seconds of its ML-DSA-44 signature."""
    audited: int = 0
    """Entries read and verified, from the first."""
    new: int = 0
    """Of them, in this look."""
    statements: int = 0
    """Of them, signed statements of others, whose signatures are their issuers' affair."""
    alarms: tuple[Alarm, ...] = ()
    """Against the register: those that stay, and those that it can still put right."""
    unknown: tuple[str, ...] = ()
    """What could not be seen."""
    draws: tuple[Row, ...] = ()
    views: tuple[Shown, ...] = ()
    """The others, as far as they were to be read."""
    settled: int = 0
    """Draws whose result holds, or will never hold, in all."""

    @property
    def state(self) -> Literal["fine", "alarm", "unknown"]:
        if self.alarms:
            return "alarm"
        return "unknown" if self.unknown else "fine"


class Monitor:
    """One register's monitor, with its memory in *state*. *trusted* are the keys of registers that it may be.

    *quorums* are policies of witnesses by origin: a draw's commit has to be seen by so many of them before its round.
    """

    def __init__(
        self,
        state: WatchState,
        trusted: Sequence[LogKeys],
        *,
        required: Sequence[Scheme] = BOTH,
        spread: Spread = Spread(),  # noqa: B008 - frozen
        grace_s: int = GRACE_S,
        max_age_s: int | None = None,
        rounds: Rounds | None = None,
        quorums: Mapping[str, Quorum] = MappingProxyType({}),
    ) -> None:
        self.state, self._trusted, self.required = state, tuple(trusted), required
        self.spread, self.grace_s, self.rounds = spread, grace_s, rounds
        self.max_age_s = max_age_s
        self.quorums = quorums

    def look(self, main: View, others: Sequence[View] = (), *, now: int) -> Look:
        """One look at *main*, and at what *others* show of the same register. *now* is Unix seconds."""
        kept = self.state.load()
        watched = None if kept is None else Watched.parse(kept)
        return _Looking(self, main, watched, now).look(others)

    def keys(self, origin: str, *, what: str = "register") -> LogKeys:
        found = next((keys for keys in self._trusted if keys.origin == origin), None)
        if found is None:
            raise Untrusted(f"{what} {origin[:80]!r} is not among those trusted")
        return found


class _Looking:
    """The course of one look. :attr:`watched` is None until a checkpoint was verified for the first time."""

    def __init__(self, monitor: Monitor, main: View, watched: Watched | None, now: int) -> None:
        self._monitor, self._main, self._now = monitor, main, now
        self._saved = self._watched = watched
        self._before = watched.edge.size if watched else 0
        self._accepted: SignedCheckpoint | None = None
        self._last: SignedCheckpoint | None = None
        self._keyring: Keyring | None = None
        self._open: list[Alarm] = []
        self._unknown: list[str] = []
        self._rows: tuple[Row, ...] = ()
        self._views: list[Shown] = []

    def look(self, others: Sequence[View]) -> Look:
        if self._watched is not None:
            self._keyring = self._restored(self._watched)
            self._accepted = self._last = self._keyring.open_(self._watched.checkpoint)
            self._watched.check(self._accepted.checkpoint)
        self._guard(self._main.name, self._follow)
        for view in others:
            self._guard(view.name, partial(self._compare, view))
        for note in self._watched.seen if self._watched else ():
            self._guard(self._main.name, partial(self._catch_up, note))
        self._date()
        self._save()
        return self._report()

    def _guard(self, name: str, step: Callable[[], None]) -> None:
        """What ends one step is told under the name of its view; the others go on."""
        try:
            step()
        except (Malformed, Refused, Unavailable) as error:
            self._unknown.append(f"{name}: {error}")

    # the register itself

    def _follow(self) -> None:
        found = self._signed(self._main)
        if found is None:
            return
        signed, self._keyring = found
        accepted = False
        try:
            accepted = self._accept(signed)
        finally:
            if not accepted:
                self._remember(signed)
        if accepted:
            self._save()  # a crash here: the new checkpoint is remembered, its entries are read at the next look
            self._read(signed)

    def _accept(self, signed: SignedCheckpoint) -> bool:
        """Whether *signed* continues what was seen before, which it then replaces."""
        head, last = signed.checkpoint, self._accepted
        if last is None or self._watched is None:
            self._watched = Watched(origin=head.origin, checkpoint=signed.note.encode())
            self._accepted = signed
            return True
        if head.size < last.checkpoint.size:  # whether it is part of the same history, _catch_up finds out
            self._went_back(signed, last)
            return False
        if self._conflict(last, signed, self._main):
            return False
        if head.size == last.checkpoint.size and signed.timestamp <= last.timestamp:
            return True  # the same tree, signed earlier: a copy of the file that is not the newest
        if signed.timestamp < last.timestamp:
            self._alarm(
                f"the checkpoint of size {head.size} is dated {last.timestamp - signed.timestamp} s before that of size "
                f"{last.checkpoint.size}"
            )
        self._watched = msgspec.structs.replace(self._watched, checkpoint=signed.note.encode())
        self._accepted = signed
        return True

    def _went_back(self, signed: SignedCheckpoint, last: SignedCheckpoint) -> None:
        """An older copy may be anybody's between the register and us; a smaller tree signed later is its own."""
        size, before, name = signed.checkpoint.size, last.checkpoint.size, self._main.name
        if signed.timestamp > last.timestamp:
            self._still(f"{name}: the checkpoint went back from size {before} to {size}")
        else:
            self._unknown.append(
                f"{name}: shows an older checkpoint, of size {size}, than the one of size {before} seen before"
            )

    def _read(self, signed: SignedCheckpoint) -> None:
        """The new entries, and what is open of the draws."""
        head = signed.checkpoint
        assert self._watched is not None
        assert self._keyring is not None
        assert self._accepted is not None
        files = self._main.files
        reader = TileReader(files, head.size, head.root)
        dated = self._accepted.timestamp or self._now
        audit = Audit(files, reader, self._watched, self._keyring, dated=dated, spread=self._monitor.spread)
        for watched in audit.run():
            self._watched = watched
            self._save()  # a crash before this: the chunk is read again; its evidence and alarms are the same then
        if not head.size:
            self._unknown.append(f"{self._main.name}: the register is empty, expected genesis at least")
        elif objection := self._keyring.objection():
            self._still(f"{self._main.name}: {objection}")
        self._sight(signed)
        settling = Settling(
            files,
            head.origin,
            reader.root_at,
            now=self._now,
            grace_s=self._monitor.grace_s,
            rounds=self._monitor.rounds,
            quorum=self._monitor.quorums.get(head.origin),
        )
        settled = settling.settle(self._watched.draws)
        self._watched = msgspec.structs.replace(self._watched, draws=settled.draws)
        self._alarm(*settled.alarms)
        self._still(*settled.open)
        self._unknown += settled.unknown
        self._rows = settled.rows

    def _sight(self, signed: SignedCheckpoint) -> None:
        """What the witnesses' times under the checkpoints of this look and the one before tell of open draws."""
        assert self._watched is not None
        quorum = self._monitor.quorums.get(signed.checkpoint.origin)
        if quorum is None:
            return
        for one in (self._last, signed):
            if one is not None:
                try:
                    found = sighting.cosigned(one.note, quorum)
                except (Malformed, Refused) as error:
                    self._unknown.append(f"{self._main.name}: {error}")
                    continue
                draws = self._watched.draws.sighted(one.checkpoint.size, found)
                self._watched = msgspec.structs.replace(self._watched, draws=draws)

    # other views

    def _compare(self, view: View) -> None:
        found = self._signed(view)
        if found is None:
            return
        if self._accepted is None or self._keyring is None:
            raise Unavailable("there is nothing to compare it with")
        signed, keyring = found
        self._views.append(Shown(view.name, signed.checkpoint.size, signed.timestamp))
        # New keys are taken from the register itself only.
        remembered = keyring is self._keyring and self._remember(signed)
        if signed.checkpoint.size > self._accepted.checkpoint.size:
            self._conflict(self._accepted, signed, view)
        elif not remembered:
            self._conflict(signed, self._accepted, self._main)

    def _catch_up(self, note: bytes) -> None:
        """What was seen somewhere before is part of what is accepted now, or proof against it."""
        if self._watched is None or self._accepted is None or self._keyring is None:
            return
        seen = self._keyring.open_(note)
        if seen.checkpoint.size <= self._accepted.checkpoint.size:
            self._conflict(seen, self._accepted, self._main)
            rest = tuple(one for one in self._watched.seen if one != note)
            self._watched = msgspec.structs.replace(self._watched, seen=rest)

    def _remember(self, signed: SignedCheckpoint) -> bool:
        """Keep what the register signed, wherever it was seen, until the files tell that it is part of its history.

        False where there is no room for it.
        """
        if self._watched is None or self._accepted is None:
            return False
        seen = self._watched.seen
        if signed.checkpoint in (self._accepted.checkpoint, *map(claimed, seen)):
            return True
        if len(seen) >= MAX_SEEN:
            self._unknown.append(
                f"the checkpoint of size {signed.checkpoint.size} is not remembered: {len(seen)} others wait to be compared"
            )
            return False
        self._watched = msgspec.structs.replace(self._watched, seen=(*seen, signed.note.encode()))
        return True

    def _conflict(self, small: SignedCheckpoint, large: SignedCheckpoint, view: View) -> bool:
        """Whether the two contradict each other; *view* has the tree of the larger one."""
        one, other = small.checkpoint, large.checkpoint
        if one.size == other.size and one.root > other.root:
            small, large, one, other = large, small, other, one  # the same two are one piece of evidence
        proof = equivocation.find(small, large, view.files)
        if proof is None:
            return False
        data = proof.encode()
        name = f"equivocation-{Digest.sha256(data).short}.json"
        assert self._watched is not None
        proven = {alarm.evidence for alarm in self._watched.alarms if alarm.evidence}
        if name not in proven and len(proven) >= MAX_PROVEN:
            return True
        # A crash after this leaves evidence that the next look finds and names again.
        self._monitor.state.keep(name, data)
        if one.size == other.size:
            what = f"two checkpoints of size {one.size} have different roots, {one.root.hex()[:12]} and {other.root.hex()[:12]}"
        else:
            what = f"the checkpoint of size {other.size} does not contain the one of size {one.size}"
        self._alarm(f"the register shows two histories: {what}", evidence=name)
        return True

    # checkpoints and keys

    def _signed(self, view: View) -> tuple[SignedCheckpoint, Keyring] | None:
        """The checkpoint that *view* shows, verified, and the keys that it took; None after an alarm."""
        data = view.files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
        if data is None:
            raise Unavailable("there is no checkpoint")
        head = claimed(data)
        try:
            if self._watched is not None and head.origin != self._watched.origin:
                raise Untrusted(f"checkpoint is of {head.origin[:80]!r}, expected {self._watched.origin!r}")
            keyring = self._keyring or Keyring(self._monitor.keys(head.origin), self._monitor.required)
            try:
                signed = keyring.open_(data)
            except Untrusted:
                keyring = self._with_new_keys(view.files, head, data)
                signed = keyring.open_(data)
        except Refused as error:
            self._still(f"{view.name}: {error}")
            return None
        return signed, keyring

    def _restored(self, watched: Watched) -> Keyring:
        keys = self._monitor.keys(watched.origin, what="this monitor's memory is of another register:")
        keyring = Keyring(keys, self._monitor.required)
        if watched.genesis:
            keyring.learn_genesis(watched.genesis)
        for one in watched.changes:
            keyring.learn(one)
        return keyring

    def _with_new_keys(self, files: TileFiles, head: Checkpoint, note: bytes) -> Keyring:
        """The keys, and those of changes in entries that were not read yet."""
        watched = self._watched
        keyring = (
            self._restored(watched)
            if watched
            else Keyring(self._monitor.keys(head.origin), self._monitor.required)
        )
        scan(keyring, files, head, note, watched.edge.size if watched else 0)
        return keyring

    # results

    def _date(self) -> None:
        """What our own clock says, which nobody else has to believe."""
        if self._accepted is None or not self._accepted.timestamp:
            return
        age, limit, name = self._now - self._accepted.timestamp, self._monitor.max_age_s, self._main.name
        if age < -AHEAD_S:
            self._unknown.append(
                f"{name}: the checkpoint is dated {-age} s in the future: its clock is wrong, or this one"
            )
        if limit is not None and age > limit:
            self._unknown.append(f"{name}: the newest checkpoint was signed {age} s ago, over {limit} s")

    def _alarm(self, *lines: str, evidence: str = "") -> None:
        """What stays wrong, from now on in every look."""
        if self._watched is not None:
            self._watched = self._watched.alarm(*(Alarm(line, evidence) for line in lines))

    def _still(self, *lines: str) -> None:
        """What is wrong now, and may be put right."""
        self._open += [Alarm(line) for line in lines]

    def _save(self) -> None:
        if self._watched is not None and self._keyring is not None:
            # Keys that a checkpoint took are remembered with it, or the next look could not open it.
            self._watched = msgspec.structs.replace(
                self._watched, genesis=self._keyring.genesis, changes=self._keyring.changes
            )
        if self._watched is not None and self._watched != self._saved:
            self._monitor.state.save(self._watched.encode())
            self._saved = self._watched

    def _report(self) -> Look:
        watched, accepted = self._watched, self._accepted
        if watched is None or accepted is None:
            return Look(alarms=tuple(self._open), unknown=tuple(self._unknown))
        return Look(
            origin=watched.origin,
            size=accepted.checkpoint.size,
            root=accepted.checkpoint.root,
            stamp=accepted.timestamp,
            audited=watched.edge.size,
            new=watched.edge.size - self._before,
            statements=watched.statements,
            alarms=(*watched.alarms, *self._open),
            unknown=tuple(self._unknown),
            draws=self._rows,
            views=tuple(self._views),
            settled=watched.draws.settled,
        )
