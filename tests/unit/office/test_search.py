"""The index behind a search: caught up, thrown away, asked without reading it whole."""

from pathlib import Path

import msgspec
import pytest
from tests.support.searching import ENTRY_KEY, PROVIDERS, World, viewers

from assay.adapters.sql.index import SqlIndex
from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.office import search as searching
from assay.office.search import EVERYTHING, PUBLIC, Filter, Query, Viewer, catch_up, search, token
from assay.register.leaf import Kind


@pytest.fixture(scope="module")
def world() -> World:
    made = World(11)
    made.grow(60)
    return made


def found(world: World, query: Query, viewer: Viewer = EVERYTHING) -> list[int]:
    return [hit.index for hit in search(world.where, viewer, query, limit=1000).hits]


def test_the_world_has_something_of_everything(world: World) -> None:
    for kind in (Kind.SUBMISSION, Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION, Kind.PACK_CHANGE):
        assert found(world, Query(kind=kind))
    for name in PROVIDERS:
        everything = found(world, Query(provider=name))
        public = found(world, Query(provider=name), PUBLIC)
        own = found(world, Query(provider=name), Viewer("own", name))
        assert set(public) < set(own) == set(everything)
    assert found(world, Query(key=ENTRY_KEY)) == list(range(len(world.told)))


def test_pages_tell_where_the_next_begins(world: World) -> None:
    query = Query(provider=PROVIDERS[0])
    everything = found(world, query)
    first = search(world.where, EVERYTHING, query, limit=3)
    assert [hit.index for hit in first.hits] == everything[:3]
    assert first.after == everything[2]
    last = search(world.where, EVERYTHING, query, limit=len(everything))
    assert last.after is None
    assert search(world.where, EVERYTHING, query, after=10**9).hits == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(Query(purl="lantern"), "does not start with 'pkg:'", id="no purl"),
        pytest.param(Query(key="ab12"), "is not 64 lower-case hexadecimal digits", id="a part of a key id"),
        pytest.param(Query(key="AB" * 32), "is not 64 lower-case", id="capitals in a key id"),
        pytest.param(Query(version="1.0"), "a version is asked for without its product", id="version alone"),
    ],
)
def test_refuses(world: World, query: Query, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        search(world.where, PUBLIC, query)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_pages_have_a_limit(world: World, limit: int) -> None:
    with pytest.raises(Malformed, match="1 to 1000 hits"):
        search(world.where, PUBLIC, Query(), limit=limit)


def test_own_without_a_name_sees_what_is_published(world: World) -> None:
    for query in (Query(), Query(provider=PROVIDERS[0])):
        assert found(world, query, Viewer("own", "")) == found(world, query, PUBLIC)


PLANS = {
    "a word": (1, Filter()),
    "two words": (2, Filter()),
    "three words": (3, Filter(kind=2, since=5)),
    "a word and a kind": (1, Filter(kind=2)),
    "a word and a time": (1, Filter(since=1, until=2)),
    "two words and a kind that there is not": (2, Filter(kind=12)),
    "a kind": (0, Filter(kind=2)),
    "a time": (0, Filter(since=1)),
    "everything": (0, Filter()),
}


@pytest.mark.parametrize("name", PLANS)
def test_no_question_reads_a_table_whole(world: World, name: str) -> None:
    count, filter_ = PLANS[name]
    catch_up(world.where)
    words = [token("provider", str(n)) for n in range(count)]
    plan = world.index.plan(words, filter_, 3, 10)
    assert plan
    assert [step for step in plan if not step.startswith(("SEARCH", "CORRELATED", "EXISTS"))] == []
    assert not any("TEMP B-TREE" in step for step in plan)
    assert any("position>" in step or "rowid>" in step for step in plan)
    if count:
        assert (
            sum("search_words" in step and "PRIMARY KEY (segment=? AND word=?" in step for step in plan)
            == count
        )


def test_an_index_of_another_register_is_thrown_away() -> None:
    world, other = World(1), World(2)
    world.grow(20)
    other.grow(30)
    catch_up(other.where)
    stray = msgspec.structs.replace(world.where, index=other.index)
    assert [hit.index for hit in search(stray, EVERYTHING, Query(), limit=1000).hits] == list(
        range(len(world.told))
    )
    other.grow(5)
    longer = msgspec.structs.replace(other.where, index=world.index)
    catch_up(world.where)
    assert len(search(longer, EVERYTHING, Query(), limit=1000).hits) == len(other.told)


def test_catches_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.office.search.CHUNK", 7)
    world = World(11)
    world.grow(60)
    assert catch_up(world.where) == len(world.told)
    answers = [
        found(world, Query(provider=name), viewer) for name in PROVIDERS for viewer in (PUBLIC, EVERYTHING)
    ]
    monkeypatch.setattr("assay.office.search.CHUNK", 1000)
    world.index.clear()
    assert [
        found(world, Query(provider=name), viewer) for name in PROVIDERS for viewer in (PUBLIC, EVERYTHING)
    ] == answers
    assert any(answers)


@pytest.mark.parametrize("bits", [0, 1, 4])
def test_segments_are_walked_in_order(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.adapters.sql.index.SEGMENT", bits)
    world = World(11)
    for _ in range(6):
        world.grow(10)
        catch_up(world.where)
    asked = 0
    for viewer in viewers():
        for _ in range(20):
            query = world.query()
            assert found(world, query, viewer) == world.expected(viewer, query)
            page = search(world.where, viewer, query, limit=2, after=20)
            expected = [at for at in world.expected(viewer, query) if at > 20]
            assert [hit.index for hit in page.hits] == expected[:2]
            asked += len(expected)
    assert asked > 100


def test_two_who_catch_up_at_once_add_nothing_twice(world: World) -> None:
    catch_up(world.where)
    mark = world.index.mark()
    world.index.add(0, [], [], [], searching.Mark(1, b"x"))
    assert world.index.mark() == mark


def test_of_a_lost_envelope_the_openings_still_speak() -> None:
    world = World(3)
    world.submit()
    submission = world.ledger.submissions()[0]
    lost = msgspec.structs.replace(world.where, blobs=type(world.blobs)())
    assert [hit.index for hit in search(lost, EVERYTHING, Query(provider=submission.provider)).hits] == [0]
    assert search(lost, EVERYTHING, Query(product=submission.product)).hits == ()


def test_what_was_erased_leaves_the_index() -> None:
    world = World(4)
    world.submit()
    world.step(world.ledger.submissions()[0])
    name = world.ledger.submissions()[0].provider
    assert found(world, Query(provider=name)) == [0, 1]
    world.erase(0)
    searching.forget(world.index, 0)
    assert all((row.owner, row.tokens) == (b"", ()) for row in world.index.rows([0, 1]))
    assert found(world, Query(provider=name)) == []
    assert found(world, Query()) == [0, 1]


def test_survives_being_opened_again(tmp_path: Path) -> None:
    world = World(6)
    world.grow(20)
    path = tmp_path / "search.sqlite"
    first = SqlIndex.sqlite(path)
    catch_up(msgspec.structs.replace(world.where, index=first))
    mark = first.mark()
    first.close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = SqlIndex.sqlite(path)
    assert again.mark() == mark
    assert mark.size == len(world.told)
    again.close()


def test_a_damaged_index_is_told(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    path.write_bytes(b"no database, but long enough to be taken for one" * 30)
    with pytest.raises(Unavailable, match="the search index: file is not a database"):
        SqlIndex.sqlite(path)


def test_rows_that_are_not_there_are_told(world: World) -> None:
    with pytest.raises(Unavailable, match="has no entry 99999"):
        world.index.rows([0, 99999])


def test_leaves_come_from_tiles_and_from_the_tail() -> None:
    world = World(8)
    for part in (5, 300, 2):
        world.grow(part)
        world.register.publish()
    world.append(Kind.PACK_CHANGE, Digest.sha256(b"one more"), {}, None, None)
    size = world.register.size()
    assert world.register.leaves(0, size) == tuple(world.register.leaf(at) for at in range(size))
    assert world.register.leaves(size - 1, size) == (world.register.leaf(size - 1),)
    assert world.register.leaves(4, 4) == ()
    with pytest.raises(Unavailable, match=f"has {size} entries, not {size + 1}"):
        world.register.leaves(0, size + 1)
