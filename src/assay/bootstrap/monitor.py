"""``assay monitor``: a register's monitor with its memory in a folder."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from assay import bootstrap
from assay.adapters.filesystem import read_whole
from assay.adapters.monitor_state import MonitorFolder, held
from assay.bootstrap import watching
from assay.bootstrap.beacons import Asking
from assay.bootstrap.register import files_at
from assay.bootstrap.verify import read_policy
from assay.errors import AssayError, Malformed, Refused, Unavailable
from assay.formats.text import shown
from assay.tlog.draw_watch import MAX_ROUNDS, Rounds, parse_rounds
from assay.tlog.monitor import Look, Monitor, View


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What to watch, and how."""

    where: str
    also: tuple[str, ...] = ()
    state: Path | None = None
    trust: Path | None = None
    vkeys: tuple[str, ...] = ()
    rounds: Path | None = None
    beacon: str | None = None
    """Server or folder of rounds, which are verified."""
    chain: Path | None = None
    """Of a chain that Assay does not know."""
    policy: Path | None = None
    """Of witnesses, instead of the trust root's."""
    grace_s: int
    max_age_s: int | None = None
    every_s: float | None = None
    """None: once."""


class Seen(msgspec.Struct, frozen=True):
    look: Look
    evidence: tuple[Path | None, ...]
    """Of each alarm."""
    state: Path
    trust: str


def watch(what: Watch, tell: Callable[[Seen], None]) -> Seen:
    """Look once, or every so many seconds until the process is stopped; the last look."""
    trusted = watching.trusted(what.trust, what.vkeys, what.where)
    main = View(what.where, files_at(what.where))
    _distinct(what.where, what.also)
    others = [View(one, files_at(one)) for one in what.also]
    told = (
        {}
        if what.rounds is None
        else parse_rounds(read_whole(what.rounds, limit=MAX_ROUNDS), what=str(what.rounds))
    )
    rounds: Rounds = told if what.beacon is None else Asking(what.beacon, what.chain, told)
    quorums = trusted.quorums
    if what.policy is not None:
        quorums = dict.fromkeys((one.origin for one in trusted.keys), read_policy(what.policy))
    folder = what.state or _default(what.where)
    with ExitStack() as stack:
        stack.enter_context(held(folder))
        spread = stack.enter_context(watching.spreading(main.files, os.cpu_count() or 1))
        memory = MonitorFolder(folder)
        monitor = Monitor(
            memory, trusted.keys, spread=spread, grace_s=what.grace_s, max_age_s=what.max_age_s, rounds=rounds,
            quorums=quorums,
        )  # fmt: skip
        while True:
            look = _look(monitor, main, others, folder, go_on=what.every_s is not None)
            evidence = tuple(memory.path(one.evidence) if one.evidence else None for one in look.alarms)
            seen = Seen(look, evidence, folder, trusted.where)
            tell(seen)
            if what.every_s is None:
                return seen
            time.sleep(what.every_s)


def _distinct(where: str, also: Sequence[str]) -> None:
    """Refused where a view is the register itself or stands there twice: it would agree with itself."""
    seen = {watching.place(where)}
    for one in also:
        if watching.place(one) in seen:
            raise Refused(f"--also {shown(one, 200)} is given already: another view is another place")
        seen.add(watching.place(one))


def _look(monitor: Monitor, main: View, others: Sequence[View], folder: Path, *, go_on: bool) -> Look:
    """What is wrong with the memory itself ends a single look; a monitor that goes on says it each time."""
    try:
        return monitor.look(main, others, now=int(bootstrap.now().timestamp()))
    except AssayError as error:
        told = (
            Unavailable(
                f"what this monitor remembers in {folder} is damaged: {error}; put a copy back, or begin anew in another folder"
            )
            if isinstance(error, Malformed)
            else error
        )
        if not go_on:
            raise told from error
        return Look(unknown=(str(told),))


def _default(where: str) -> Path:
    home = bootstrap.home()
    home.prepare()
    return home.folder / "monitor" / watching.name_of(where)
