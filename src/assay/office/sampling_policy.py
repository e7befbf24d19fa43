"""Which submissions are looked at more closely, how often and when: the part of an office's policy that draws follow."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from assay.register.draw import MAX_RATE, MAX_STRATA, MAX_TEXT, MAX_WEIGHT

Fact = Literal[
    "criticality",
    "customers",
    "earlier_findings",
    "findings",
    "first_submission",
    "insufficient",
    "known_exploited",
]
FACTS: tuple[Fact, ...] = get_args(Fact)
MAX_WEIGHTS = 256

Name = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Least = Annotated[int, Meta(ge=1, le=1_000_000_000)]
"""From how much of a fact on something applies."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an office knows of a submission when it is put into a frame; None: could not be told, which weighs like the worst."""

    criticality: int | None = None
    """Of the product, from 0 (not, or run by nobody here) to 4, by relying parties' inventories."""
    customers: int | None = None
    """On its customer list."""
    earlier_findings: int | None = None
    """Final determinations against its provider so far."""
    findings: int | None = None
    """Of its automatic validation, against a claim."""
    first_submission: int | None = None
    """1 when its provider never submitted before, else 0."""
    insufficient: int | None = None
    """Claims whose evidence is insufficient."""
    known_exploited: int | None = None
    """Vulnerabilities of the product that are known to be exploited."""

    def of(self, fact: Fact) -> int | None:
        found: int | None = getattr(self, fact)
        return found


class Stratum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Submissions drawn at one rate: *take* of each *of*, rounded up."""

    name: Name
    """Public, like all of a draw: one that says nothing about those who are in it."""
    take: Annotated[int, Meta(ge=0, le=MAX_RATE)]
    of: Annotated[int, Meta(ge=1, le=MAX_RATE)]
    when: dict[Fact, Least] = {}
    """Of each of these facts at least so much; a submission is in the first stratum of which all holds."""


class Weight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What much of a fact adds to a submission's weight, which is its odds against the others of its stratum."""

    fact: Fact
    at_least: Least = 1
    add: Annotated[int, Meta(ge=1, le=MAX_WEIGHT - 1)]


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The draws for deep validation: when, at which rates, and by what a submission weighs more."""

    every_days: Annotated[int, Meta(ge=0, le=3650)] = 30
    """From one draw to the next; 0: no draws, and every submission is ``not_sampled``."""
    begin: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    """A draw is due then and every *every_days* after it, whatever an office is busy with."""
    lead_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60
    """At least so long between a draw-commit and the beacon's round that it names, for witnesses to see it in between."""
    beacon: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Name with the identity of its chain; empty: the draw is not verifiable against the operator."""
    strata: tuple[Stratum, ...] = (Stratum(name="all", take=1, of=10),)
    """In the order in which they are asked; the last one takes all that are left."""
    weights: tuple[Weight, ...] = ()
    """1, and for each fact the greatest *add* of those that apply."""

    @property
    def every(self) -> timedelta:
        return timedelta(days=self.every_days)

    @property
    def lead(self) -> timedelta:
        return timedelta(minutes=self.lead_minutes)

    def due_after(self, moment: datetime) -> datetime | None:
        """The first time for a draw later than *moment*; None when this policy has none."""
        if not self.every_days:
            return None
        return (
            self.begin
            if moment < self.begin
            else self.begin + ((moment - self.begin) // self.every + 1) * self.every
        )

    def due_before(self, moment: datetime) -> datetime | None:
        """The last time for a draw that *moment* has reached; None when there was none."""
        if not self.every_days or moment < self.begin:
            return None
        return self.begin + (moment - self.begin) // self.every * self.every

    def objection(self) -> str:
        """What cannot be meant, or nothing."""
        return _schedule(self) or _strata(self.strata) or _weights(self.weights)


def _schedule(sampling: Sampling) -> str:
    begin = sampling.begin
    if begin.tzinfo is None or begin.utcoffset() or begin.microsecond:
        return f"sampling.begin is {begin.isoformat()}, expected whole seconds in UTC"
    return ""


def _strata(strata: tuple[Stratum, ...]) -> str:
    names = [one.name for one in strata]
    if not 1 <= len(names) <= MAX_STRATA:
        return f"sampling.strata are {len(names)}, expected 1 to {MAX_STRATA}"
    if len(set(names)) != len(names):
        return "sampling.strata have a name twice"
    for one in strata:
        if one.take > one.of:
            return f"sampling.strata: {one.name!r} takes {one.take} of {one.of}"
        if not one.name.isprintable():
            return f"sampling.strata: {one.name!r} is not printable"
        if bool(one.when) == (one is strata[-1]):
            return f"sampling.strata: {one.name!r} {'has' if one.when else 'lacks'} a condition, which all but the last have"
    return ""


def _weights(weights: tuple[Weight, ...]) -> str:
    if len(weights) > MAX_WEIGHTS:
        return f"sampling.weights are {len(weights)}, over {MAX_WEIGHTS}"
    if len({(one.fact, one.at_least) for one in weights}) != len(weights):
        return "sampling.weights have a fact and how much of it twice"
    most = 1 + sum(max((one.add for one in weights if one.fact == fact), default=0) for fact in FACTS)
    if most > MAX_WEIGHT:
        return f"sampling.weights come to {most} together, over {MAX_WEIGHT}"
    return ""
