"""A crash at any write of a rebuild: the older database is whole under one of its names, and rebuilding again ends it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.busy import KEYS, LIFE, Moment, closed, moments, publish, state
from tests.support.fuses import Crash, Fate, Fuse

from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.rebuild import PLACEHOLDER, NewDatabase, differences, older, replacing
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Refused
from assay.office.ports import Backing, Head, Submission
from assay.office.rebuild import Source, rebuild
from assay.tlog.publish import published
from assay.tlog.read import TileReader

FATES: tuple[Fate, ...] = ("kept", "lost")


class FusedDatabase(NewDatabase):
    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self.fuse = fuse

    def add(self, start: int, backings: Sequence[Backing], ended: Sequence[Submission]) -> None:
        self.fuse.write(lambda: super(FusedDatabase, self).add(start, backings, ended))

    def finish(self, head: Head, leaves: Sequence[bytes], open_: Sequence[Submission]) -> None:
        self.fuse.write(lambda: super(FusedDatabase, self).finish(head, leaves, open_))


def place(moment: Moment) -> Path:
    return moment.folder / "office.sqlite"


def aside(moment: Moment, name: str) -> Path:
    return moment.folder / f"office.sqlite.before-{name}"


def run(moment: Moment, fuse: Fuse, name: str) -> None:
    """As the command does it."""
    tiles = FolderTiles(moment.folder / "register")
    signed = published(tiles, KEYS)
    assert signed is not None
    found = older(place(moment))
    source = Source(
        signed=signed,
        reader=TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root),
        keys=KEYS,
        openings=FolderOpenings(moment.folder / "openings"),
        blobs=moment.blobs,
        older=found if isinstance(found, SqlLedger) else None,
    )
    target = FusedDatabase(moment.folder / name, fuse)
    rebuild(source, target)
    if isinstance(found, SqlLedger):
        found.close()
    for step in replacing(target.path, place(moment), aside(moment, name)):
        fuse.write(step)


@pytest.fixture(scope="module")
def moment(tmp_path_factory: pytest.TempPathFactory) -> Moment:
    made = moments(tmp_path_factory.mktemp("life"))[len(LIFE)]
    one = made.open()
    publish(one)
    closed(one)
    return made


def damage(moment: Moment) -> None:
    """A database that nobody can open, with a log beside it."""
    data = place(moment).read_bytes()
    place(moment).write_bytes(b"no database at all, really" + data[26:])
    Path(f"{place(moment)}-wal").write_bytes(b"what was in the log")


def nothing(moment: Moment) -> None:
    place(moment).unlink()


def whole(_: Moment) -> None:
    return


BEFORE: dict[str, Callable[[Moment], None]] = {"whole": whole, "damaged": damage, "absent": nothing}


def cases() -> Iterator[Any]:
    for name in BEFORE:
        # One write for the one bundle of this life, one for the end, and the steps of the replacement.
        for at in range(1, {"whole": 5, "damaged": 9, "absent": 3}[name] + 1):
            for fate in FATES:
                yield pytest.param(name, at, fate, id=f"{name}: write {at} {fate}")


@pytest.mark.parametrize("name", BEFORE)
def test_the_table_has_every_write(moment: Moment, name: str, tmp_path: Path) -> None:
    copy = moment.copy(tmp_path / "copy")
    BEFORE[name](copy)
    fuse = Fuse(0, "kept")
    run(copy, fuse, "new")
    assert fuse.count == {"whole": 5, "damaged": 9, "absent": 3}[name]


@pytest.mark.parametrize(("name", "at", "fate"), list(cases()))
def test_a_crash_at_any_write(moment: Moment, name: str, at: int, fate: Fate, tmp_path: Path) -> None:
    copy = moment.copy(tmp_path / "copy")
    one = copy.open()
    expected = state(one)
    closed(one)
    BEFORE[name](copy)
    before = place(copy).read_bytes() if place(copy).exists() else None
    log = Path(f"{place(copy)}-wal").read_bytes() if name == "damaged" else None
    with pytest.raises(Crash):
        run(copy, Fuse(at, fate), "first")
    names = [path for path in (place(copy), aside(copy, "first")) if path.exists()]
    if before is not None:
        assert before in [path.read_bytes() for path in names]
    if log is not None:
        logs = [Path(f"{path}-wal") for path in names]
        assert log in [path.read_bytes() for path in logs if path.exists()]
    if name == "damaged" and place(copy).exists():
        found = place(copy).read_bytes()
        assert found.startswith((b"no database", PLACEHOLDER[:20])) or readable(place(copy))
    (copy.folder / "first").unlink(missing_ok=True)
    run(copy, Fuse(0, "kept"), "second")
    again = copy.open()
    assert state(again) == expected
    closed(again)
    assert not Path(f"{place(copy)}-wal").exists()
    if before is not None:
        assert before in [path.read_bytes() for path in copy.folder.glob("office.sqlite.before-*")]
    if name == "whole":
        assert list(differences(aside(copy, "second"), place(copy))) == []


def readable(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_nothing_is_written_over(moment: Moment, tmp_path: Path) -> None:
    copy = moment.copy(tmp_path / "copy")
    before = place(copy).read_bytes()
    with pytest.raises(Refused, match="is there already"):
        NewDatabase(place(copy))
    assert place(copy).read_bytes() == before


def test_tells_every_row_that_differs(moment: Moment, tmp_path: Path) -> None:
    copy = moment.copy(tmp_path / "copy")
    with closing(sqlite3.connect(place(copy))) as connection, connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("UPDATE openings SET openings = x'00' WHERE position = 3")
        connection.execute(
            "UPDATE submissions SET provider = 'Harbour', state = 'determined' WHERE entry = 1"
        )
        connection.execute("DELETE FROM artifacts WHERE position = 1")
        connection.execute("INSERT INTO openings (position, openings) VALUES (99, x'00')")
        connection.execute("UPDATE head SET root = x'00'")
    found = list(differences(place(copy), place(moment)))
    assert found[:3] == [
        "head 1: another root than in the older database",
        "openings 3: another openings than in the older database",
        "openings 99: only in the older database",
    ]
    assert sum("another provider, state than" in line for line in found) == 1
    assert sum(line.startswith("artifacts ") and "not in the older" in line for line in found) == 4
    assert len(found) == 8
    assert list(differences(place(moment), place(moment))) == []


def test_an_older_database_that_is_no_database_is_told(moment: Moment, tmp_path: Path) -> None:
    copy = moment.copy(tmp_path / "copy")
    damage(copy)
    assert "file is not a database" in str(older(place(copy)))
    nothing(copy)
    assert older(place(copy)) == ""
    place(copy).write_bytes(b"")
    assert "no such table" in str(older(place(copy)))
    assert place(copy).read_bytes() == b""
