"""How a policy becomes a draw: strata, rates and integer weights. Pure; see docs/formats/draw.md."""

from collections.abc import Sequence

import msgspec

from assay.office.office_policy import OfficePolicy
from assay.register.checkpoint import Checkpoint
from assay.register.draw import Beacon, DrawCommit, DrawResult, Stratum, draw


class Candidate(msgspec.Struct, frozen=True):
    """A submission that may be drawn."""

    entry: int
    facts: frozenset[str]
    """What speaks for a closer look, by the names that a policy gives weights to; a stratum of such a name takes it in."""


def plan(
    policy: OfficePolicy,
    candidates: Sequence[Candidate],
    number: int,
    frame: Checkpoint,
    beacon: Beacon | None,
) -> DrawCommit:
    """All that draw *number* depends on but the beacon's value."""
    sampling = policy.sampling
    names = [one.name for one in sampling.strata]
    leaves: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for one in sorted(candidates, key=lambda found: found.entry):
        weight = max((sampling.weights[fact] for fact in one.facts if fact in sampling.weights), default=1)
        fitting = [name for name in names if name in one.facts]
        where = fitting[0] if fitting else ("all" if "all" in leaves else names[-1])
        leaves[where].append((one.entry, weight))
    strata = tuple(Stratum(one.name, one.take, one.of, tuple(leaves[one.name])) for one in sampling.strata)
    return DrawCommit(number=number, frame=frame, strata=strata, policy=policy.digest, beacon=beacon)


def finish(commit: DrawCommit, index: int, leaf_hash: bytes, value: bytes) -> DrawResult:
    """The result of the draw that entry *index* committed to."""
    return draw(commit, index, leaf_hash, value)
