"""An outsider recomputes a draw by a real round of drand, from files alone and from the register."""

import json
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.support.drawn import DUE, POLICY, ROUND, WITNESSES, Drawn, cosigned, draw
from tests.support.watched import Office

from assay.adapters.tiles.folder import FolderTiles
from assay.register.drand import MAINNET, QUICKNET
from assay.trust.root import Log, TrustRoot


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Drawn]:
    """What the office hands out, and the register's files."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "rounds").mkdir()
    found = draw(folder / "rounds", FolderTiles.make(folder / "log"))
    log = Log(found.office.origin, found.office.keys.vkeys, WITNESSES.decode())
    for name, data in {
        "trust.json": TrustRoot(logs=(log,)).pretty(),
        "commit.json": found.commit.encode(),
        "result.json": found.result.encode(),
        "commit-receipt.json": found.witnessed.encode(),
        "result-receipt.json": found.recorded.encode(),
        "frame": found.frame,
        "policy.json": POLICY.encode(),
        "witnesses": WITNESSES,
        "quicknet.json": QUICKNET.chain.encode(),
        "mainnet.json": MAINNET.chain.encode(),
    }.items():
        (folder / name).write_bytes(data)
    return folder, found


FILES = ("commit.json", "result.json", "commit-receipt.json", "result-receipt.json", "frame", "policy.json")
TRUST = ("--trust", "trust.json")
LATER = "2023-08-23T16:30:00Z"


def steps(out: str) -> dict[str, str]:
    return {one["step"]: one["answer"] for one in json.loads(out)["steps"]}


def test_from_files_alone(world: tuple[Path, Drawn], assay_here: Assay) -> None:
    folder, found = world
    for where in ("rounds", f"rounds/{ROUND}.json"):
        ran = assay_here("draw", "verify", *FILES, "--beacon", where, *TRUST, "--json", cwd=folder)
        assert (ran.code, set(steps(ran.out).values()), ran.err) == (0, {"yes"}, "")
        said = ran.json()
        assert (said["answer"], said["draw"], said["entry"]) == ("yes", 1, found.entry)
        assert said["selected"] == list(found.result.selected)
        assert said["beacon"] == {"name": QUICKNET.name, "round": ROUND}


def test_for_people(world: tuple[Path, Drawn], assay_here: Assay) -> None:
    folder, _ = world
    ran = assay_here("draw", "verify", *FILES, *TRUST, cwd=folder)
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[0].startswith("trust: trust.json")
    assert lines[1] == "draw 1"
    assert "  unknown  round      no beacon was asked (--beacon)" in lines
    assert lines[-1] == "could not tell"


def test_from_the_register(world: tuple[Path, Drawn], assay_here: Assay) -> None:
    """With nothing but the index, all but the witnesses' times, which are not in the newest checkpoint."""
    folder, found = world
    asked = ("draw", "verify", "--register", "log", "--beacon", "rounds", *TRUST, "--json")
    ran = assay_here(*asked, "--entry", str(found.entry), cwd=folder)
    said = steps(ran.out)
    assert (ran.code, said.pop("witnesses"), set(said.values())) == (3, "unknown", {"yes"})
    assert "policy" not in said  # it does not lie beside the tiles
    ran = assay_here(*asked, "commit-receipt.json", cwd=folder)
    assert (ran.code, set(steps(ran.out).values())) == (0, {"yes"})


def test_a_checkpoint_beside_tells_when_it_is_of_this_history(
    world: tuple[Path, Drawn], assay_here: Assay
) -> None:
    folder, found = world
    asked = ("draw", "verify", "--register", "log", "--entry", str(found.entry), *TRUST, "--json")
    (folder / "early").write_bytes(cosigned(found.office.note(), DUE - 1))
    assert steps(assay_here(*asked, "early", cwd=folder).out)["witnesses"] == "yes"
    (folder / "late").write_bytes(cosigned(found.frame, DUE))
    ran = assay_here(*asked, "late", cwd=folder)
    assert (ran.code, steps(ran.out)["witnesses"]) == (1, "no")


def test_a_steered_result_is_contradicted(
    world: tuple[Path, Drawn], assay_here: Assay, tmp_path: Path
) -> None:
    folder, _ = world
    document = json.loads((folder / "result.json").read_bytes())
    document["selected"] = document["selected"][1:]
    steered = tmp_path / "result.json"
    steered.write_bytes(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    ran = assay_here(
        "draw", "verify", "commit.json", steered, "commit-receipt.json", *TRUST, "--json", cwd=folder
    )
    assert (ran.code, steps(ran.out)["selection"]) == (1, "no")


def test_a_round_that_is_not_the_one_is_no_round(
    world: tuple[Path, Drawn], assay_here: Assay, tmp_path: Path
) -> None:
    folder, _ = world
    document = json.loads((folder / f"rounds/{ROUND}.json").read_bytes())
    for changes in ({"round": ROUND + 1}, {"signature": document["signature"][::-1], "randomness": None}):
        file = tmp_path / "round.json"
        file.write_text(json.dumps({**document, **changes}))
        ran = assay_here("draw", "verify", *FILES, "--beacon", file, *TRUST, "--json", cwd=folder)
        assert (ran.code, steps(ran.out)["round"]) == (3, "unknown")


def test_other_keys_and_other_policies(world: tuple[Path, Drawn], assay_here: Assay) -> None:
    folder, found = world
    keys = [word for one in found.office.keys.vkeys for word in ("--key", one.encode())]
    ran = assay_here("draw", "verify", *FILES, *keys, "--json", cwd=folder)
    assert steps(ran.out)["witnesses"] == "unknown"
    ran = assay_here("draw", "verify", *FILES, *keys, "--policy", "witnesses", "--json", cwd=folder)
    assert steps(ran.out)["witnesses"] == "yes"
    ran = assay_here("draw", "verify", *FILES, *TRUST, "--chain", "quicknet.json", "--json", cwd=folder)
    assert "described in quicknet.json" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param((), 2, "no draw-commit is given", id="nothing"),
        pytest.param(("result.json",), 2, "no draw-commit is given", id="a result alone"),
        pytest.param(("trust.json",), 2, "trust.json is no receipt, document of a draw", id="another document"),
        pytest.param(("--entry", "3"), 2, "--entry is an entry of a --register", id="an entry of nothing"),
        pytest.param(("--register", "log", "--entry", "3"), 2, "neither a draw-commit nor a draw-result", id="another entry"),
        pytest.param(("--register", "log", "--entry", "3000"), 3, "has 46 entries, none at 3000", id="past the end"),
        pytest.param(("commit.json", "--chain", "mainnet.json"), 2, "describes drand:8990e7a9", id="another chain"),
        pytest.param(("commit.json", "--chain", "result.json"), 2, "result.json", id="no chain"),
        pytest.param(("commit-receipt.json",), 3, "the document of the draw-commit, sha256:", id="no document"),
        pytest.param(("commit.json", "--register", "nowhere"), 2, "is no folder, and no URL", id="no register"),
        pytest.param(("commit.json", "nowhere.json"), 2, "does not exist", id="no file"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(
    world: tuple[Path, Drawn], assay_here: Assay, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ran = assay_here("draw", "verify", *arguments, *TRUST, cwd=world[0])
    assert ran.code == code
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_office_that_is_not_trusted(world: tuple[Path, Drawn], assay_here: Assay, tmp_path: Path) -> None:
    south = Office("south", "register.example/south")
    other = tmp_path / "other.json"
    other.write_bytes(TrustRoot(logs=(Log(south.origin, south.keys.vkeys),)).pretty())
    ran = assay_here("draw", "verify", *FILES, "--trust", other, cwd=world[0])
    assert (ran.code, "is not among those trusted" in ran.err) == (2, True)


def test_a_monitor_asks_the_beacon(world: tuple[Path, Drawn], assay_here: Assay, tmp_path: Path) -> None:
    folder, _ = world
    asked = ("monitor", "log", *TRUST, "--json", "--policy", "nobody")
    (folder / "nobody").write_bytes(b"quorum none\n")
    (tmp_path / "empty").mkdir()
    waiting = assay_here(
        *asked, "--beacon", tmp_path / "empty", "--state", tmp_path / "s", cwd=folder, now=LATER
    )
    assert (waiting.code, waiting.json()["draws"][0]["state"]) == (3, "waiting")
    assert f"{ROUND}.json" in waiting.json()["unknown"][0]
    there = assay_here(*asked, "--beacon", "rounds", "--state", tmp_path / "s", cwd=folder, now=LATER)
    assert (there.code, there.json()["draws"][0]["value"]) == (0, "given")
    wrong = assay_here(*asked, "--beacon", "nowhere", "--state", tmp_path / "s", cwd=folder, now=LATER)
    assert (wrong.code, "is no folder of rounds" in wrong.err) == (2, True)


def test_a_value_that_is_not_the_beacon_s(assay_here: Assay, tmp_path: Path) -> None:
    """The result follows from the commit and the value; only the beacon tells that the value is the office's own."""
    (tmp_path / "rounds").mkdir()
    found = draw(
        tmp_path / "rounds", FolderTiles.make(tmp_path / "log"), value=b"a value that we like".ljust(32)
    )
    keys = [word for one in found.office.keys.vkeys for word in ("--key", one.encode())]
    asked = ("draw", "verify", "--register", "log", "--entry", str(found.entry), *keys, "--json")
    assert steps(assay_here(*asked).out)["selection"] == "yes"
    ran = assay_here(*asked, "--beacon", "rounds")
    assert (ran.code, steps(ran.out)["round"], steps(ran.out)["selection"]) == (1, "no", "yes")
    ran = assay_here("monitor", "log", *keys, "--beacon", "rounds", "--state", "s", "--json", now=LATER)
    assert (ran.code, "the value is not that of round 1000" in ran.json()["alarms"][0]["what"]) == (1, True)
