"""Each step of a draw: yes with everything, no for each lie, unknown for each thing that is missing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.beacons import OwnDrand
from tests.support.drawn import DUE, POLICY, QUORUM, ROUND, Drawn, draw

from assay.formats.digest import Digest
from assay.formats.note import Note
from assay.office.draw_audit import Evidence, Recorded, answer, audit
from assay.office.office_policy import OfficePolicy
from assay.register import leaf, sighting
from assay.register.beacon import RoundValue
from assay.register.drand import QUICKNET
from assay.register.draw import Beacon
from assay.register.leaf import Kind
from assay.register.sighting import Sightings

replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return draw(tmp_path_factory.mktemp("rounds"))


@pytest.fixture(scope="module")
def whole(drawn: Drawn) -> Evidence:
    leaves = drawn.office.leaves
    times = sighting.cosigned(Note.parse(drawn.witnessed.checkpoint), QUORUM)
    result = drawn.recorded
    return Evidence(
        commit=drawn.commit,
        entry=Recorded(drawn.entry, leaves[drawn.entry], leaf.parse(leaves[drawn.entry])),
        frame=drawn.office.root(drawn.commit.frame.size),
        result=drawn.result,
        result_entry=Recorded(result.index, result.leaf, leaf.parse(result.leaf)),
        sightings=Sightings().add(drawn.entry + 1, drawn.entry, times),
        quorum=QUORUM,
        chain=QUICKNET,
        vouched="which Assay knows",
        round=RoundValue(beacon=QUICKNET.name, round=ROUND, value=drawn.result.value, document=b""),
        policy=POLICY,
    )


def answers(found: Evidence) -> dict[str, str]:
    return {one.name: one.answer for one in audit(found)}


ALL = ("commit", "frame", "time", "witnesses", "beacon", "round", "result", "selection", "policy")


def test_everything_is_a_yes(whole: Evidence) -> None:
    assert answers(whole) == dict.fromkeys(ALL, "yes")
    assert answer(audit(whole)) == "yes"


@pytest.mark.parametrize(
    ("changes", "open_"),
    [
        pytest.param({"entry": None}, {"commit", "selection", "policy", "time"}, id="no entry of the commit"),
        pytest.param({"frame": None}, {"frame"}, id="no root"),
        pytest.param({"sightings": Sightings()}, {"witnesses"}, id="no witness"),
        pytest.param({"quorum": None}, {"witnesses"}, id="no policy of witnesses"),
        pytest.param({"chain": None, "vouched": ""}, {"beacon"}, id="unknown chain"),
        pytest.param({"round": None}, {"round"}, id="no round"),
        pytest.param({"result": None}, {"result", "round", "selection"}, id="no result"),
        pytest.param({"result_entry": None}, {"result"}, id="no entry of the result"),
    ],
)
def test_what_is_missing_leaves_its_steps_open(
    whole: Evidence, changes: dict[str, Any], open_: set[str]
) -> None:
    found = replace(whole, **changes)
    assert answers(found) == {name: "unknown" if name in open_ else "yes" for name in ALL}
    assert answer(audit(found)) == "unknown"
    assert "policy" not in answers(replace(whole, policy=None))


def entry(found: Evidence, **changes: Any) -> Evidence:
    assert found.entry
    return replace(found, entry=replace(found.entry, entry=replace(found.entry.entry, **changes)))


def beacon(found: Evidence, **changes: Any) -> Evidence:
    """Another commit, recorded instead."""
    assert found.commit.beacon
    commit = replace(found.commit, beacon=replace(found.commit.beacon, **changes))
    return entry(replace(found, commit=commit, round=None, policy=None), digests=(commit.digest,))


def result(found: Evidence, **changes: Any) -> Evidence:
    """Another result, recorded instead."""
    assert found.result
    assert found.result_entry
    other = replace(found.result, **changes)
    recorded = replace(found.result_entry, entry=replace(found.result_entry.entry, digests=(other.digest,)))
    return replace(found, result=other, result_entry=recorded)


def late(found: Evidence) -> Evidence:
    assert found.entry
    return entry(found, time=found.entry.entry.time + timedelta(days=1))


def unseen(found: Evidence) -> Evidence:
    return replace(found, sightings=Sightings().add(3, 40, dict.fromkeys(QUORUM.cosigners, DUE)))


def early(found: Evidence) -> Evidence:
    assert found.result_entry
    moment = QUICKNET.due(ROUND) - timedelta(seconds=1)
    return replace(
        found, result_entry=replace(found.result_entry, entry=replace(found.result_entry.entry, time=moment))
    )


def before(found: Evidence) -> Evidence:
    assert found.result_entry
    return replace(found, result_entry=replace(found.result_entry, index=5))


def other_value(found: Evidence) -> Evidence:
    assert found.round
    return replace(found, round=replace(found.round, value=bytes(32)))


def another_leaf(found: Evidence) -> Evidence:
    assert found.entry
    return replace(found, entry=replace(found.entry, leaf=found.entry.leaf[::-1]))


@pytest.mark.parametrize(
    ("lie", "step", "says"),
    [
        pytest.param(lambda e: entry(e, digests=(Digest.sha256(b"x"),)), "commit", "names another document", id="another document"),
        pytest.param(lambda e: entry(e, kind=Kind.NOTICE), "commit", "is a notice, expected a draw-commit", id="another kind"),
        pytest.param(lambda e: replace(e, frame=bytes(32)), "frame", "another root", id="another frame"),
        pytest.param(lambda e: entry(e, origin="register.example/south"), "frame", "not there before", id="of another register"),
        pytest.param(lambda e: replace(e, entry=replace(e.entry, index=30)), "frame", "not there before", id="a frame of later"),
        pytest.param(late, "time", "not before, by the register's clock", id="recorded late"),
        pytest.param(lambda e: beacon(e, due=QUICKNET.due(ROUND + 9999)), "time", "round 1000 of drand:52db9ba70e0cc0f6ea is due 2023-08-23T15:59:24Z", id="a round that is long known"),
        pytest.param(unseen, "witnesses", "not seen by 2023-08-23T15:59:24Z", id="unseen"),
        pytest.param(other_value, "round", "the result has another", id="another value"),
        pytest.param(lambda e: result(e, value=bytes(32)), "round", "the result has another", id="another value in the result"),
        pytest.param(early, "result", "before its round was due", id="a result too early"),
        pytest.param(before, "result", "comes before the commit", id="a result before its commit"),
        pytest.param(lambda e: replace(e, result=replace(e.result, number=2)), "result", "names another document", id="another result"),
        pytest.param(lambda e: result(e, selected=e.result.selected[1:]), "selection", "none should not be there", id="one left out"),
        pytest.param(lambda e: result(e, round=ROUND + 1), "selection", "used round 1001 of the beacon, round 1000 was", id="another round"),
        pytest.param(another_leaf, "selection", "its commit gives", id="another entry"),
        pytest.param(lambda e: replace(e, policy=OfficePolicy()), "policy", "names policy", id="another policy"),
        pytest.param(late, "policy", "the last was due", id="another moment"),
    ],
)  # fmt: skip
def test_each_lie_is_a_no(whole: Evidence, lie: Callable[[Any], Evidence], step: str, says: str) -> None:
    steps = audit(lie(whole))
    said = next(one for one in steps if one.name == step)
    assert (said.answer, answer(steps)) == ("no", "no")
    assert says in said.says


def test_a_chain_of_the_office_s_own_is_not_taken_for_a_beacon(whole: Evidence) -> None:
    own = Beacon("drand:" + "ab" * 32, ROUND, QUICKNET.due(ROUND))
    found = replace(whole, commit=replace(whole.commit, beacon=own), round=None, chain=None, vouched="")
    said = {one.name: one for one in audit(found)}
    assert said["beacon"].answer == "unknown"
    assert "whoever runs it knows its values" in said["beacon"].says


def test_a_chain_that_is_described_has_its_schedule(whole: Evidence) -> None:
    own = OwnDrand(genesis=DUE - 600, period_s=60).chain
    for round_, said in ((11, "yes"), (12, "no"), (10, "no"), (0, "no")):
        commit = replace(whole.commit, beacon=Beacon(own.name, round_, QUICKNET.due(ROUND)))
        assert answers(replace(whole, commit=commit, chain=own, round=None))["time"] == said


def test_without_a_beacon_no_step_says_yes_for_it(whole: Evidence) -> None:
    found = replace(whole, commit=replace(whole.commit, beacon=None), round=None, result=None, policy=None)
    said = answers(found)
    assert {name for name in said if said[name] == "unknown"} >= {"time", "witnesses", "beacon", "round"}
    assert "not verifiable against the operator" in audit(found)[4].says


def test_a_round_for_another_place_is_our_bug(whole: Evidence) -> None:
    assert whole.round
    with pytest.raises(ValueError, match="in another's place"):
        audit(replace(whole, round=replace(whole.round, round=7)))
