"""From policy and facts to a commit, and from a commit and a round to a result: the same for everybody, and no choice in between."""

import hashlib
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.beacons.simulated import SimulatedBeacon
from assay.adapters.memory import FixedClock
from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.office.office_policy import OfficePolicy
from assay.office.sampling import LATE, Candidate, against, finish, plan, weigh
from assay.office.sampling_policy import FACTS, Facts, Sampling, Stratum, Weight
from assay.register.beacon import RoundValue
from assay.register.checkpoint import Checkpoint
from assay.register.draw import MAX_WEIGHT, DrawCommit, verify_result

NOW = datetime(2026, 11, 2, 12, 0, 30, tzinfo=UTC)
LEAF = hashlib.sha256(b"leaf").digest()
FRAME = Checkpoint("register.example/3f9c", 1000, hashlib.sha256(b"root").digest())
CLOCK = FixedClock(NOW)
BEACON = SimulatedBeacon("beacon.example", CLOCK, start=NOW - timedelta(days=1))
SAMPLING = Sampling(
    every_days=7,
    begin=NOW - timedelta(days=14),
    beacon=BEACON.name,
    strata=(
        Stratum(name="c", take=1, of=1, when={"known_exploited": 1, "customers": 10}),
        Stratum(name="a", take=1, of=4, when={"first_submission": 1}),
        Stratum(name="b", take=1, of=10),
    ),
    weights=(
        Weight(fact="customers", at_least=10, add=2),
        Weight(fact="customers", at_least=100, add=9),
        Weight(fact="earlier_findings", add=5),
    ),
)
POLICY = OfficePolicy(sampling=SAMPLING)
NONE = Facts(**dict.fromkeys(FACTS, 0))

facts = st.builds(Facts, **{name: st.none() | st.integers(0, 200) for name in FACTS})
candidates = st.dictionaries(st.integers(0, 999), facts, max_size=30).map(
    lambda found: [Candidate(entry, one) for entry, one in found.items()]
)


def value(commit: DrawCommit) -> RoundValue:
    assert commit.beacon
    CLOCK.moment = commit.beacon.due
    try:
        return BEACON.value(commit.beacon.round)
    finally:
        CLOCK.moment = NOW


@pytest.mark.parametrize(
    ("changes", "stratum", "weight", "because"),
    [
        pytest.param({}, "b", 1, (), id="nothing"),
        pytest.param({"customers": 9}, "b", 1, (), id="just under"),
        pytest.param({"customers": 10}, "b", 3, ("weight +2: customers 10",), id="enough"),
        pytest.param({"customers": 100}, "b", 10, ("weight +9: customers 100",), id="the greatest, once"),
        pytest.param({"customers": 100, "earlier_findings": 3}, "b", 15,
            ("weight +9: customers 100", "weight +5: earlier_findings 3"), id="two facts"),
        pytest.param({"known_exploited": 1}, "b", 1, (), id="one of two conditions"),
        pytest.param({"known_exploited": 1, "customers": 10, "first_submission": 1}, "c", 3,
            ("stratum c: known_exploited 1", "stratum c: customers 10", "weight +2: customers 10"), id="the first that fits"),
        pytest.param({"first_submission": None}, "a", 1, ("stratum a: first_submission could not be told",), id="unknown condition"),
        pytest.param({"customers": None}, "b", 10, ("weight +9: customers could not be told",), id="unknown weighs most"),
    ],
)  # fmt: skip
def test_weighs_and_says_why(
    changes: dict[str, int | None], stratum: str, weight: int, because: tuple[str, ...]
) -> None:
    found = weigh(SAMPLING, msgspec.structs.replace(NONE, **changes))
    assert (found.stratum, found.weight, found.because) == (stratum, weight, because)


@given(facts)
def test_not_knowing_never_helps(one: Facts) -> None:
    worst = weigh(SAMPLING, Facts())
    best = weigh(SAMPLING, NONE)
    assert best.weight <= weigh(SAMPLING, one).weight <= worst.weight <= MAX_WEIGHT
    for fact in FACTS:
        blank = msgspec.structs.replace(one, **{fact: None})
        assert weigh(SAMPLING, blank).weight >= weigh(SAMPLING, one).weight


@given(candidates, st.randoms(use_true_random=False))
def test_the_same_inputs_give_the_same_draw(found: list[Candidate], random: Random) -> None:
    commit = plan(POLICY, found, 6, FRAME, BEACON, NOW)
    shuffled = random.sample(found, len(found))
    assert plan(POLICY, shuffled, 6, FRAME, BEACON, NOW) == commit == DrawCommit.parse(commit.encode())
    assert {index for one in commit.strata for index, _ in one.leaves} == {one.entry for one in found}
    result = finish(commit, 1000, LEAF, value(commit))
    assert finish(commit, 1000, LEAF, value(commit)) == result
    verify_result(commit, 1000, LEAF, result)


@given(candidates, st.integers(1, 10**6))
def test_no_other_round_and_no_other_beacon(found: list[Candidate], other: int) -> None:
    commit = plan(POLICY, found, 6, FRAME, BEACON, NOW)
    right = value(commit)
    elsewhere = msgspec.structs.replace(right, round=right.round + other)
    for wrong in (elsewhere, msgspec.structs.replace(right, beacon="simulated:other"), None):
        with pytest.raises(Untrusted, match="draw 6 was committed to round"):
            finish(commit, 1000, LEAF, wrong)


def test_the_round_is_the_first_after_the_lead_and_cannot_be_known_yet() -> None:
    commit = plan(POLICY, [], 6, FRAME, BEACON, NOW)
    assert commit.beacon
    assert NOW + SAMPLING.lead < commit.beacon.due <= NOW + SAMPLING.lead + timedelta(seconds=60)
    with pytest.raises(Unavailable, match="is due"):
        BEACON.value(commit.beacon.round)


def test_without_a_beacon_it_is_said() -> None:
    alone = OfficePolicy(sampling=msgspec.structs.replace(SAMPLING, beacon=""))
    commit = plan(alone, [Candidate(3, NONE)], 6, FRAME, None, NOW)
    assert commit.label == "not verifiable against the operator"
    assert finish(commit, 1000, LEAF, None).value == b""
    with pytest.raises(Untrusted, match="was committed to no beacon, not to round 1 of"):
        finish(commit, 1000, LEAF, BEACON.value(1))


def test_the_beacon_is_the_policy_s() -> None:
    with pytest.raises(Refused, match=r"draws by beacon simulated:beacon\.example, the office has no beacon"):
        plan(POLICY, [], 6, FRAME, None, NOW)
    with pytest.raises(Refused, match="draws by no beacon, the office has beacon simulated"):
        plan(OfficePolicy(), [], 6, FRAME, BEACON, NOW)


def test_misuse() -> None:
    with pytest.raises(ValueError, match="a candidate twice"):
        plan(POLICY, [Candidate(1, NONE), Candidate(1, NONE)], 6, FRAME, BEACON, NOW)
    with pytest.raises(Malformed, match="not entries of the frame"):
        plan(POLICY, [Candidate(1000, NONE)], 6, FRAME, BEACON, NOW)


@given(st.integers(-(10**8), 10**8))
def test_the_times_of_draws_are_nobody_s_choice(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    after, before = SAMPLING.due_after(moment), SAMPLING.due_before(moment)
    assert after
    assert after > moment
    if before is None:
        assert (after, moment < SAMPLING.begin) == (SAMPLING.begin, True)
    else:
        assert before <= moment
        assert after - before == SAMPLING.every
        assert (before - SAMPLING.begin) % SAMPLING.every == timedelta(0)


def test_no_draws() -> None:
    never = Sampling(every_days=0)
    assert (never.due_after(NOW), never.due_before(NOW)) == (None, None)


def test_a_commit_as_the_policy_says() -> None:
    commit = plan(POLICY, [Candidate(3, NONE)], 6, FRAME, BEACON, NOW)
    assert against(POLICY, commit, NOW) == against(POLICY, commit, NOW + LATE) == ()
    for changed, recorded, said in (
        (commit, NOW - timedelta(seconds=1), "was committed 2026-11-02T12:00:29Z, the last was due 2026-10-26T12:00:30Z"),
        (commit, NOW + LATE + timedelta(seconds=1), "was committed 2026-11-02T18:00:31Z, the last was due 2026-11-02T12:00:30Z"),
        (commit, NOW - timedelta(days=15), "before any was due"),
        (msgspec.structs.replace(commit, strata=commit.strata[1:]), NOW, "the strata or their rates"),
        (msgspec.structs.replace(commit, beacon=None), NOW, "the policy draws by beacon simulated:beacon.example, the commit by no"),
    ):  # fmt: skip
        assert [said in line for line in against(POLICY, changed, recorded)] == [True]
    with pytest.raises(Untrusted, match="names policy"):
        against(OfficePolicy(), commit, NOW)
