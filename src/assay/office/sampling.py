"""How a policy becomes a draw: strata, rates and integer weights, and nothing that anybody could choose. Pure; see docs/formats/draw.md."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from assay.errors import Refused, Untrusted
from assay.formats import times
from assay.formats.text import shown
from assay.office.beacon import Beacon
from assay.office.office_policy import OfficePolicy
from assay.office.sampling_policy import FACTS, Fact, Facts, Sampling
from assay.register import draw
from assay.register.beacon import RoundValue
from assay.register.checkpoint import Checkpoint
from assay.register.draw import DrawCommit, DrawResult

LATE = timedelta(hours=6)
"""How long after its time a draw may be committed to: a night's outage is no steering."""


class Candidate(msgspec.Struct, frozen=True):
    """A complete submission that was in no draw."""

    entry: int
    facts: Facts


class Weighed(msgspec.Struct, frozen=True):
    """How a submission stands in a draw, and why."""

    stratum: str
    weight: int
    because: tuple[str, ...]


def weigh(sampling: Sampling, facts: Facts) -> Weighed:
    """The first stratum whose conditions hold; 1 and, for each fact, the greatest weight that applies."""
    stratum = next(
        one for one in sampling.strata if all(_holds(facts, fact, least) for fact, least in one.when.items())
    )
    because = [f"stratum {stratum.name}: {_said(facts, fact)}" for fact in stratum.when]
    weight = 1
    for fact in FACTS:
        rules = [one for one in sampling.weights if one.fact == fact and _holds(facts, fact, one.at_least)]
        if rules:
            add = max(one.add for one in rules)
            weight += add
            because.append(f"weight +{add}: {_said(facts, fact)}")
    return Weighed(stratum.name, weight, tuple(because))


def plan(
    policy: OfficePolicy,
    candidates: Sequence[Candidate],
    number: int,
    frame: Checkpoint,
    beacon: Beacon | None,
    now: datetime,
) -> DrawCommit:
    """All that draw *number* depends on but the beacon's value, which comes at the first round after the lead time.

    *frame* is the register as it is now, with every candidate in it. Whether a draw is due is the caller's to ask
    (:meth:`Sampling.due_after`). Refused when *beacon* is not the one that the policy names; ValueError where a candidate
    comes twice.
    """
    named = "" if beacon is None else beacon.name
    if named != policy.sampling.beacon:
        raise Refused(f"the policy draws by {_named(policy.sampling.beacon)}, the office has {_named(named)}")
    leaves: dict[str, list[tuple[int, int]]] = {one.name: [] for one in policy.sampling.strata}
    for one in sorted(candidates, key=lambda found: found.entry):
        weighed = weigh(policy.sampling, one.facts)
        leaves[weighed.stratum].append((one.entry, weighed.weight))
    if len({one.entry for one in candidates}) != len(candidates):
        raise ValueError("a submission is a candidate twice")
    strata = [
        draw.Stratum(one.name, one.take, one.of, tuple(leaves[one.name])) for one in policy.sampling.strata
    ]
    return DrawCommit(
        number=number,
        frame=Checkpoint(frame.origin, frame.size, frame.root),
        strata=tuple(sorted(strata, key=lambda one: one.name)),
        policy=policy.digest,
        beacon=None if beacon is None else promised(beacon, now + policy.sampling.lead),
    )


def promised(beacon: Beacon, after: datetime) -> draw.Beacon:
    """The first round of *beacon* that is due later than that moment, as a commit names it."""
    round_ = beacon.round_after(after)
    return draw.Beacon(beacon.name, round_, beacon.due(round_))


def finish(commit: DrawCommit, index: int, leaf_hash: bytes, value: RoundValue | None) -> DrawResult:
    """The result of the draw that entry *index* committed to. Untrusted when *value* is not of the round committed to."""
    asked = None if commit.beacon is None else (commit.beacon.name, commit.beacon.round)
    given = None if value is None else (value.beacon, value.round)
    if asked != given:
        raise Untrusted(f"draw {commit.number} was committed to {_round(asked)}, not to {_round(given)}")
    return draw.draw(commit, index, leaf_hash, b"" if value is None else value.value)


def against(policy: OfficePolicy, commit: DrawCommit, recorded: datetime) -> tuple[str, ...]:
    """What of a commit, in an entry of that time, is not as *policy* says; nothing when it is. Untrusted for another policy's."""
    if commit.policy != policy.digest:
        raise Untrusted(
            f"draw {commit.number} names policy {commit.policy.short}, this one is {policy.digest.short}"
        )
    sampling, found = policy.sampling, []
    due = sampling.due_before(recorded)
    if due is None or recorded - due > LATE:
        before = "before any was due" if due is None else f"the last was due {times.encode(due)}"
        found.append(f"draw {commit.number} was committed {times.encode(recorded)}, {before}")
    rates = {one.name: (one.take, one.of) for one in sampling.strata}
    if rates != {one.name: (one.take, one.of) for one in commit.strata}:
        found.append("the strata or their rates are not those of the policy")
    named = "" if commit.beacon is None else commit.beacon.name
    if named != sampling.beacon:
        found.append(f"the policy draws by {_named(sampling.beacon)}, the commit by {_named(named)}")
    return tuple(found)


def _holds(facts: Facts, fact: Fact, least: int) -> bool:
    """What could not be told counts like the worst."""
    found = facts.of(fact)
    return found is None or found >= least


def _said(facts: Facts, fact: Fact) -> str:
    found = facts.of(fact)
    return f"{fact} {'could not be told' if found is None else found}"


def _round(named: tuple[str, int] | None) -> str:
    return "no beacon" if named is None else f"round {named[1]} of {named[0]}"


def _named(beacon: str) -> str:
    return f"beacon {shown(beacon, 100)}" if beacon else "no beacon"
