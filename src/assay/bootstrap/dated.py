"""Documents that the office judges by and that grow old: a newer one is taken up from its file while the office runs."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from assay.checks import no_exploited_vulnerability, no_malicious_component
from assay.checks.model import stale
from assay.collect.files import read_plain
from assay.errors import AssayError, Refused, Unavailable
from assay.formats import known_exploited
from assay.office.health import Finding
from assay.office.ports import Clock
from assay.validation import advisories, snapshot

AHEAD = timedelta(days=1)
"""By which a document may be dated after this machine's day, as checks take it."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    """One word, as ``assay doctor`` has it."""
    limit: int
    """Bytes."""
    dated: Callable[[bytes, str], datetime]
    """Its date; Malformed, with the name of the file that is given, when nothing can be judged by it."""
    days: int
    """Older than that it says little."""


SNAPSHOT = Kind(
    check="snapshot",
    limit=snapshot.LIMIT,
    dated=lambda data, what: advisories.dated(data, what=what),
    days=int(no_malicious_component.CHECK.parameters["max_snapshot_age_days"]),
)
EXPLOITED = Kind(
    check="exploited",
    limit=known_exploited.LIMIT,
    dated=lambda data, what: known_exploited.parse(data, what=what).released,
    days=int(no_exploited_vulnerability.CHECK.parameters["max_catalogue_age_days"]),
)


class _Early(Refused):
    """Its day comes."""


class DatedFile:
    """The newest document that the file at *path* held. Any thread. Malformed, or Unavailable, at the start."""

    def __init__(self, path: Path, kind: Kind, clock: Clock) -> None:
        self._path, self._kind, self._clock = path, kind, clock
        self._lock = threading.Lock()
        self._mark = _mark(path)
        self._data, self._made = self._read()
        self._trouble = ""

    def now(self) -> bytes:
        """As of the last :meth:`look`."""
        return self._data

    def look(self) -> Finding:
        """Take up what the file holds, if it is another one. What is older, damaged or gone changes nothing and is said, until it is mended."""
        with self._lock:
            mark = _mark(self._path)
            if mark != self._mark:
                self._mark = mark
                try:
                    self._take(*self._read())
                    self._trouble = ""
                except AssayError as error:
                    self._trouble = str(error)
                    if isinstance(error, Unavailable | _Early):
                        self._mark = ()  # tried again
            return self._found()

    def _read(self) -> tuple[bytes, datetime]:
        data = read_plain(self._path, limit=self._kind.limit)
        return data, self._kind.dated(data, str(self._path))

    def _take(self, data: bytes, made: datetime) -> None:
        latest = self._clock.now() + AHEAD
        if made > latest:
            raise _Early(f"{self._path} is of {made.date()}, which has not come yet")
        if made < self._made <= latest:
            raise Refused(f"{self._path} is of {made.date()}, before the one that the office judges by")
        if data != self._data:
            self._data, self._made = data, made

    def _found(self) -> Finding:
        check, said = self._kind.check, f"as of {self._made.date()}"
        if self._trouble:
            return Finding(
                check=check, state="fail", said=f"{self._trouble}; what the office judges by is {said}", advice="mend the file"
            )  # fmt: skip
        if why := stale(self._made, self._clock.now(), self._kind.days):
            return Finding(check=check, state="warn", said=f"{said}: it {why}", advice="bring the newest one")
        return Finding(check=check, state="ok", said=said)


class Dated:
    """Those of an office, as far as its settings name their files."""

    def __init__(self, snapshot: Path | None, exploited: Path | None, clock: Clock) -> None:
        self._snapshot = None if snapshot is None else DatedFile(snapshot, SNAPSHOT, clock)
        self._exploited = None if exploited is None else DatedFile(exploited, EXPLOITED, clock)

    @property
    def snapshot(self) -> bytes | None:
        return None if self._snapshot is None else self._snapshot.now()

    @property
    def exploited(self) -> bytes | None:
        return None if self._exploited is None else self._exploited.now()

    @property
    def looks(self) -> tuple[Callable[[], Finding], ...]:
        return tuple(one.look for one in (self._snapshot, self._exploited) if one is not None)


def _mark(path: Path) -> tuple[int, ...]:
    """Another one when the file is; empty where it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
