"""What every store of other offices' words keeps to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import msgspec
import pytest

from assay.adapters.memory_federation import MemoryFederation
from assay.adapters.sql.federation import SqlFederation
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.errors import Duplicate, Refused
from assay.formats.digest import Digest
from assay.office.federation import Federation, Peer, Query, Theirs

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DIGEST = Digest.sha256(b"it")
TURNS = 8
"""Of a race; the first opens connections, and is none."""
ISLES = Peer(id="isles", name="Isles", origin="isles.example", trust=DIGEST, added=NOON)
ONE = Theirs(
    office="isles", what="result", attestation=DIGEST, result="validated", provider="Lighthouse Works (fictional)",
    product="lantern", version="2.1.0", index=7, recorded=NOON, proven=NOON, grade="logged", document=DIGEST,
    receipt=DIGEST, accepted=NOON,
)  # fmt: skip


def other(number: int, **changes: object) -> Theirs:
    return msgspec.structs.replace(ONE, attestation=Digest.sha256(b"%d" % number), **changes)


@pytest.fixture(params=["memory", "file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Federation]:
    if request.param == "memory":
        yield MemoryFederation()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlFederation(engine)
    engine.dispose()


def test_offices_stand_in_the_order_in_which_they_came(store: Federation) -> None:
    later = msgspec.structs.replace(ISLES, id="another", name="Another", origin="another.example")
    store.put_office(ISLES)
    store.put_office(later)
    gone = msgspec.structs.replace(ISLES, revoked=NOON, reason="gone")
    store.put_office(gone, ISLES)
    assert store.offices() == (gone, later)


def test_an_office_takes_the_place_of_the_one_that_was_read_and_of_no_other(store: Federation) -> None:
    renewed, other_way = (
        msgspec.structs.replace(ISLES, trust=Digest.sha256(name)) for name in (b"new", b"other")
    )
    gone = msgspec.structs.replace(renewed, revoked=NOON, reason="stolen")
    with pytest.raises(Refused, match="meanwhile"):
        store.put_office(renewed, ISLES)  # which is not there
    store.put_office(ISLES)
    store.put_office(renewed, ISLES)
    for before in (ISLES, None):
        with pytest.raises(Refused, match="meanwhile"):
            store.put_office(other_way, before)
    assert store.offices() == (renewed,)
    store.put_office(gone, renewed)
    for before in (ISLES, renewed, gone, None):
        with pytest.raises(Refused, match="was revoked on 2026-11-02: stolen"):
            store.put_office(other_way, before)
    assert store.offices() == (gone,)


RIVALS = (
    pytest.param({"origin": "thief.example"}, id="of the same name"),
    pytest.param({"name": "ISLES."}, id="of the same register, and of a name that reads the same"),
    pytest.param({"name": "Another"}, id="of the same register"),
)


@pytest.mark.parametrize("changes", RIVALS)
def test_an_office_that_is_listened_to_has_its_name_and_register_alone(
    store: Federation, changes: dict[str, str]
) -> None:
    rival = msgspec.structs.replace(ISLES, id="rival", trust=Digest.sha256(b"rival"), **changes)
    store.put_office(ISLES)
    with pytest.raises(Duplicate, match="is pinned already; revoke it first"):
        store.put_office(rival)
    gone = msgspec.structs.replace(ISLES, revoked=NOON, reason="gone")
    store.put_office(gone, ISLES)
    store.put_office(rival)
    assert store.offices() == (gone, rival)


def test_a_renewed_office_takes_no_name_that_another_has(store: Federation) -> None:
    other_one = msgspec.structs.replace(ISLES, id="another", name="Another", origin="another.example")
    store.put_office(ISLES)
    store.put_office(other_one)
    with pytest.raises(Duplicate):
        store.put_office(msgspec.structs.replace(other_one, name="isles"), other_one)
    assert store.offices() == (ISLES, other_one)


def test_of_rivals_that_are_pinned_at_once_one_is_kept(store: Federation) -> None:
    def pin(number: int, turn: int) -> None:
        name = f"isles-{turn}"
        store.put_office(msgspec.structs.replace(ISLES, id=f"{name}-{number}", name=name, origin=name))

    assert at_once(pin) == 3 * TURNS
    assert len(store.offices()) == TURNS


def test_a_newer_word_takes_the_place_of_an_older_one(store: Federation) -> None:
    first = store.put(ONE)
    second = store.put(other(2))
    assert (first.position, second.position) == (1, 2)
    for index in (7, 3):
        with pytest.raises(Duplicate, match="no older"):
            store.put(msgspec.structs.replace(ONE, index=index))
    newer = store.put(msgspec.structs.replace(ONE, index=9, result="contradicted"))
    assert (newer.position, newer.result) == (1, "contradicted")
    assert store.find(Query()) == (newer, second)
    assert store.get(1) == newer
    assert store.get(3) is None


def test_offices_and_kinds_do_not_meet(store: Federation) -> None:
    rows = [store.put(one) for one in (ONE, msgspec.structs.replace(ONE, office="b"), msgspec.structs.replace(ONE, what="attestation", result=""))]  # fmt: skip
    assert store.find(Query()) == tuple(rows)
    assert store.find(Query(what="attestation")) == (rows[2],)
    assert store.find(Query(what="result")) == tuple(rows[:2])


def test_found_by_names_without_case_and_punctuation(store: Federation) -> None:
    here = store.put(ONE)
    store.put(other(2, product="Oar", provider="Boats"))
    assert store.find(Query(product="LANTERN", provider="lighthouse works fictional")) == (here,)
    assert store.find(Query(product="lanter")) == ()
    assert store.find(Query(provider="boats", product="lantern")) == ()


def test_page_by_page(store: Federation) -> None:
    rows = [store.put(other(number)) for number in range(5)]
    seen: list[Theirs] = []
    after = 0
    while page := store.find(Query(after=after, limit=2)):
        seen += page
        after = page[-1].position
    assert seen == rows


def test_the_last_first_and_of_one_office(store: Federation) -> None:
    rows = [store.put(other(number, office="isles" if number % 2 else "another")) for number in range(5)]
    assert store.find(Query(newest=True, limit=3)) == tuple(rows[:1:-1])
    assert store.find(Query(newest=True, after=rows[2].position)) == (rows[1], rows[0])
    assert store.find(Query(office="isles")) == (rows[1], rows[3])
    assert store.find(Query(office="isles", newest=True, limit=1)) == (rows[3],)
    assert store.find(Query(office="nowhere")) == ()


def test_of_two_that_come_at_once_one_is_kept(store: Federation) -> None:
    assert at_once(lambda _, turn: store.put(other(turn))) == 3 * TURNS
    assert len(store.find(Query())) == TURNS


def at_once(act: Callable[[int, int], object]) -> int:
    """How often four that *act* at the same moment, turn after turn, are told that they are Duplicates."""
    barrier, ends = Barrier(4), []

    def run(number: int) -> None:
        for turn in range(TURNS):
            barrier.wait()
            try:
                act(number, turn)
            except Duplicate:
                ends.append(number)

    threads = [Thread(target=run, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return len(ends)
