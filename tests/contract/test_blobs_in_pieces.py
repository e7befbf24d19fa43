"""What every store of blobs keeps to when a document comes in pieces."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tests.support.fuses import Crash
from tests.support.killed_blobs import URL
from tests.support.sealed import keys
from tests.support.stores_of_blobs import store
from tests.support.tile_servers import unfinished

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.object_blobs import ObjectBlobs
from assay.adapters.objects.bucket import PART, BucketObjects
from assay.adapters.objects.memory import MemoryObjects
from assay.adapters.opened import PIECE
from assay.adapters.sealed_blobs import SealedBlobs
from assay.adapters.system import SystemEntropy
from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Blobs

ROOT = Path(__file__).parents[2]
LONG = bytes(range(256)) * (4096 * 6) + b"the last, which fills no piece"
"""More than one part of an object in a bucket."""
LONG_DIGEST = Digest.sha256(LONG)


def cut(data: bytes, size: int = PIECE + 3) -> Iterator[bytes]:
    """Pieces of *size*, and between them some that are empty."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
        yield b""


@pytest.mark.parametrize("data", [b"", b"small", LONG[:PIECE], LONG[: PIECE + 1], LONG], ids=len)
def test_it_is_the_same_as_put_whole(blobs: Blobs, data: bytes) -> None:
    digest = Digest.sha256(data)
    for _ in range(2):
        blobs.put_pieces(digest, len(data), cut(data))
        assert blobs.has(digest)
        assert blobs.get(digest) == data
    assert blobs.put(data) == digest
    blobs.put_pieces(digest, len(data), iter((data,)))
    assert b"".join(blobs.open(digest).pieces(0, len(data))) == data


@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
@pytest.mark.parametrize("whole", [b"small", LONG], ids=len)
def test_other_bytes_get_no_name(blobs: Blobs, whole: bytes, *, there: bool) -> None:
    """Also where the document is here already: who knows its digest alone is not told."""
    digest = Digest.sha256(whole)
    if there:
        blobs.put(whole)
    others = [whole[:-1], whole + b"x", whole[:-1] + b"X"]
    if len(whole) < PIECE:
        others += [b"", whole * 2, b"X" + whole[1:]]
    for other in others:
        with pytest.raises(Malformed, match="expected"):
            blobs.put_pieces(digest, len(whole), cut(other))
    for length in (len(whole) - 1, len(whole) + 1):
        with pytest.raises(Malformed, match=f"expected {length}"):
            blobs.put_pieces(digest, length, cut(whole))
    assert blobs.has(digest) == there
    assert not any(blobs.has(Digest.sha256(other)) for other in others)
    if there:
        assert blobs.get(digest) == whole


def test_no_more_is_read_than_was_declared(blobs: Blobs) -> None:
    endless = iter(lambda: bytes(1000), b"")
    with pytest.raises(Malformed, match="3000 bytes or more, expected 2500"):
        blobs.put_pieces(LONG_DIGEST, 2500, endless)


@pytest.mark.parametrize(
    ("failure", "there"), [(Unavailable("a part is gone"), False), (Crash(), False), (Crash(), True)], ids=str
)
def test_pieces_that_fail_in_the_middle_leave_what_was_there(
    blobs: Blobs, failure: BaseException, there: bool
) -> None:
    if there:
        blobs.put(LONG)

    def failing() -> Iterator[bytes]:
        yield from cut(LONG[: 5 * PIECE + 9])
        raise failure

    with pytest.raises(type(failure)):
        blobs.put_pieces(LONG_DIGEST, len(LONG), failing())
    assert blobs.has(LONG_DIGEST) == there
    blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
    assert blobs.get(LONG_DIGEST) == LONG


def test_two_at_once(blobs: Blobs) -> None:
    meeting = Barrier(2, timeout=30)

    def together() -> Iterator[bytes]:
        for at, piece in enumerate(cut(LONG)):
            if at == 4:
                meeting.wait()
            yield piece

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(blobs.put_pieces, LONG_DIGEST, len(LONG), together()) for _ in range(2)]:
            one.result()
    assert blobs.get(LONG_DIGEST) == LONG


@pytest.mark.parametrize(
    "blobs", ["folder", "packed", "sealed folder", "sealed packed", "grouped"], indirect=True
)
def test_a_damaged_file_is_replaced(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > PIECE)
    for damaged in (b"torn", LONG + bytes(43), file.read_bytes()[:-1] + b"?"):
        file.write_bytes(damaged)
        with pytest.raises(Unavailable):
            blobs.get(LONG_DIGEST)
        blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
        assert blobs.get(LONG_DIGEST) == LONG


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_damaged_object_is_replaced_and_a_whole_one_stays(*, sealed: bool) -> None:
    objects, wrapped = MemoryObjects(), MemoryObjects()
    blobs = SealedBlobs(objects, wrapped, keys(), SystemEntropy()) if sealed else ObjectBlobs(objects)
    blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
    ((name, data),) = objects.files.items()
    blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
    assert objects.files[name] is data  # else a download of it would break off
    for damaged in (b"", data[:-1], data[:-1] + b"?"):
        objects.files[name] = damaged
        blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
        assert blobs.get(LONG_DIGEST) == LONG
    for key in tuple(wrapped.files):
        wrapped.files[key] = b"torn"
        blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
        assert blobs.get(LONG_DIGEST) == LONG


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_what_a_store_does_not_keep_is_noticed(*, sealed: bool) -> None:
    class Torn(MemoryObjects):
        def part(self, name: str, start: int, end: int) -> bytes:
            data = super().part(name, start, end)
            return data[:-1] + b"?" if start >= 3 * PIECE else data

    torn = Torn()
    blobs = SealedBlobs(torn, MemoryObjects(), keys(), SystemEntropy()) if sealed else ObjectBlobs(torn)
    with pytest.raises(Unavailable, match="is damaged"):
        blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))


def test_while_one_is_read_back_another_replaces_it() -> None:
    """Both seal with a nonce of their own: what was begun to be read is not what is read on."""
    wrapped = MemoryObjects()

    class Busy(MemoryObjects):
        reads = 0

        def part(self, name: str, start: int, end: int) -> bytes:
            self.reads += 1
            if self.reads == 5:
                late = MemoryObjects()
                SealedBlobs(late, wrapped, keys(), SystemEntropy()).put(LONG)
                self.files |= late.files
            return super().part(name, start, end)

    busy = Busy()
    blobs = SealedBlobs(busy, wrapped, keys(), SystemEntropy())
    blobs.put_pieces(LONG_DIGEST, len(LONG), cut(LONG))
    assert busy.reads > 5
    assert blobs.get(LONG_DIGEST) == LONG


def test_a_name_of_another_algorithm_is_our_bug(blobs: Blobs) -> None:
    with pytest.raises(ValueError, match="named by sha512"):
        blobs.put_pieces(Digest.of("sha512", "0" * 128), 1, [b"x"])


def test_no_part_stays_behind_what_failed(bucket: dict[str, Any], tmp_path: Path) -> None:
    objects, folder = BucketObjects.at("s3://tiles/parts", bucket), FolderBlobs(tmp_path)
    before = unfinished(bucket)
    begun = []

    def seen() -> Iterator[bytes]:
        for piece in cut(LONG[: PART + PIECE // 2]):
            begun.append(unfinished(bucket) - before)
            yield piece

    for blobs in (ObjectBlobs(objects), folder):
        with pytest.raises(Malformed, match="expected"):
            blobs.put_pieces(LONG_DIGEST, len(LONG), seen())
    assert 1 in begun
    assert unfinished(bucket) == before
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["folder", "sealed packed", "sealed bucket"])
def test_killed_in_the_middle(name: str, bucket: dict[str, Any], tmp_path: Path) -> None:
    data = bytes(7 * PIECE)
    digest = Digest.sha256(data)
    command = [
        sys.executable,
        "-m",
        "tests.support.killed_blobs",
        name,
        str(tmp_path),
        bucket["endpoint"],
        str(len(data)),
    ]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    with store(name, tmp_path, lambda: BucketObjects.at(URL, bucket)) as blobs:
        assert not blobs.has(digest)
        with pytest.raises(Unavailable):
            blobs.get(digest)
        blobs.put_pieces(digest, len(data), cut(data))
        assert blobs.get(digest) == data
