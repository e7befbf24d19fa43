"""What every store of a tiled log's files keeps to, and every reader of one."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.support.tile_servers import bucket_server, served

from assay.adapters.tiles.bucket import BucketTiles
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.http import HttpTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Malformed, TooLarge
from assay.tlog.ports import TileFiles, TileStore

FILES = {
    "checkpoint": b"one\ntwo\n",
    "tile/0/000.p/7": b"seven",
    "tile/0/000.p/12": b"twelve",
    "tile/0/x001/x234/067": bytes(8192),
    "tile/entries/000": b"",
}
_NUMBERS = count()


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    with bucket_server() as options:
        yield options


def make(kind: str, request: pytest.FixtureRequest) -> TileStore:
    if kind == "memory":
        return MemoryTiles()
    if kind == "folder":
        folder: Path = request.getfixturevalue("tmp_path")
        return FolderTiles.make(folder / "deep" / "log")
    return BucketTiles.at(f"s3://tiles/log{next(_NUMBERS)}", request.getfixturevalue("bucket"))


@pytest.fixture(params=["memory", "folder", "bucket"])
def store(request: pytest.FixtureRequest) -> TileStore:
    return make(request.param, request)


@pytest.fixture(params=["memory", "folder", "bucket", "folder, together", "bucket, together", "server"])
def filled(request: pytest.FixtureRequest) -> Iterator[TileFiles]:
    """Every way that files come to be there; a server is filled behind its back."""
    kind, _, together = request.param.partition(", ")
    if kind == "server":
        behind = MemoryTiles()
        behind.write_many(FILES.items())
        with served(behind) as url, closing(HttpTiles(url)) as reader:
            yield reader
        return
    made = make(kind, request)
    if together:
        made.write_many(iter(FILES.items()))
    else:
        for path, data in FILES.items():
            made.write(path, data)
    yield made


def test_gives_back_what_was_written(filled: TileFiles) -> None:
    assert {path: filled.read(path, limit=8192) for path in FILES} == FILES


def test_a_file_that_is_not_there_is_none(filled: TileFiles) -> None:
    for path in ("tile/0/001", "tile/0/000", "tile/0/000.p/8", "tile/7/000", "checkpoint/below"):
        assert filled.read(path, limit=10) is None, path


def test_a_file_over_the_limit_is_refused_by_name(filled: TileFiles) -> None:
    assert filled.read("tile/0/000.p/12", limit=6) == b"twelve"
    with pytest.raises(TooLarge, match=r"tile/0/000\.p/12.* over 5"):
        filled.read("tile/0/000.p/12", limit=5)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../secret", "tile/../../secret", "tile//0", "tile/.hidden", "a\0b", "a?b", "a%2e", "x" * 300, "é"]
)  # fmt: skip
def test_no_path_leads_out(filled: TileFiles, path: str) -> None:
    with pytest.raises(Malformed, match="is no path of a file in a tiled log"):
        filled.read(path, limit=10)


def test_a_file_is_replaced_whole(store: TileStore) -> None:
    store.write("checkpoint", b"a long first version")
    store.write("checkpoint", b"second")
    assert store.read("checkpoint", limit=100) == b"second"
    store.write_many([("checkpoint", b"third"), ("tile/0/000", b"x")])
    assert store.read("checkpoint", limit=100) == b"third"


def test_removes_one_file_or_all_below(store: TileStore) -> None:
    store.write_many(FILES.items())
    store.remove("tile/0/000.p/7")
    store.remove("tile/0/000.p/7")
    assert store.read("tile/0/000.p/7", limit=10) is None
    assert store.read("tile/0/000.p/12", limit=10) == b"twelve"
    store.remove("tile/0/000.p/")
    store.remove("tile/0/000.p/")
    assert store.read("tile/0/000.p/12", limit=10) is None
    assert store.read("tile/0/x001/x234/067", limit=8192) == bytes(8192)
    store.remove("nothing/here")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda store: store.write("../x", b""), id="write"),
        pytest.param(lambda store: store.write_many([("../x", b"")]), id="write many"),
        pytest.param(lambda store: store.remove("../x"), id="remove"),
    ],
)
def test_nothing_is_written_outside(store: TileStore, act: Callable[[TileStore], None]) -> None:
    with pytest.raises(Malformed, match="is no path"):
        act(store)


def test_many_files_at_once(store: TileStore) -> None:
    files = {f"tile/0/{number:03}": b"%d" % number for number in range(150)}
    store.write_many(files.items())
    assert {path: store.read(path, limit=3) for path in files} == files


def test_the_last_of_one_name_counts(store: TileStore) -> None:
    store.write_many([("checkpoint", b"first"), ("tile/0/000", b"x"), ("checkpoint", b"second")])
    assert store.read("checkpoint", limit=10) == b"second"
