"""How an office is, as values: what was looked at, how it is, what to do. Nothing here looks by itself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import AssayError
from assay.formats.text import shown
from assay.office.ports import Head
from assay.register.checkpoint import SignedCheckpoint

State = Literal["ok", "warn", "fail", "unknown"]
"""*unknown*: it could not be looked at, which is never as good as *ok*."""
GRADES: tuple[State, ...] = ("ok", "warn", "unknown", "fail")
MAX_LINE = 400
LATE_S = 30
"""After which entries that nobody has published are told."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    """One word."""
    state: State
    said: str
    """What was found, on one line."""
    advice: str = ""
    """What to do; empty when there is nothing."""


def worst(findings: Sequence[Finding]) -> State:
    """*unknown* of none: who looked at nothing knows nothing."""
    return max((one.state for one in findings), key=GRADES.index, default="unknown")


def looked(check: str, look: Callable[[], Finding], advice: str) -> Finding:
    """What *look* finds; when it cannot, why, with *advice*."""
    try:
        return look()
    except AssayError as error:
        return Finding(check=check, state="fail", said=shown(str(error), MAX_LINE), advice=advice)


def after(check: str, other: str) -> Finding:
    """Of what cannot be looked at while *other* is not well."""
    return Finding(check=check, state="unknown", said=f"cannot be looked at before {other} is well")


def register(head: Head, published: SignedCheckpoint | None, now: datetime) -> Finding:
    """The database's head against the published checkpoint."""
    size = published.checkpoint.size if published is not None else 0
    if size > head.edge.size:
        return Finding(
            check="register",
            state="fail",
            said=f"the database has {head.edge.size:,} entries, {size:,} are published: it is an older copy",
            advice="bring the newer database back, or see docs/guides/backup.md",
        )
    if size < head.settled:
        return Finding(
            check="register",
            state="fail",
            said=f"{size:,} entries are in the public files, {head.settled:,} should be: they are an older copy",
            advice="bring the newer files back: from the bucket, or a mirror",
        )
    said = f"{head.edge.size:,} entries, {size:,} published"
    age_s = now.timestamp() - head.stamp
    if size < head.edge.size and age_s > LATE_S:
        return Finding(
            check="register",
            state="warn",
            said=f"{said}; the others wait since {age_s:,.0f} s",
            advice="is an office running, and can it write its public files?",
        )
    return Finding(check="register", state="ok", said=said)


def clock(skew_s: float, limit_s: int) -> Finding:
    """This machine's clock less the database's."""
    said = f"{abs(skew_s):.1f} s {'ahead of' if skew_s >= 0 else 'behind'} the database's"
    if abs(skew_s) > limit_s:
        return Finding(
            check="clock",
            state="fail",
            said=said,
            advice="entries are dated by it: run an NTP client on both machines",
        )
    return Finding(check="clock", state="ok", said=said)


def disk(free: int, limit: int) -> Finding:
    said = f"{free / (1 << 30):,.1f} GiB free"
    if free < limit:
        return Finding(
            check="disk",
            state="fail",
            said=f"{said}, expected {limit / (1 << 30):,.1f}",
            advice="make room: nothing is taken in when the disk is full",
        )
    return Finding(check="disk", state="warn" if free < 2 * limit else "ok", said=said)
