"""A draw verified by an outsider from its public documents, step by step; what is missing leaves its step open."""

from typing import Literal

import msgspec

from assay.errors import Refused
from assay.formats import times
from assay.office.office_policy import OfficePolicy
from assay.office.sampling import against
from assay.register import chains, draw, sighting
from assay.register.beacon import Chain, RoundValue
from assay.register.draw import NOT_VERIFIABLE, DrawCommit, DrawResult
from assay.register.leaf import Entry, Kind
from assay.register.merkle import leaf_hash
from assay.register.quorum import Quorum
from assay.register.sighting import Sightings

Answer = Literal["yes", "no", "unknown"]


class Step(msgspec.Struct, frozen=True):
    name: str
    answer: Answer
    says: str


class Recorded(msgspec.Struct, frozen=True):
    """An entry that is proven to stand in the register."""

    index: int
    leaf: bytes
    entry: Entry


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What there is. None: not given, or not to be had."""

    commit: DrawCommit
    entry: Recorded | None = None
    """Of the draw-commit."""
    frame: bytes | None = None
    """The root that the register had at the frame's size."""
    result: DrawResult | None = None
    result_entry: Recorded | None = None
    sightings: Sightings = Sightings()
    quorum: Quorum | None = None
    chain: Chain | None = None
    """Of the beacon, where it is known."""
    vouched: str = ""
    """Why :attr:`chain` is taken for a public one; empty when it is not."""
    round: RoundValue | None = None
    missing: str = "no beacon was asked"
    """Why there is no :attr:`round`."""
    policy: OfficePolicy | None = None
    """Asked about only where it is there."""


def audit(found: Evidence) -> tuple[Step, ...]:
    """Every step that a draw takes, in its order."""
    steps = [
        _commit(found),
        _frame(found),
        _time(found),
        _witnesses(found),
        _beacon(found),
        _round(found),
        _result(found),
        _selection(found),
    ]
    return tuple(steps) if found.policy is None else (*steps, _policy(found.policy, found))


def answer(steps: tuple[Step, ...]) -> Answer:
    """Of all of them: a no anywhere is a no, and only all of them are a yes."""
    answers = {one.answer for one in steps}
    return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"


def _commit(found: Evidence) -> Step:
    name = "commit"
    if found.entry is None:
        return Step(name, "unknown", "no receipt shows that the register holds it")
    return _named(name, found.entry, Kind.DRAW_COMMIT, found.commit.digest.value)


def _named(name: str, recorded: Recorded, kind: Kind, digest: str) -> Step:
    entry, where = recorded.entry, f"entry {recorded.index} of {recorded.entry.origin}"
    if entry.kind is not kind:
        return Step(name, "no", f"{where} is a {entry.kind}, expected a {kind}")
    if digest not in {one.value for one in entry.digests}:
        return Step(name, "no", f"{where} names another document")
    return Step(name, "yes", f"recorded {times.encode(entry.time)} as {where}")


def _frame(found: Evidence) -> Step:
    frame, entry = found.commit.frame, found.entry
    leaves = sum(len(one.leaves) for one in found.commit.strata)
    what = f"{leaves} of the {frame.size} entries that there were"
    if entry is not None and (frame.origin != entry.entry.origin or frame.size > entry.index):
        return Step(
            "frame", "no", f"is of {frame.size} entries of {frame.origin}, which were not there before"
        )
    if found.frame is None:
        return Step("frame", "unknown", f"{what}; the register was not asked for its root then")
    if found.frame != frame.root:
        return Step("frame", "no", f"{what}; the register then had another root")
    return Step("frame", "yes", f"{what}, as the register then was")


def _time(found: Evidence) -> Step:
    beacon, entry = found.commit.beacon, found.entry
    if beacon is None:
        return Step("time", "unknown", "there is no round to be recorded before")
    when = f"round {beacon.round} is due {times.encode(beacon.due)}"
    if wrong := chains.misdated(found.chain or chains.named(beacon.name), beacon.round, beacon.due):
        return Step("time", "no", f"the commit says that {when}; {wrong}")
    if entry is None:
        return Step("time", "unknown", f"{when}; when the commit was recorded is not known")
    early = entry.entry.time < beacon.due
    return Step(
        "time",
        "yes" if early else "no",
        f"{when}, the commit {'before' if early else 'not before'}, by the register's clock",
    )


def _witnesses(found: Evidence) -> Step:
    name, beacon = "witnesses", found.commit.beacon
    if beacon is None:
        return Step(name, "unknown", "there is no round to be seen before")
    if found.quorum is None:
        return Step(name, "unknown", "no policy says which witnesses count")
    judged = sighting.before(found.sightings, beacon.due, found.quorum)
    return Step(
        name, judged.answer, f"the commit was {judged.says}" if judged.answer != "unknown" else judged.says
    )


def _beacon(found: Evidence) -> Step:
    beacon = found.commit.beacon
    if beacon is None:
        return Step("beacon", "unknown", NOT_VERIFIABLE)
    if not found.vouched:
        return Step(
            "beacon",
            "unknown",
            f"{beacon.name} is no chain that is known here: whoever runs it knows its values",
        )
    return Step("beacon", "yes", f"{beacon.name}, {found.vouched}")


def _round(found: Evidence) -> Step:
    beacon, name = found.commit.beacon, "round"
    if beacon is None:
        return Step(name, "unknown", NOT_VERIFIABLE)
    if found.round is None:
        return Step(name, "unknown", found.missing)
    if (found.round.beacon, found.round.round) != (beacon.name, beacon.round):
        raise ValueError(
            f"round {found.round.round} of {found.round.beacon} was asked for in another's place"
        )
    said = f"round {beacon.round} has the value {found.round.value.hex()[:16]}…, signed by its beacon"
    if found.result is None:
        return Step(name, "unknown", f"{said}; there is no result to compare")
    if found.result.value != found.round.value:
        return Step(name, "no", f"{said}; the result has another")
    return Step(name, "yes", f"{said}, and so has the result")


def _result(found: Evidence) -> Step:
    name, entry = "result", found.result_entry
    if found.result is None:
        return Step(name, "unknown", "there is none")
    if entry is None:
        return Step(name, "unknown", "no receipt shows that the register holds it")
    step = _named(name, entry, Kind.DRAW_RESULT, found.result.digest.value)
    due = found.commit.beacon.due if found.commit.beacon else None
    if found.entry is not None and entry.index <= found.entry.index:
        return Step(name, "no", f"entry {entry.index} comes before the commit, entry {found.entry.index}")
    if due is not None and entry.entry.time < due:
        return Step(name, "no", f"recorded {times.encode(entry.entry.time)}, before its round was due")
    return step


def _selection(found: Evidence) -> Step:
    name, entry, result = "selection", found.entry, found.result
    if entry is None or result is None:
        return Step(name, "unknown", "takes the entry of the commit and the result")
    try:
        draw.verify_result(found.commit, entry.index, leaf_hash(entry.leaf), result)
    except Refused as error:
        return Step(name, "no", str(error))
    return Step(name, "yes", f"{len(result.selected)} entries, computed again")


def _policy(policy: OfficePolicy, found: Evidence) -> Step:
    name = "policy"
    if found.entry is None:
        return Step(name, "unknown", "when the commit was recorded is not known")
    try:
        wrong = against(policy, found.commit, found.entry.entry.time)
    except Refused as error:
        return Step(name, "no", str(error))
    return Step(
        name, "no" if wrong else "yes", "; ".join(wrong) or "moment, rates and beacon are the policy's"
    )
