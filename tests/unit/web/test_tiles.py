"""Serving a register's files: any size up to the published one, in one spelling, cached for ever or hardly at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from tests.support.watched import Office, beacon

from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.register import tiles
from assay.register.tiles import ENTRIES
from assay.tlog.read import TileReader
from assay.web.serving import application
from assay.web.tiles import BRIEFLY, FOR_EVER, app, handlers, look_up


@pytest.fixture(scope="module")
def office() -> Office:
    one = Office().add(9)
    one.commit(1, beacon())
    one.add(290).publish()
    return one.rotate("second").add(2).publish()


def get(office: Office, path: str) -> bytes | None:
    found = look_up(office.store, path)
    return None if found is None else found.body


def test_every_tile_of_every_smaller_size_is_there(office: Office) -> None:
    """From files of the published size alone, as a log without any of its older partial tiles has them."""
    store = MemoryTiles()
    store.write("checkpoint", office.note())
    whole = reader(office)
    for tile in tiles.tiles(len(office.leaves)):
        store.write(tile.path, whole.file(tile))
    for size in (1, 2, 9, 255, 256, 257, 299, 303):
        for tile in tiles.tiles(size):
            found = look_up(store, tile.path)
            assert found is not None
            assert found.body == whole.file(tile)
            assert (found.media_type, found.cache) == ("application/octet-stream", FOR_EVER)
        TileReader(_Served(store), size, office.root(size)).check_edge()


class _Served:
    """A log read through :func:`look_up`."""

    def __init__(self, store: MemoryTiles) -> None:
        self.store = store

    def read(self, path: str, *, limit: int) -> bytes | None:
        found = look_up(self.store, path)
        assert found is None or len(found.body) <= limit
        return None if found is None else found.body


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "tile", "tile/", "checkpoint/", "/checkpoint", "Checkpoint", "checkpoint.json", "mirror.json", "evidence/x.json",
        "tile/entries/001.p/49", "tile/0/002", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/048", "tile/0/1",
        "tile/00/001.p/48", "tile/entries/x000/000", "tile/-1/000", "tile/8/000", "tile/0/000.p/", "tile/0/000.p/1/", "tile/0/../0/000",
        "../checkpoint", "tile/../checkpoint", "tile/%2e%2e/checkpoint", "document/sha256/../../checkpoint", "document/sha256/",
        "document/sha256/" + "a" * 64, "document/sha256/" + "A" * 64, "document/sha512/" + "a" * 64, "key-change/0", "key-change/01",
        "key-change/5", "key-change/" + "9" * 30, "tile/0/000\n", "tile/0/000\0", "tile/0/٠٠٠", "x" * 5000,
    ],
)  # fmt: skip
def test_what_no_log_has_is_not_there(office: Office, path: str) -> None:
    assert look_up(office.store, path) is None


def test_what_is_written_before_it_is_published_is_not_there() -> None:
    one = Office().add(9).publish()
    grown = one.fork().add(300).publish()
    assert isinstance(one.store, MemoryTiles)
    assert isinstance(grown.store, MemoryTiles)
    one.store.files |= {path: data for path, data in grown.store.files.items() if path.startswith("tile/")}
    assert get(one, "tile/entries/000") is None
    assert get(one, "tile/1/000.p/1") is None
    assert get(one, "tile/entries/000.p/10") == tiles.encode_bundle(one.leaves)


def test_documents_are_checked_before_they_are_given_out(office: Office) -> None:
    assert isinstance(office.store, MemoryTiles)
    (path,) = [path for path in office.store.files if path.startswith("document/")]
    found = look_up(office.store, path)
    assert found is not None
    assert (found.body, found.media_type, found.cache) == (
        office.store.files[path], "application/json", FOR_EVER,
    )  # fmt: skip
    damaged = office.fork()
    damaged.store.write(path, found.body + b" ")
    with pytest.raises(Unavailable, match=f"{path} is damaged"):
        look_up(damaged.store, path)


def test_a_damaged_file_is_told() -> None:
    one = Office().add(9).publish()
    assert isinstance(one.store, MemoryTiles)
    one.store.files["tile/0/000.p/10"] = b"x" * 1000
    with pytest.raises(Unavailable, match=r"tile/0/000\.p/10 is damaged"):
        look_up(one.store, "tile/0/000.p/10")
    one.store.files["checkpoint"] = b"nothing"
    with pytest.raises(Unavailable, match="checkpoint cannot be read"):
        look_up(one.store, "tile/0/000.p/10")


def test_over_http(office: Office) -> None:
    size = len(office.leaves)
    bundle = tiles.Tile(ENTRIES, 1, size - 256).path
    with TestClient(app(office.store)) as client:
        note = client.get("/checkpoint")
        assert (note.status_code, note.content) == (200, get(office, "checkpoint"))
        assert (note.headers["content-type"], note.headers["cache-control"]) == (
            "text/plain; charset=utf-8",
            BRIEFLY,
        )
        entries = client.get(f"/{bundle}")
        assert (entries.status_code, entries.content) == (200, tiles.encode_bundle(office.leaves[256:]))
        assert entries.headers["cache-control"] == FOR_EVER
        assert entries.headers["content-type"] == "application/octet-stream"
        head = client.head(f"/{bundle}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(entries.content))
        assert client.get("/key-change/302").status_code == 200
        for path in (
            "/tile/0/x",
            "/tile/entries/002",
            "/",
            "/mirror.json",
            "/%2e%2e/checkpoint",
            "/tile%2f0%2f000%0a",
        ):
            missing = client.get(path)
            assert (missing.status_code, missing.headers.get("cache-control", "no-store")) == (
                404,
                "no-store",
            )
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, "/checkpoint").status_code == 405


@given(
    st.text(max_size=30),
    st.integers(0, 40),
    st.sampled_from(["tile/entries/000.p/3", "checkpoint", "tile/0/000"]),
)
def test_whatever_is_asked_for_is_found_or_not(office: Office, junk: str, at: int, path: str) -> None:
    for asked in (junk, path[:at] + junk + path[at:]):
        found = look_up(office.store, asked)
        assert found is None or found.cache in (BRIEFLY, FOR_EVER)


def test_under_a_prefix(office: Office) -> None:
    with TestClient(application(handlers(office.store, "/register/3f9c/"))) as client:
        assert client.get("/register/3f9c/tile/0/000.p/7").content == reader(office).file(tiles.Tile(0, 0, 7))
        assert client.get("/register/3f9c/nothing").status_code == 404
        assert client.get("/tile/0/000").status_code == 404


def reader(office: Office) -> TileReader:
    return TileReader(office.store, len(office.leaves), office.root())
