"""Small blobs in one file: durable together, checked when read, and the large ones beside it."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.packed_blobs import NAME, SMALL, PackedBlobs
from assay.errors import Unavailable
from assay.formats.digest import Digest


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[PackedBlobs]:
    made = PackedBlobs(tmp_path / "blobs")
    yield made
    made.close()


def test_many_are_there_after_another_start(tmp_path: Path) -> None:
    data = [b"%d" % number for number in range(1_500)]
    first = PackedBlobs(tmp_path)
    names = first.put_many(data)
    first.close()
    again = PackedBlobs(tmp_path)
    assert names == tuple(map(Digest.sha256, data))
    assert [again.get(name) for name in names] == data
    absent = Digest.sha256(b"never put")
    assert again.among({*names, absent}) == frozenset(names)
    again.close()


@pytest.mark.parametrize(("size", "large"), [(0, False), (SMALL, False), (SMALL + 1, True)])
def test_only_small_ones_share_the_file(blobs: PackedBlobs, tmp_path: Path, size: int, large: bool) -> None:
    (name,) = blobs.put_many((bytes(size),))
    assert blobs.get(name) == bytes(size)
    assert blobs.has(name)
    assert FolderBlobs(tmp_path / "blobs").has(name) == large


def test_what_a_folder_of_blobs_has_is_there(blobs: PackedBlobs, tmp_path: Path) -> None:
    name = FolderBlobs(tmp_path / "blobs").put(b"from before")
    assert blobs.get(name) == b"from before"
    assert blobs.among((name,)) == {name}


def test_a_damaged_row_is_named_and_written_again(blobs: PackedBlobs, tmp_path: Path) -> None:
    name = blobs.put(b"whole")
    with sqlite3.connect(tmp_path / "blobs" / NAME) as file:
        file.execute("UPDATE blobs SET data = ?", (b"torn",))
    file.close()
    with pytest.raises(Unavailable, match=f"{NAME}: blob sha256:{name.value} is damaged"):
        blobs.get(name)
    blobs.put(b"whole")
    assert blobs.get(name) == b"whole"


def test_nothing_of_a_batch_that_could_not_be_kept(blobs: PackedBlobs, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "blobs" / NAME) as file:
        file.execute(
            "CREATE TRIGGER full BEFORE INSERT ON blobs WHEN NEW.data = x'62' BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    file.close()
    with pytest.raises(Unavailable, match=r"cannot use .*disk is full"):
        blobs.put_many((b"a", b"b"))
    assert not blobs.has(Digest.sha256(b"a"))
    blobs.put_many((b"a", b"c"))
    assert blobs.has(Digest.sha256(b"a"))


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"something else, long enough to be no database header" * 20)
    with pytest.raises(Unavailable, match=f"cannot use .*{NAME}: file is not a database"):
        PackedBlobs(tmp_path)


def test_many_threads(blobs: PackedBlobs) -> None:
    def run(number: int) -> None:
        for step in range(20):
            blobs.put_many((b"%d %d" % (number, step), b"shared"))
            assert blobs.get(Digest.sha256(b"shared")) == b"shared"

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(
        blobs.has(Digest.sha256(b"%d %d" % (number, step))) for number in range(4) for step in range(20)
    )
