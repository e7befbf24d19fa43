"""What every store of blobs keeps to."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.sealed import keys

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.memory import MemoryBlobs
from assay.adapters.object_blobs import ObjectBlobs
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.memory import MemoryObjects
from assay.adapters.opened import PIECE
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sealed_blobs import SealedBlobs
from assay.adapters.system import SystemEntropy
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Blobs


def test_gives_back_what_was_put(blobs: Blobs) -> None:
    digest = blobs.put(b"one")
    assert digest == Digest.sha256(b"one")
    assert blobs.put(b"one") == digest
    assert blobs.get(digest) == b"one"
    assert blobs.has(digest)


@pytest.mark.parametrize("size", [0, 300_000])
def test_of_any_size(blobs: Blobs, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert blobs.get(blobs.put(data[:size])) == data[:size]


def test_says_what_it_has_not(blobs: Blobs) -> None:
    digest = Digest.sha256(b"never put")
    assert not blobs.has(digest)
    with pytest.raises(Unavailable, match=digest.value):
        blobs.get(digest)


@pytest.mark.parametrize("size", [3, 300_000], ids=["small", "large"])
def test_what_is_erased_is_gone_and_may_come_again(blobs: Blobs, size: int) -> None:
    data, other = b"x" * size, blobs.put(b"other")
    digest = blobs.put(data)
    blobs.erase(digest)
    blobs.erase(digest)
    assert not blobs.has(digest)
    with pytest.raises(Unavailable, match=digest.value):
        blobs.get(digest)
    assert blobs.get(other) == b"other"
    assert blobs.get(blobs.put(data)) == data


def test_a_damaged_file_is_named_and_written_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    digest = blobs.put(b"whole")
    blobs.path(digest).write_bytes(b"torn")
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.get(digest)
    blobs.put(b"whole")
    assert blobs.get(digest) == b"whole"


def test_a_damaged_object_is_named_and_written_again() -> None:
    objects = MemoryObjects()
    blobs = ObjectBlobs(objects)
    digest = blobs.put(b"whole")
    (name,) = objects.files
    objects.files[name] = b"torn"
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.get(digest)
    blobs.put(b"whole")
    assert blobs.get(digest) == b"whole"


def test_what_a_bucket_does_not_keep_is_noticed() -> None:
    class Torn(MemoryObjects):
        def read(self, name: str, *, limit: int) -> bytes | None:
            data = super().read(name, limit=limit)
            return data and data[:-1]

    with pytest.raises(Unavailable, match="is not what was put when it is read back"):
        ObjectBlobs(Torn()).put(b"whole")


def test_an_erased_small_blob_is_gone_from_the_file(tmp_path: Path) -> None:
    blobs = PackedBlobs(tmp_path)
    secret = b"a list that is to be forgotten"
    digest = blobs.put(secret)
    blobs.erase(digest)
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    blobs.close()
    assert secret not in left
    assert left


def test_many_at_once(blobs: Blobs) -> None:
    data = [b"%d" % number for number in range(40)] * 2 + [b"large" * 40_000, b""]
    blobs.put(data[7])
    for _ in range(2):
        digests = blobs.put_many(data)
        assert digests == tuple(map(Digest.sha256, data))
        assert [blobs.get(one) for one in digests] == data
    assert blobs.put_many(()) == ()


@pytest.mark.parametrize("blobs", ["folder", "packed"], indirect=True)
@pytest.mark.parametrize("size", [3, 300_000], ids=["small", "large"])
def test_the_same_from_many_threads(blobs: Blobs, size: int) -> None:
    data = [bytes([number]) * size for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        put = list(pool.map(blobs.put_many, [data] * 24))
    assert put == [tuple(map(Digest.sha256, data))] * 24
    assert [blobs.get(one) for one in put[0]] == data


@pytest.mark.parametrize(
    "blobs", ["packed", "bucket", "objects", "sealed folder", "sealed packed"], indirect=True
)
def test_says_which_of_many_are_there(blobs: PackedBlobs | ObjectBlobs | SealedBlobs) -> None:
    digests = blobs.put_many([b"%d" % number for number in range(40)])
    asked = {*digests, Digest.sha256(b"never put")}
    assert blobs.among(asked) == set(digests)


def test_a_bucket_that_is_gone_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    blobs = SealedBlobs(FolderObjects.make(folder), FolderObjects.make(folder), keys(), SystemEntropy())
    digest = blobs.put(b"one")
    folder.rename(tmp_path / "away")
    for act in (lambda: blobs.get(digest), lambda: blobs.has(digest)):
        with pytest.raises(Unavailable, match=r"missing|cannot read"):
            act()
    (tmp_path / "away").rename(folder)
    assert blobs.get(digest) == b"one"


LARGE = bytes(range(256)) * (4096 * 2) + b"the last, which fills no piece"


@pytest.mark.parametrize("data", [b"", b"small", LARGE[:PIECE], LARGE], ids=len)
def test_in_pieces_it_is_the_same(blobs: Blobs, data: bytes) -> None:
    found = blobs.open(blobs.put(data))
    assert found.length == len(data)
    assert b"".join(found.pieces(0, len(data))) == data
    for start, end in (
        (0, 1),
        (PIECE - 1, PIECE + 1),
        (PIECE, PIECE + 16),
        (len(LARGE) - 5, len(LARGE)),
        (17, 17),
    ):
        if end <= len(data):
            assert b"".join(found.pieces(start, end)) == data[start:end]
    assert max(map(len, found.pieces(0, len(data))), default=0) <= PIECE


def test_what_is_not_there_is_not_opened(blobs: Blobs) -> None:
    with pytest.raises(Unavailable):
        blobs.open(Digest.sha256(b"absent"))
    digest = blobs.put(LARGE)
    found = blobs.open(digest)
    blobs.erase(digest)
    if not isinstance(blobs, MemoryBlobs):
        with pytest.raises(Unavailable):
            list(found.pieces(0, 1))
    with pytest.raises(Unavailable):
        blobs.open(digest)
