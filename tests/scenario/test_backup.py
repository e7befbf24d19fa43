"""An office is backed up while it works, put back, and signs again only when it is known what was lost."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.conftest import Assay, Start, policy, trial

SAID = "nothing is signed for"


def entries(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "office" / "office.sqlite")) as database:
        (size,) = database.execute("SELECT size FROM head").fetchone()
    return int(size)


def lose(project: Path) -> None:
    shutil.rmtree(project / ".assay")


def restored(assay_here: Assay, project: Path, backup: Path) -> Any:
    ran = assay_here("office", "restore", backup, "--office", project / ".assay", "--json")
    assert ran.code == 0, ran.err
    return ran.json()


@pytest.fixture
def project(project: Path) -> Path:
    shutil.rmtree(project / "dist")
    return project


def test_nothing_was_lost(assay_here: Assay, project: Path, tmp_path: Path, witness: Start) -> None:
    home, backup = project / ".assay", tmp_path / "backup"
    trial(assay_here, project, "1.0.0")
    (home / "office" / "witnesses.policy").write_text(
        policy(witness("north", home / "trust.json"), witness("south", home / "trust.json"))
    )
    receipt = trial(assay_here, project, "2.0.0")
    made = assay_here("office", "backup", backup, "--office", home, "--json")
    assert made.code == 0, made.err
    assert (made.json()["entries"], made.json()["published"], made.json()["keys"]) == (9, 9, True)
    assert {path.stat().st_mode & 0o077 for path in backup.glob("keys/*")} == {0}
    again = assay_here("office", "backup", backup, "--office", home)
    assert (again.code, "is not empty" in again.err) == (2, True)
    shutil.copy(receipt, tmp_path / "receipt.json")

    refused = assay_here("office", "restore", backup, "--office", home)
    assert (refused.code, "is not empty" in refused.err) == (2, True)
    lose(project)
    said = restored(assay_here, project, backup)
    assert (said["entries"], said["missing"], said["erased"]) == (9, [], 0)
    assert said["documents"] > 4
    checkpoint = (home / "office" / "register" / "checkpoint").read_bytes()

    stopped = assay_here("trial", project, "--json")
    assert (stopped.code, SAID in stopped.err, "go-on" in stopped.err) == (3, True, True)
    assert (home / "office" / "register" / "checkpoint").read_bytes() == checkpoint
    neither = assay_here("office", "go-on", "--office", home)
    assert (neither.code, "say one of" in neither.err) == (2, True)
    done = assay_here("office", "go-on", "--nothing-lost", "--office", home, "--json")
    assert done.code == 0, done.err
    assert (done.json()["found"], done.json()["confirmed"]) == (0, ["north", "south"])
    twice = assay_here("office", "go-on", "--nothing-lost", "--office", home)
    assert (twice.code, "goes on already" in twice.err) == (2, True)
    trial(assay_here, project, "3.0.0")
    assert entries(home) == 13
    assert assay_here("verify", tmp_path / "receipt.json", "--trust", home / "trust.json").code == 0


def test_what_was_lost_is_found_again_in_a_mirror(
    assay_here: Assay, project: Path, tmp_path: Path, witness: Start
) -> None:
    home, backup, mirror = project / ".assay", tmp_path / "backup", tmp_path / "mirror"
    trial(assay_here, project, "1.0.0")
    (home / "office" / "witnesses.policy").write_text(
        policy(witness("north", home / "trust.json"), witness("south", home / "trust.json"))
    )
    trial(assay_here, project, "2.0.0")
    assert assay_here("office", "backup", backup, "--office", home).code == 0
    late = trial(assay_here, project, "3.0.0")
    shutil.copy(late, tmp_path / "late.json")
    assert (
        assay_here("mirror", home / "office" / "register", mirror, "--trust", home / "trust.json").code == 0
    )
    lose(project)
    restored(assay_here, project, backup)

    behind = assay_here("office", "go-on", "--nothing-lost", "--office", home)
    assert (behind.code, "says it cosigned size 13" in behind.err, "entries were lost" in behind.err) == (
        2,
        True,
        True,
    )
    own = assay_here("office", "go-on", "--register", "own", "--office", home)
    assert (own.code, "says it cosigned size 13" in own.err) == (2, True)
    assert assay_here("trial", project).code == 3

    done = assay_here("office", "go-on", "--register", mirror, "--office", home, "--json")
    assert done.code == 0, done.err
    assert (done.json()["entries"], done.json()["found"]) == (13, 4)
    trial(assay_here, project, "4.0.0")
    assert entries(home) == 18  # four of the new submission, and one that says what was lost
    # Whoever holds a receipt of a lost entry still holds a good one, and the register continues its history.
    assert assay_here("verify", tmp_path / "late.json", "--trust", home / "trust.json").code == 0
    assert (
        assay_here("mirror", home / "office" / "register", mirror, "--trust", home / "trust.json").code == 0
    )
    found = [json.loads(line) for line in _documents(home) if b"urn:assay:loss:1" in line]
    assert [(one["first"], one["end"]) for one in found] == [(9, 13)]


def test_another_history_is_not_taken_for_a_newer_copy(
    assay_here: Assay, project: Path, tmp_path: Path
) -> None:
    home, backup = project / ".assay", tmp_path / "backup"
    trial(assay_here, project, "1.0.0")
    assert assay_here("office", "backup", backup, "--office", home).code == 0
    lose(project)
    restored(assay_here, project, backup)
    unsure = assay_here("office", "go-on", "--nothing-lost", "--office", home)
    assert (unsure.code, "has no witnesses" in unsure.err) == (2, True)
    done = assay_here("office", "go-on", "--nothing-lost", "--unwitnessed", "--office", home)
    assert (done.code, "confirmed by nobody" in done.out) == (0, True)
    trial(assay_here, project, "2.0.0")
    shutil.copytree(home / "office" / "register", tmp_path / "other")
    lose(project)
    restored(assay_here, project, backup)
    assert assay_here("office", "go-on", "--nothing-lost", "--unwitnessed", "--office", home).code == 0
    trial(assay_here, project, "3.0.0")
    assert assay_here("office", "backup", tmp_path / "second", "--office", home).code == 0
    lose(project)
    restored(assay_here, project, tmp_path / "second")
    trial_of_another = assay_here("office", "go-on", "--register", tmp_path / "other", "--office", home)
    assert trial_of_another.code == 2
    assert "is of another history" in trial_of_another.err or "is not newer" in trial_of_another.err


def test_a_damaged_backup_is_not_put_back(assay_here: Assay, project: Path, tmp_path: Path) -> None:
    home, backup = project / ".assay", tmp_path / "backup"
    trial(assay_here, project, "1.0.0")
    assert assay_here("office", "backup", backup, "--office", home).code == 0
    lose(project)
    files = json.loads((backup / "backup.json").read_text())["files"]
    assert len(files) > 10
    for at, damage in enumerate(DAMAGES):
        path = backup / files[at * 3]["path"]
        whole = path.read_bytes()
        damage(path)
        bad = assay_here("office", "restore", backup, "--office", home)
        assert (bad.code, files[at * 3]["path"] in bad.err, home.exists() and any(home.iterdir())) == (
            2,
            True,
            False,
        )
        path.write_bytes(whole)
    (backup / "backup.json").unlink()
    unfinished = assay_here("office", "restore", backup, "--office", home)
    assert (unfinished.code, "did not come to its end" in unfinished.err) == (2, True)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _lose(path: Path) -> None:
    path.unlink()


DAMAGES = (_flip, _cut, _lose)


def _documents(home: Path) -> list[bytes]:
    return [path.read_bytes() for path in (home / "office" / "blobs").rglob("*") if path.is_file()]
