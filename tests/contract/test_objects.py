"""What every store of objects keeps to."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from assay.adapters.objects import Objects
from assay.adapters.objects.bucket import PART, BucketObjects
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.memory import MemoryObjects
from assay.adapters.objects.packed import PackedObjects
from assay.adapters.packed_blobs import SMALL
from assay.errors import Malformed, TooLarge, Unavailable

_NUMBERS = count()
LARGE = bytes(SMALL + 1)


@pytest.fixture(params=["memory", "folder", "packed", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Objects]:
    match request.param:
        case "memory":
            yield MemoryObjects()
        case "folder":
            yield FolderObjects.make(tmp_path / "deep" / "objects")
        case "packed":
            packed = PackedObjects(tmp_path / "deep" / "objects")
            yield packed
            packed.close()
        case _:
            yield BucketObjects.at(f"s3://tiles/o{next(_NUMBERS)}", request.getfixturevalue("bucket"))


def test_gives_back_what_was_written(store: Objects) -> None:
    files = {"a/1": b"one", "a/2": b"", "b/large": LARGE}
    store.write(files)
    assert {name: store.read(name, limit=1 << 20) for name in files} == files
    assert store.read("a/3", limit=9) is None
    assert store.has([*files, "a/3", "a"]) == set(files)


def test_nothing_is_nothing(store: Objects) -> None:
    store.write({})
    assert store.create({}) == set()
    assert store.has([]) == set()
    assert list(store.names("a/")) == []


@pytest.mark.parametrize(
    ("before", "after"), [(b"x", b"yy"), (b"x", LARGE), (LARGE, b"x"), (LARGE, LARGE + b"x")]
)
def test_replaces_whole(store: Objects, before: bytes, after: bytes) -> None:
    store.write({"a/1": before})
    store.write({"a/1": after})
    assert store.read("a/1", limit=1 << 20) == after
    assert list(store.names("a/")) == ["a/1"]


@pytest.mark.parametrize("after", [b"", b"yy", LARGE, bytes(PART + 3)], ids=len)
@pytest.mark.parametrize("before", [b"x", LARGE], ids=["small", "large"])
def test_replaces_whole_in_pieces(store: Objects, before: bytes, after: bytes) -> None:
    store.write({"a/1": before})

    def pieces(failure: Exception | None) -> Iterator[bytes]:
        yield after[:1]
        yield after[1:]
        if failure is not None:
            raise failure

    for failure in (Malformed("of the pieces"), Unavailable("of the pieces")):
        with pytest.raises(type(failure), match=r"^of the pieces$"):
            store.write_pieces("a/1", pieces(failure))
        assert store.read("a/1", limit=1 << 20) == before
    store.write_pieces("a/1", pieces(None))
    assert store.read("a/1", limit=1 << 24) == after
    assert list(store.names("a/")) == ["a/1"]


@pytest.mark.parametrize("data", [b"x", LARGE], ids=["small", "large"])
def test_creates_once(store: Objects, data: bytes) -> None:
    assert store.create({"a/1": data}) == {"a/1"}
    assert store.create({"a/1": b"other", "a/2": data}) == {"a/2"}
    assert store.read("a/1", limit=1 << 20) == data
    assert store.read("a/2", limit=1 << 20) == data


def test_of_many_that_create_one_name_one_wins(store: Objects) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: store.create({"a/1": b"%d" % n}), range(8)))
    winners = [n for n, made in enumerate(told) if made]
    assert len(winners) == 1
    assert store.read("a/1", limit=9) == b"%d" % winners[0]


@pytest.mark.parametrize("data", [b"x", LARGE], ids=["small", "large"])
def test_removes(store: Objects, data: bytes) -> None:
    store.write({"a/1": data, "a/2": data})
    store.remove("a/1")
    store.remove("a/1")
    store.remove("nothing/here")
    assert store.read("a/1", limit=1 << 20) is None
    assert store.has(["a/1", "a/2"]) == {"a/2"}
    assert store.create({"a/1": b"new"}) == {"a/1"}


def test_names_what_is_below(store: Objects) -> None:
    store.write({"a/1": b"", "a/b/2": LARGE, "ab/3": b"", "c/4": b""})
    assert sorted(store.names("a/")) == ["a/1", "a/b/2"]
    assert list(store.names("d/")) == []


@pytest.mark.parametrize("data", [b"12345", LARGE], ids=["small", "large"])
def test_a_file_over_the_limit_is_refused_by_name(store: Objects, data: bytes) -> None:
    store.write({"a/1": data})
    assert store.read("a/1", limit=len(data)) == data
    with pytest.raises(TooLarge, match="a/1"):
        store.read("a/1", limit=len(data) - 1)


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/.b", ""])
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda store, name: store.read(name, limit=1), id="read"),
        pytest.param(lambda store, name: store.has([name]), id="has"),
        pytest.param(lambda store, name: store.write({name: b""}), id="write"),
        pytest.param(lambda store, name: store.write_pieces(name, ()), id="write_pieces"),
        pytest.param(lambda store, name: store.create({name: b""}), id="create"),
        pytest.param(lambda store, name: store.remove(name), id="remove"),
        pytest.param(lambda store, name: list(store.names(name)), id="names"),
    ],
)
def test_no_name_leads_out(store: Objects, act: Callable[[Objects, str], object], name: str) -> None:
    with pytest.raises(Malformed, match="is no path"):
        act(store, name)


def test_what_was_removed_is_gone_from_the_file(tmp_path: Path) -> None:
    store = PackedObjects(tmp_path)
    secret = b"a secret that is to be forgotten"
    store.write({"a/1": secret, "a/2": b"stays"})
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.remove("a/1")
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    assert (secret in held, secret in left, b"stays" in left) == (True, False, True)


@pytest.mark.parametrize("kind", ["folder", "packed"])
def test_files_are_their_owners_alone(kind: str, tmp_path: Path) -> None:
    store = FolderObjects.make(tmp_path / "o") if kind == "folder" else PackedObjects(tmp_path / "o")
    store.write({"a/1": b"x", "a/2": LARGE})
    store.create({"a/3": b"x"})
    store.write_pieces("a/4", [LARGE])
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "o").rglob("*") if path.is_file()}
    modes.add((tmp_path / "o").stat().st_mode & 0o077)
    if isinstance(store, PackedObjects):
        store.close()
    assert modes == {0}
