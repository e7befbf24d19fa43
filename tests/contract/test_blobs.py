"""What every store of blobs keeps to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.memory import MemoryBlobs
from assay.adapters.packed_blobs import PackedBlobs
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Blobs


@pytest.fixture(params=["memory", "folder", "packed"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "packed":
        packed = PackedBlobs(tmp_path / "blobs")
        yield packed
        packed.close()
    else:
        yield MemoryBlobs() if request.param == "memory" else FolderBlobs(tmp_path / "blobs")


def test_gives_back_what_was_put(blobs: Blobs) -> None:
    digest = blobs.put(b"one")
    assert digest == Digest.sha256(b"one")
    assert blobs.put(b"one") == digest
    assert blobs.get(digest) == b"one"
    assert blobs.has(digest)


def test_says_what_it_has_not(blobs: Blobs) -> None:
    digest = Digest.sha256(b"never put")
    assert not blobs.has(digest)
    with pytest.raises(Unavailable, match=digest.value):
        blobs.get(digest)


def test_a_damaged_file_is_named_and_written_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    digest = blobs.put(b"whole")
    blobs.path(digest).write_bytes(b"torn")
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.get(digest)
    blobs.put(b"whole")
    assert blobs.get(digest) == b"whole"
