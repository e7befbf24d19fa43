"""What every second home of openings keeps to."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from assay.adapters.memory import MemoryOpenings
from assay.adapters.openings_folder import FolderOpenings
from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.office import openings
from assay.office.ports import Backing, Handed, Openings


@pytest.fixture(params=["memory", "folder"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Openings:
    return MemoryOpenings() if request.param == "memory" else FolderOpenings.make(tmp_path / "openings")


HANDED = Handed(
    envelope=Digest.sha256(b"envelope"),
    customers=Digest.sha256(b"customers"),
    artifacts=(Digest.sha256(b"one"), Digest.sha256(b"two")),
    received=datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC),
)


def backing(at: int, word: str = "") -> Backing:
    match at % 4:
        case 1:
            bare = msgspec.structs.replace(HANDED, customers=None, artifacts=())
            return Backing(
                openings=b'["%d%b"]' % (at, word.encode()), about=at, handed=bare if at % 8 == 1 else HANDED
            )
        case 2:
            return Backing(
                openings=b"[]", about=at - 1, verdict=Digest.sha256(b"v"), result=Digest.sha256(b"r")
            )
        case _:
            return Backing(openings=b'["%d%b"]' % (at, word.encode()))


def backings(start: int, end: int, word: str = "") -> list[Backing]:
    return [backing(at, word) for at in range(start, end)]


def test_starts_empty(held: Openings) -> None:
    assert held.end() == 0
    assert held.read(0, 0) == ()
    held.write(0, [])
    held.erase(5)
    held.cut(0)
    assert held.end() == 0
    with pytest.raises(Unavailable):
        held.read(0, 1)


@pytest.mark.parametrize("widths", [(600,), (1,) * 20, (255, 1, 1, 300), (256, 256), (3, 700)], ids=str)
def test_gives_back_what_was_written(held: Openings, widths: tuple[int, ...]) -> None:
    size = 0
    for width in widths:
        held.write(size, backings(size, size + width))
        size += width
        assert held.end() == size
    assert held.read(0, size) == tuple(backings(0, size))
    for start, end in ((0, 1), (size - 1, size), (size // 3, 2 * size // 3)):
        assert held.read(start, end) == tuple(backings(start, end))
    with pytest.raises(Unavailable):
        held.read(0, size + 1)


def test_writes_again_after_a_crash(held: Openings) -> None:
    held.write(0, backings(0, 300))
    held.write(250, backings(250, 520, "again"))
    assert held.end() == 520
    assert held.read(0, 520) == (*backings(0, 250), *backings(250, 520, "again"))


def test_replaces_no_more_than_it_is_given(held: Openings) -> None:
    held.write(0, backings(0, 300))
    held.write(5, backings(5, 7, "again"))
    assert held.read(0, 300) == (*backings(0, 5), *backings(5, 7, "again"), *backings(7, 300))


def test_nothing_is_left_out(held: Openings) -> None:
    held.write(0, backings(0, 10))
    with pytest.raises(Unavailable):
        held.write(11, backings(11, 12))
    assert held.end() == 10


@pytest.mark.parametrize("at", [0, 1, 255, 256, 299])
def test_what_was_erased_stays_so(held: Openings, at: int) -> None:
    held.write(0, backings(0, 300))
    held.erase(at)
    held.erase(at)
    expected = backings(0, 300)
    expected[at] = openings.erased(expected[at])
    assert held.read(0, 300) == tuple(expected)
    held.write(0, backings(0, 301))
    assert held.read(0, 301) == (*expected, backing(300))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600, 700])
def test_cuts(held: Openings, size: int) -> None:
    held.write(0, backings(0, 600))
    held.cut(size)
    assert held.end() == min(size, 600)
    assert held.read(0, held.end()) == tuple(backings(0, held.end()))
    held.write(held.end(), backings(held.end(), 601))
    assert held.read(0, 601) == tuple(backings(0, 601))


def test_files_are_private(tmp_path: Path) -> None:
    held = FolderOpenings.make(tmp_path / "openings")
    held.write(0, backings(0, 3))
    held.write(3, backings(3, 300))
    held.erase(2)
    held.cut(290)
    files = [path for path in held.folder.rglob("*") if path.is_file()]
    assert [path.relative_to(held.folder).as_posix() for path in sorted(files)] == [
        "000/000.json",
        "000/001.json",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(held.folder.stat().st_mode) == 0o700


def test_survives_being_opened_again(tmp_path: Path) -> None:
    FolderOpenings.make(tmp_path).write(0, backings(0, 300))
    again = FolderOpenings.make(tmp_path)
    assert again.end() == 300
    assert again.read(0, 300) == tuple(backings(0, 300))


def test_a_lost_or_damaged_file_is_named(tmp_path: Path) -> None:
    held = FolderOpenings.make(tmp_path)
    held.write(0, backings(0, 600))
    (tmp_path / "000/001.json").unlink()
    with pytest.raises(Unavailable, match=r"000/001.json is missing"):
        held.read(0, 600)
    assert held.read(0, 256) == tuple(backings(0, 256))
    path = tmp_path / "000/000.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Unavailable, match=r"openings are damaged: .*000/000.json"):
        held.read(0, 10)
    with pytest.raises(Unavailable, match="damaged"):
        held.erase(3)


def test_a_torn_file_is_written_whole_from_its_start(tmp_path: Path) -> None:
    held = FolderOpenings.make(tmp_path)
    held.write(0, backings(0, 300))
    path = tmp_path / "000/001.json"
    path.write_bytes(path.read_bytes()[:100])
    assert held.end() == 256
    with pytest.raises(Unavailable, match="damaged"):
        held.write(300, backings(300, 301))
    held.write(256, backings(256, 301))
    assert held.read(0, 301) == tuple(backings(0, 301))


DATA = openings.encode(backings(0, 5))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"[\n", b"[", id="no newline"),
        pytest.param(b",\n", b", \n", id="a space"),
        pytest.param(b'"about":1', b'"about":01', id="a leading zero"),
        pytest.param(b'"about":1', b'"about":1,"more":2', id="an unknown field"),
        pytest.param(b"sha256:", b"sha9:", id="an unknown digest"),
        pytest.param(b"\n]\n", b"\n]", id="no last newline"),
        pytest.param(b'.250000Z"', b'.25Z"', id="another spelling of a time"),
        pytest.param(DATA, b"[\n\n]\n", id="empty"),
        pytest.param(DATA, openings.encode(backings(0, 257)), id="too many"),
    ],
)
def test_one_spelling(old: bytes, new: bytes) -> None:
    data = openings.encode(backings(4, 7)) if old == b'.250000Z"' else DATA
    assert old in data
    with pytest.raises(Malformed, match="bundle"):
        openings.decode(data.replace(old, new), what="bundle")


@pytest.mark.parametrize("cut", range(0, len(DATA), 7))
def test_a_torn_file_is_noticed(cut: int) -> None:
    with pytest.raises(Malformed):
        openings.decode(DATA[:cut], what="bundle")
