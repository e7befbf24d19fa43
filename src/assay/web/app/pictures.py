"""Numbers behind the pictures: where a bar ends, where a dot sits. The templates draw them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

from assay.formats.verdict import ResultToken
from assay.office.case import STAGES, Case, Stage
from assay.office.dossier import Happened
from assay.office.portfolio import Answer
from assay.register.leaf import Kind
from assay.web.pages import SIGNS

WIDTH = 1000
EDGE = 14
"""Kept free at both ends, so that no dot is cut."""
SOON = timedelta(days=7)
Urgency = Literal["", "soon", "late"]
_AGES = (("under a day", 1), ("1 to 7 days", 7), ("8 to 14 days", 14), ("15 to 30 days", 30))
_WEIGHTY = frozenset({Kind.SUBMISSION, Kind.DETERMINATION, Kind.PUBLICATION, Kind.CORRECTION})
GROUPS: Mapping[Stage, str] = {
    "submitted": "office", "complete": "office", "determined": "office", "incomplete": "provider",
    "under_response": "provider", "deep_validation": "officer", "answered": "officer", "published": "done",
    "closed": "ended", "withdrawn": "ended",
}  # fmt: skip


class Dot(msgspec.Struct, frozen=True):
    x: int
    kind: str
    """A class of the style: whose act it was, and whether it weighs."""


class Course(msgspec.Struct, frozen=True):
    """A case's time from left to right."""

    dots: tuple[Dot, ...]
    now: int
    end: int | None
    """Where the deadline is."""


class Part(msgspec.Struct, frozen=True):
    name: str
    group: str
    count: int
    start: int


class Share(msgspec.Struct, frozen=True):
    """Of what somebody runs, as much as stands alike."""

    answer: Answer
    result: str
    count: int
    start: int


class Bar(msgspec.Struct, frozen=True):
    name: str
    count: int
    share: int
    """Of the longest, in hundredths."""


def course(history: Sequence[Happened], case: Case, now: datetime) -> Course:
    begin = history[0].at if history else case.received
    ends = [now, *(one.at for one in history[-1:])]
    if case.deadline is not None:
        ends.append(case.deadline)
    span = max((max(ends) - begin).total_seconds(), 1.0)

    def x(at: datetime) -> int:
        return EDGE + round((at - begin).total_seconds() / span * (WIDTH - 2 * EDGE))

    dots = tuple(
        Dot(
            x(one.at),
            f"{'provider' if one.by_provider else 'office'}{' weighty' if one.kind in _WEIGHTY else ''}",
        )
        for one in history
    )
    return Course(dots, x(now), None if case.deadline is None else x(case.deadline))


def stages(counts: Mapping[Stage, int]) -> tuple[Part, ...]:
    """A bar of all cases, by who has to act."""
    made: list[Part] = []
    for stage in STAGES:
        if count := counts.get(stage, 0):
            made.append(Part(stage, GROUPS[stage], count, sum(part.count for part in made)))
    return tuple(made)


def shares(tally: Mapping[tuple[Answer, str], int]) -> tuple[Share, ...]:
    """What stands behind something first, in the order of the results; then what is only related, and what nothing is about."""
    made: list[Share] = []
    results = ["", *get_args(ResultToken)]
    order = sorted(tally, key=lambda one: (get_args(Answer).index(one[0]), results.index(one[1])))
    for answer, result in order:
        start = sum(one.count for one in made)
        if made and answer != "matched" and made[-1].answer == answer:
            made[-1] = msgspec.structs.replace(made[-1], count=made[-1].count + tally[answer, result])
            continue
        shown_as = result if answer == "matched" else ""
        made.append(Share(answer, shown_as, tally[answer, result], start))
    return tuple(made)


def share_mark(share: Share) -> str:
    """A class of the style."""
    if share.answer != "matched":
        return "unclear" if share.answer == "unknown" else share.answer
    return SIGNS[share.result] if share.result else "unknown"


def ages(cases: Sequence[Case], now: datetime) -> tuple[Bar, ...]:
    """How many have waited how long."""
    counted = [(name, 0) for name, _ in _AGES] + [("over 30 days", 0)]
    for case in cases:
        at = next(
            (at for at, (_, days) in enumerate(_AGES) if waited(case, now) < timedelta(days=days)), len(_AGES)
        )
        counted[at] = (counted[at][0], counted[at][1] + 1)
    most = max((count for _, count in counted), default=0) or 1
    return tuple(Bar(name, count, round(count / most * 100)) for name, count in counted)


def waited(case: Case, now: datetime) -> timedelta:
    return max(now - case.changed, timedelta())


def urgency(case: Case, now: datetime) -> Urgency:
    if case.deadline is None:
        return ""
    return "late" if case.deadline < now else "soon" if case.deadline - now < SOON else ""


def waits(cases: Sequence[Case], now: datetime) -> list[int]:
    """How long each has waited, in hundredths of the longest."""
    waited_s = [waited(one, now).total_seconds() for one in cases]
    longest = max(waited_s, default=0.0) or 1.0
    return [max(2, round(one / longest * 100)) for one in waited_s]


def ago(time: timedelta) -> str:
    if time < timedelta(hours=1):
        return "under an hour"
    hours = int(time.total_seconds() // 3600)
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} days"
