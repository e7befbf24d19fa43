"""An office draws by a beacon on its schedule, and lays out what outsiders need before its entries name it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.beacons import OwnNist
from tests.support.services import service, submitted, tick

from assay.adapters.beacons.simulated import SimulatedBeacon
from assay.adapters.memory import FixedClock
from assay.adapters.tiles.memory import MemoryTiles
from assay.bootstrap.beacons import check_beacon, described
from assay.errors import Malformed, Refused, Unavailable
from assay.office.drawing import commit, result, schedule
from assay.office.office_policy import OfficePolicy
from assay.office.sampling import against
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.service import Service
from assay.register import draw, leaf
from assay.register.drand import QUICKNET
from assay.register.draw import DrawCommit, DrawResult
from assay.register.merkle import leaf_hash
from assay.tlog.draw_watch import document_path

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def drawing_office() -> Service:
    """With a beacon, public files, and a draw each week; the next one is due in a day."""
    plain = service()
    clock = plain.office.clock
    assert isinstance(clock, FixedClock)
    beacon = SimulatedBeacon("beacon.example", clock, start=clock.moment - DAY)
    sampling = Sampling(
        every_days=7,
        begin=plain.now() - 6 * DAY,
        lead_minutes=60,
        beacon=beacon.name,
        strata=(Stratum(name="all", take=1, of=1),),
    )
    policy = OfficePolicy(sampling=sampling)
    one = msgspec.structs.replace(plain, policy=policy, beacon=beacon, public=MemoryTiles())
    schedule(one)
    return one


def public(one: Service, index: int) -> bytes:
    assert one.public is not None
    path = document_path(leaf.parse(one.office.register.leaf(index)).digests[0])
    data = one.public.read(path, limit=draw.MAX_BYTES)
    assert data is not None, path
    return data


def test_a_draw_from_its_day_to_its_result() -> None:
    one = drawing_office()
    case = submitted(one)
    tick(one, DAY - HOUR)
    assert one.cases.draws(1) == ()
    tick(one, HOUR)
    (made,) = one.cases.draws(1)
    document = DrawCommit.parse(public(one, made.entry))
    assert against(one.policy, document, leaf.parse(one.office.register.leaf(made.entry)).time) == ()
    assert document.beacon is not None
    assert one.now() + HOUR < document.beacon.due == made.at
    assert one.case(case.payload).stage == "complete"
    tick(one, HOUR)
    assert one.cases.draws(1)[0].result is None  # the round is a little later
    tick(one, timedelta(minutes=2))
    (done,) = one.cases.draws(1)
    assert done.result_entry is not None
    said = DrawResult.parse(public(one, done.result_entry))
    draw.verify_result(document, made.entry, leaf_hash(one.office.register.leaf(made.entry)), said)
    assert one.beacon is not None
    assert said.value == one.beacon.value(document.beacon.round).value
    assert said.selected == (case.entry,)
    assert one.case(case.payload).drawn
    assert one.public is not None
    policy = one.public.read(document_path(document.policy), limit=1 << 20)
    assert policy is not None
    assert OfficePolicy.parse(policy) == one.policy


def test_no_result_before_the_round_and_by_no_other_beacon() -> None:
    one = drawing_office()
    submitted(one)
    made = commit(one, 1)
    with pytest.raises(Unavailable, match="is due"):
        result(one, 1)
    clock = one.office.clock
    assert isinstance(clock, FixedClock)
    clock.moment = made.at
    other = SimulatedBeacon("other.example", clock, start=clock.moment - DAY)
    with pytest.raises(Unavailable, match="has none now"):
        result(msgspec.structs.replace(one, beacon=None), 1)
    with pytest.raises((Unavailable, Refused)):
        result(msgspec.structs.replace(one, beacon=other), 1)
    assert result(one, 1).result is not None


class Full(MemoryTiles):
    def write_many(self, files: Any) -> None:
        raise Unavailable("the disk is full")


def test_what_nobody_could_read_is_not_committed_to() -> None:
    one = msgspec.structs.replace(drawing_office(), public=Full())
    submitted(one)
    size = one.office.register.size()
    with pytest.raises(Unavailable, match="disk is full"):
        commit(one, 1)
    assert (one.office.register.size(), one.cases.draws(1)) == (size, ())


NIST = OwnNist()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(f"chain = '{QUICKNET.name}'", QUICKNET.name, id="known"),
        pytest.param("chain = 'nist-2.0:9'\nkey = 'nist.pem'", "nist-2.0:9", id="certificates"),
        pytest.param(f"chain = '{QUICKNET.name}'\nkey = 'quicknet.json'", QUICKNET.name, id="described"),
    ],
)
def test_an_office_s_beacon_is_a_file(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "nist.pem").write_bytes(NIST.pem)
    (tmp_path / "quicknet.json").write_bytes(QUICKNET.chain.encode())
    (tmp_path / "beacon.toml").write_text(f"url = 'https://beacon.example'\n{text}\n")
    made = described(tmp_path / "beacon.toml")
    assert (made.name, made.url) == (name, "https://beacon.example/")
    check_beacon(made, name)
    with pytest.raises(Refused, match=r"draws by no beacon .*, the settings describe"):
        check_beacon(made, "")
    made.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("chain = 'drand:ab'", "'drand:ab' is none that Assay knows", id="unknown"),
        pytest.param(
            "chain = 'nist-2.0:9'", "is none that Assay knows, expected its key", id="no certificates"
        ),
        pytest.param("chain = 7", "Expected `str`", id="a number"),
        pytest.param("chane = 'x'", "chane", id="a misspelt key"),
        pytest.param("", "chain", id="no chain"),
    ],
)
def test_a_description_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "beacon.toml").write_text(f"url = 'https://beacon.example'\n{text}\n")
    with pytest.raises(Malformed, match=message):
        described(tmp_path / "beacon.toml")


def test_a_policy_that_names_a_beacon_needs_one() -> None:
    with pytest.raises(Refused, match=r"draws by nist-2\.0:2 .*, the settings describe none"):
        check_beacon(None, "nist-2.0:2")
    check_beacon(None, "")
