"""Draws over HTTP: their state, their documents, and a receipt of the commit that witnesses signed before the round."""

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support import offices, services
from tests.support.applications import at
from tests.support.desks import World, problem
from tests.support.serving import served
from tests.support.signing import private
from tests.support.witnesses import MemoryWitnessState, Near, policy

from assay.adapters.beacons.simulated import SimulatedBeacon
from assay.adapters.memory import FixedClock
from assay.adapters.tiles.memory import MemoryTiles
from assay.cli.app import run
from assay.client import OfficeClient
from assay.formats.digest import Digest
from assay.office import witness
from assay.office.draw_documents import keep_receipts
from assay.office.drawing import commit, schedule
from assay.office.log import receipt
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.sequencer import Sequencer
from assay.register.quorum import Quorum
from assay.register.receipt import Receipt
from assay.tlog.witness import Witness
from assay.web.api.app import LIMITS

API = "/api/v1/draws"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("witness.example/w1", "witness.example/w2")
QUORUM = Quorum.parse(policy(*NAMES))
DOCUMENTS = (
    "commit.json",
    "result.json",
    "policy.json",
    "frame",
    "commit-receipt.json",
    "result-receipt.json",
)


class Drawing:
    """An office that draws each week, the next time in a day, with public files and two witnesses."""

    def __init__(self) -> None:
        self.world = World()
        plain = self.world.service
        clock = plain.office.clock
        assert isinstance(clock, FixedClock)
        self.clock, self.tiles = clock, MemoryTiles()
        beacon = SimulatedBeacon("beacon.example", clock, start=clock.moment - DAY)
        sampling = Sampling(
            every_days=7, begin=plain.now() - 6 * DAY, beacon=beacon.name, strata=(Stratum(name="all", take=1, of=1),)
        )  # fmt: skip
        register = Sequencer(plain.office.ledger, self.tiles, offices.LOG, offices.ORIGIN, clock)
        self.register = register
        office = msgspec.structs.replace(plain.office, register=register)
        self.world.service = msgspec.structs.replace(
            plain, office=office, policy=OfficePolicy(sampling=sampling), beacon=beacon, public=self.tiles
        )
        self.world.desk = msgspec.structs.replace(self.world.desk, tiles=self.tiles)
        self.client = self.world.client
        state = MemoryWitnessState()
        self.near = {
            f"{name.rpartition('/')[2]}-ed": Near(
                Witness(
                    name,
                    (private("ed25519", name), private("ml-dsa-44", name)),
                    {offices.ORIGIN: offices.LOG.public(offices.ORIGIN)},
                    state,
                    lambda: int(clock.moment.timestamp()),
                )
            )
            for name in NAMES
        }
        schedule(self.world.service)

    def committed(self) -> None:
        services.submitted(self.world.service)
        services.tick(self.world.service, DAY)

    def cosign(self, *names: str) -> None:
        """What the office does every few seconds."""
        asked = {name: one for name, one in self.near.items() if not names or name in names}
        witness.ask(self.register, QUORUM, asked)
        keep_receipts(self.world.service, QUORUM)

    def drawn(self) -> None:
        services.tick(self.world.service, HOUR + timedelta(minutes=2))
        self.register.publish()

    def state(self) -> str:
        return str(self.client.get(f"{API}/1").json()["state"])

    def bytes(self, name: str) -> bytes:
        answer = self.client.get(f"{API}/1/{name}")
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)


def steps(said: str) -> dict[str, str]:
    return {one["step"]: one["answer"] for one in json.loads(said)["steps"]}


def test_the_receipt_of_a_commit_proves_that_it_was_fixed_before_the_round(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Drawing()
    one.committed()
    one.cosign()
    early = one.bytes("commit-receipt.json")
    Receipt.parse(early).verify(offices.LOG.public(offices.ORIGIN))
    one.drawn()
    one.cosign()
    assert one.bytes("commit-receipt.json") == early
    files = []
    for name in DOCUMENTS:
        (tmp_path / name).write_bytes(one.bytes(name))
        files.append(str(tmp_path / name))
    (tmp_path / "witnesses.txt").write_bytes(policy(*NAMES))
    (tmp_path / "trust.json").write_bytes(offices.trust().encode())
    trust = ["--trust", str(tmp_path / "trust.json"), "--policy", str(tmp_path / "witnesses.txt"), "--json"]
    run(["draw", "verify", *files, *trust])
    found = steps(capsys.readouterr().out)
    # A simulated beacon is nobody's chain; everything that the office has to show holds.
    assert {name for name, answer in found.items() if answer != "yes"} == {"beacon", "round"}
    assert found["witnesses"] == "yes"
    late = Receipt.parse(early)
    late = msgspec.structs.replace(
        late,
        checkpoint=one.register.published(),
        proof=one.register.inclusion(late.index, one.register.size()),
    )
    (tmp_path / "commit-receipt.json").write_bytes(late.encode())
    run(["draw", "verify", *files, *trust])
    assert steps(capsys.readouterr().out)["witnesses"] != "yes"


def test_the_same_from_the_office_s_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Drawing()
    one.committed()
    one.cosign()
    one.drawn()
    (tmp_path / "witnesses.txt").write_bytes(policy(*NAMES))
    (tmp_path / "trust.json").write_bytes(offices.trust().encode())
    trust = ["--trust", str(tmp_path / "trust.json"), "--policy", str(tmp_path / "witnesses.txt"), "--json"]
    with served(at(one.world.desk), LIMITS) as url:
        run(["draw", "verify", "--office", url, "--draw", "1", *trust])
        found = steps(capsys.readouterr().out)
        assert {name for name, answer in found.items() if answer != "yes"} == {"beacon", "round"}
        assert run(["draw", "list", "--office", url]) == 0
        assert "drawn" in capsys.readouterr().out
        assert run(["draw", "list", "--office", url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["draws"][0]["state"] == "drawn"
        assert run(["draw", "verify", "--office", url, "--draw", "7", *trust]) == 2
        assert OfficeClient(url).draw(1).number == 1
        commit_ = OfficeClient(url).draw_file(1, "commit.json")
        assert str(Digest.sha256(commit_)) == OfficeClient(url).draw(1).commit


def test_more_witnesses_are_better_and_fewer_change_nothing() -> None:
    one = Drawing()
    one.committed()
    one.cosign("w1-ed")
    first = one.bytes("commit-receipt.json")
    one.cosign("w1-ed", "w2-ed")
    both = one.bytes("commit-receipt.json")
    assert first != both
    services.submitted(one.world.service, 2)
    one.cosign("w1-ed")
    assert one.bytes("commit-receipt.json") == both


def test_without_witnesses_there_is_the_logged_one() -> None:
    one = Drawing()
    one.committed()
    Receipt.parse(one.bytes("commit-receipt.json")).verify(offices.LOG.public(offices.ORIGIN))
    one.register.publish()
    made = Receipt.parse(one.bytes("commit-receipt.json"))
    assert made.checkpoint == one.register.published()
    # After the round nothing is kept as if it had been seen before.
    one.clock.moment += 2 * HOUR
    one.cosign()
    assert one.tiles.read("draw/1/receipt.json", limit=1 << 20) is None


def test_a_receipt_that_was_kept_and_is_damaged_is_said_and_not_replaced_by_a_later_one() -> None:
    """What counts is what witnesses saw before the round: one that is made now does not show it."""
    one = Drawing()
    one.committed()
    one.cosign()
    kept = one.tiles.read("draw/1/receipt.json", limit=1 << 20)
    assert kept is not None
    of_genesis = receipt(one.world.service.office, 0).encode()
    for damaged in (b"{}", kept[: len(kept) // 2], kept.replace(b'"index": 3', b'"index": 2'), of_genesis):
        assert damaged != kept
        one.tiles.write("draw/1/receipt.json", damaged)
        answer = one.client.get(f"{API}/1/commit-receipt.json")
        assert problem(answer) == (503, "Unavailable")
        assert "draw/1/receipt.json" in answer.json()["detail"]
    # Before the round the next cosignatures show the same.
    one.cosign()
    assert one.bytes("commit-receipt.json") == one.tiles.read("draw/1/receipt.json", limit=1 << 20)
    one.clock.moment += 2 * HOUR
    one.tiles.write("draw/1/receipt.json", b"{}")
    one.cosign()
    assert problem(one.client.get(f"{API}/1/commit-receipt.json")) == (503, "Unavailable")
    one.tiles.write("draw/1/receipt.json", kept)
    assert one.bytes("commit-receipt.json") == kept


def test_files_of_a_draw_have_one_name_each() -> None:
    one = Drawing()
    one.committed()
    one.cosign()
    one.register.publish()
    assert one.client.get("/register/draw/1/frame").status_code == 200
    assert one.client.get("/register/draw/01/frame").status_code == 404
    assert one.client.get("/register/draw/1/other").status_code == 404


def test_states() -> None:
    one = Drawing()
    assert problem(one.client.get(f"{API}/1"))[0] == 404
    one.committed()
    assert one.state() == "waiting"
    assert problem(one.client.get(f"{API}/1/result.json")) == (422, "Refused")
    assert problem(one.client.get(f"{API}/1/result-receipt.json")) == (422, "Refused")
    one.clock.moment += HOUR + timedelta(minutes=10)
    assert one.state() == "due"
    one.clock.moment += 2 * HOUR
    assert one.state() == "overdue"
    (item,) = one.client.get(API).json()["items"]
    assert (item["state"], item["number"]) == ("overdue", 1)
    services.tick(one.world.service)
    assert one.state() == "drawn"
    assert problem(one.client.get(f"{API}/0"))[0] == 400
    assert problem(one.client.get(f"{API}/x/commit.json"))[0] == 400
    assert "state" in one.client.get(f"{API}?format=csv").text.splitlines()[0]


def test_an_officer_s_draw_has_them_too() -> None:
    one = Drawing()
    services.submitted(one.world.service)
    one.clock.moment += DAY
    made = one.client.post(API, headers=one.world.person(Role.OFFICER))
    assert (made.status_code, made.json()["state"]) == (201, "waiting"), made.text
    assert commit(one.world.service, 1).number == 1
    assert one.bytes("policy.json") == one.world.service.policy.encode()
    assert one.bytes("frame").startswith(offices.ORIGIN.encode())
