"""``assay office rebuild`` on an office on this machine: lost, damaged, compared, with entries missing at its end."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.scenario.conftest import Assay

from assay.adapters.packed_blobs import SMALL, PackedBlobs


def submitted(assay: Assay, project: Path) -> Path:
    shutil.rmtree(project / "dist")
    ran = assay("trial", project, "--json")
    assert ran.code == 1, ran.err
    return Path(ran.json()["receipt"])


def test_an_office_is_rebuilt_and_goes_on(assay: Assay, project: Path, tmp_path: Path) -> None:
    receipt = submitted(assay, project)
    home = project / ".assay"
    database = home / "office/office.sqlite"

    same = assay(
        "office",
        "rebuild",
        "--office",
        home,
        "--out",
        tmp_path / "new.sqlite",
        "--receipt",
        receipt,
        "--json",
    )
    assert same.code == 0, same.err
    said = same.json()
    assert (said["entries"], said["published"], said["submissions"]) == (5, 5, {"published": 1})
    assert (said["older"]["state"], said["differences"], said["aside"]) == ("same", [], None)
    assert (tmp_path / "new.sqlite").exists()
    again = assay("office", "rebuild", "--office", home, "--out", tmp_path / "new.sqlite")
    assert again.code == 2
    assert "is there already" in again.err

    # Blobs may share a file.
    folder = home / "office/blobs"
    packed = PackedBlobs(folder)
    for path in list((folder / "sha256").rglob("*")):
        if path.is_file() and path.stat().st_size <= SMALL:
            packed.put(path.read_bytes())
            path.unlink()
    packed.close()
    packed_too = assay("office", "rebuild", "--office", home, "--out", tmp_path / "packed.sqlite", "--json")
    assert (packed_too.code, packed_too.json()["losses"]) == (0, [])
    folder.rename(tmp_path / "blobs")
    without = assay("office", "rebuild", "--office", home, "--out", tmp_path / "without.sqlite", "--json")
    assert without.code == 3
    assert any(told.startswith("the result of entry 4: ") for told in without.json()["losses"])
    (tmp_path / "blobs").rename(folder)

    database.write_bytes(b"no database at all")
    damaged = assay("office", "rebuild", "--office", home, "--json")
    assert damaged.code == 3, damaged.err
    said = damaged.json()
    assert said["older"]["state"] == "unreadable"
    assert Path(said["aside"]).read_bytes() == b"no database at all"
    assert (said["losses"], said["lost_tail"]) == ([], [])

    database.unlink()
    lost = assay("office", "rebuild", "--office", home)
    assert lost.code == 0, lost.err
    assert "older database  none" in lost.out
    assert "1 published" in lost.out
    # The office knows what it had, and takes no duplicate.
    bundle = next(home.glob("trial/*/bundle"))
    refused = assay("submit", bundle, "--office", home)
    assert refused.code == 2
    assert "was submitted before" in refused.err


def test_differences_are_listed(assay: Assay, project: Path) -> None:
    submitted(assay, project)
    home = project / ".assay"
    with closing(sqlite3.connect(home / "office/office.sqlite")) as connection, connection:
        connection.execute("UPDATE submissions SET version = '9.9.9'")
    ran = assay("office", "rebuild", "--office", home)
    assert ran.code == 3, ran.err
    assert "different: 1" in ran.out
    assert "another version than in the older database" in ran.out


def test_nothing_is_replaced_when_entries_are_known_to_be_missing(
    assay: Assay, project: Path, tmp_path: Path
) -> None:
    submitted(assay, project)
    home = project / ".assay"
    shutil.copytree(home / "office/register", tmp_path / "early")
    text = (project / "pyproject.toml").read_text()
    version = text.split('version = "')[1].split('"')[0]
    (project / "pyproject.toml").write_text(text.replace(version, "77.0.0"))
    later = Path(assay("trial", project, "--json").json()["receipt"])
    shutil.rmtree(home / "office/register")
    shutil.copytree(tmp_path / "early", home / "office/register")
    database = home / "office/office.sqlite"
    database.unlink()

    refused = assay("office", "rebuild", "--office", home, "--receipt", later)
    assert refused.code == 3
    assert "nothing was replaced" in refused.err
    assert "a receipt for entry 8 shows that there were 9 entries; from 5 on they are lost" in refused.out
    assert "openings are kept of entries 5 to 8" in refused.out
    assert not database.exists()
    assert list(database.parent.glob("*rebuilt*")) == []
    anyway = assay("office", "rebuild", "--office", home, "--lose-tail", "--json")
    assert anyway.code == 3
    assert anyway.json()["entries"] == 5
    assert assay("office", "rebuild", "--office", home).code == 0


def test_what_is_no_office_or_not_this_one_is_left_alone(assay: Assay, project: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ran = assay("office", "rebuild", "--office", empty)
    assert ran.code == 3
    assert "is no office: origin is missing" in ran.err
    assert list(empty.iterdir()) == []
    submitted(assay, project)
    home = project / ".assay"
    before = (home / "office/office.sqlite").read_bytes()
    path = home / "office/register/checkpoint"
    note = path.read_text().split("\n")
    path.write_text("\n".join([note[0], "4", *note[2:]]))
    ran = assay("office", "rebuild", "--office", home)
    assert ran.code == 3
    assert "the register is damaged or not this office's, nothing is rebuilt" in ran.err
    assert (home / "office/office.sqlite").read_bytes() == before
    assert [one.name for one in (home / "office").glob("office.sqlite.*")] == []
