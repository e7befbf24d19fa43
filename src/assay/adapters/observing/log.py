"""A log of one JSON object a line, made of fields that are known beforehand, each of a form that holds no name and no secret.

What does not fit its field's form is written as ``?``, and a field that is not known is named in ``dropped``: a log never stops
what it tells of. Messages are written for the world's failures only. A refusal quotes what somebody sent, and a fault may, so of
those the log has their kind and place. What libraries log is written as who and where, without their words.
"""

import logging
import math
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from assay.errors import AssayError, Unavailable
from assay.formats import times
from assay.formats.text import shown

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
MAX_REASON = 400

_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,39}", re.ASCII)
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]{0,39}", re.ASCII)
_ID = re.compile(r"[a-z2-7]{16}|[0-9a-f]{16,32}|[a-z]{1,12}-[0-9a-f]{8,16}|anonymous|office", re.ASCII)
"""Of accounts and organisations, requests, processes. Secrets are longer."""
_ROUTE = re.compile(r"/[a-z0-9_{}:/.-]{0,120}|other", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9_]{1,60}\.py:[0-9]{1,6}", re.ASCII)
_HOST = re.compile(r"\[?[A-Za-z0-9-]{1,24}(?:[].:/]{1,2}[A-Za-z0-9-]{0,24}){0,12}", re.ASCII)
"""Of servers and registers, and versions: short words joined by dots, slashes and colons."""
_DIGEST = re.compile(r"[A-Za-z0-9]{4,12}:[0-9a-f]{32,128}", re.ASCII)
_METHOD = re.compile(r"[A-Z]{3,7}", re.ASCII)

FIELDS: dict[str, re.Pattern[str] | type[int] | type[float]] = {
    "account": _ID,
    "at": _PLACE,
    "attempt": int,
    "bytes": int,
    "caller": _ID,
    "code": _DIGEST,
    "count": int,
    "digest": _DIGEST,
    "entries": int,
    "entry": int,
    "error": _CLASS,
    "kind": _WORD,
    "library": _WORD,
    "listen": _HOST,
    "method": _METHOD,
    "ms": float,
    "organisation": _ID,
    "origin": _HOST,
    "outcome": _WORD,
    "published": int,
    "request": _ID,
    "route": _ROUTE,
    "seconds": float,
    "state": _WORD,
    "status": int,
    "version": _HOST,
    "witness": _HOST,
    "worker": _ID,
}
"""Besides ``time``, ``level``, ``event``, ``reason`` (the world's failures) and ``dropped``. See docs/guides/operator.md."""

_SECRETS = re.compile(
    r"(?i)\b(?:bearer|basic)\s+\S+"
    r"|\b(?:password|passwd|passphrase|secret|token|authorization|cookie|key)\b\s*[=:]\s*(?:(?:bearer|basic)\s+)?\S+"
    r"|(?<=://)[^/\s@]+@"
    r"|\b[A-Za-z0-9_-]{40,}\b"
    r"|[^\s@'\"<>]+@[^\s@'\"<>]+"
)
"""In a reason: what follows a word for a secret, a long random word, credentials in a URL, addresses of people."""


class Log:
    """Writes to *write*, a line at a time, from any thread."""

    def __init__(
        self,
        write: Callable[[str], object],
        now: Callable[[], datetime],
        *,
        level: Level = "info",
        form: Literal["json", "text"] = "json",
    ) -> None:
        self._write, self._now, self._form = write, now, form
        self._least = LEVELS.index(level)
        self._door = threading.Lock()

    def __call__(self, event: str, level: Level = "info", **fields: Any) -> None:
        """Tell *event*, a word of the program's, with *fields* of :data:`FIELDS`."""
        self._line(event, level, fields, "")

    def failed(self, event: str, error: BaseException, level: Level = "warning", **fields: Any) -> None:
        """Tell that *event* ended with *error*."""
        fields = {**fields, "error": type(error).__name__}
        reason = _clean(str(error)) if isinstance(error, Unavailable) else ""
        if not isinstance(error, AssayError) and (place := _place(error)):
            fields["at"] = place
        self._line(event, level, fields, reason)

    def _line(self, event: str, level: Level, fields: dict[str, Any], reason: str) -> None:
        if LEVELS.index(level) < self._least:
            return
        line: dict[str, Any] = {
            "time": times.encode(self._now()),
            "level": level,
            "event": event if _WORD.fullmatch(event) else "?",
        }
        line |= {
            name: _fit(name, value) for name, value in fields.items() if name in FIELDS and value is not None
        }
        if reason:
            line["reason"] = reason
        if dropped := sum(name not in FIELDS for name in fields):
            line["dropped"] = dropped
        text = msgspec.json.encode(line).decode() if self._form == "json" else _words(line)
        with self._door:
            self._write(text + "\n")


class Foreign(logging.Handler):
    """Takes what libraries log: who, where and how bad, and never what."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._log(
            "library",
            "error" if record.levelno >= logging.ERROR else "warning",
            library=record.name.partition(".")[0].lower(),
            at=f"{Path(record.pathname).name}:{record.lineno}",
            error=type(error).__name__ if error is not None else None,
        )


@contextmanager
def standard(level: Level, form: Literal["json", "text"]) -> Iterator[Log]:
    """The log on standard error, which also hears the libraries as long as the context lasts."""
    log = Log(_to_stderr, lambda: datetime.now(UTC), level=level, form=form)
    root, handler = logging.getLogger(), Foreign(log)
    before = root.handlers[:]
    root.handlers = [handler]
    try:
        yield log
    finally:
        root.handlers = before


def _to_stderr(line: str) -> None:
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except OSError:
        return  # nothing is left to say it on


def _fit(name: str, value: Any) -> Any:
    form = FIELDS[name]
    if form is int:
        return value if isinstance(value, int) and not isinstance(value, bool) else "?"
    if form is float:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return round(value, 3) if number else "?"
    assert isinstance(form, re.Pattern)
    text = str(value)
    return text if form.fullmatch(text) else "?"


def _clean(text: str) -> str:
    return _SECRETS.sub("…", shown(text, MAX_REASON))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _words(line: dict[str, Any]) -> str:
    first = f"{line.pop('time')} {line.pop('level'):<7} {line.pop('event')}"
    return " ".join([first, *(f"{name}={value}" for name, value in line.items())])
