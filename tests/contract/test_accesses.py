"""What every store of grants and accesses keeps to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from assay.adapters.memory_accesses import MemoryAccesses
from assay.adapters.memory_work import MemoryWork
from assay.adapters.sql.accesses import SqlAccesses
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.errors import Refused
from assay.formats.digest import Digest
from assay.office.accesses import Access, Accesses, Grant
from assay.office.permissions import Visible
from assay.office.work import Due, Work

NOON = datetime(2026, 11, 2, 12, 0, 0, 7, tzinfo=UTC)
CASE, OTHER, FILE = (Digest.sha256(name) for name in (b"case", b"other", b"file"))


@pytest.fixture(params=["memory", "file", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Accesses, Work]]:
    if request.param == "memory":
        work = MemoryWork()
        yield MemoryAccesses(work), work
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlAccesses(engine), SqlWork(engine)
    engine.dispose()


@pytest.fixture
def accesses(both: tuple[Accesses, Work]) -> Accesses:
    return both[0]


def grant(key: str, *, owner: str = "maker", to: str = "user", case: Digest = CASE) -> Grant:
    return Grant(
        id=key, case=case, owner=owner, to=to, artifacts=(FILE, CASE), reason="we run it", asked=NOON, asked_by="account:ann",
    )  # fmt: skip


def line(*, owner: str = "maker", case: Digest = CASE, artifact: Digest | None = None) -> Access:
    return Access(
        at=NOON, what="read", actor="account:ann", organisation="user", owner=owner, case=case, artifact=artifact, grant="a",
        reason="looked",
    )  # fmt: skip


def test_keeps_what_is_put_with_its_line(accesses: Accesses) -> None:
    assert accesses.grant("a") is None
    first = grant("a")
    accesses.put(first, line())
    assert accesses.grant("a") == first
    after = msgspec.structs.replace(
        first, state="granted", decided=NOON, decided_by="account:pia", until=NOON + timedelta(days=3), revision=1, artifacts=(),
    )  # fmt: skip
    accesses.put(after, line(artifact=FILE))
    assert accesses.grant("a") == after
    assert [one.access for one in accesses.log(None, limit=9)] == [line(artifact=FILE), line()]


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_a_decision_follows_what_is_stored(accesses: Accesses, revision: int) -> None:
    first = grant("a")
    accesses.put(first, line())
    accesses.put(msgspec.structs.replace(first, state="granted", revision=1), line())
    with pytest.raises(Refused, match="decided meanwhile"):
        accesses.put(msgspec.structs.replace(first, state="refused", revision=revision), line())
    found = accesses.grant("a")
    assert found is not None
    assert found.state == "granted"
    assert len(accesses.log(None, limit=9)) == 2


def test_what_follows_is_due_with_it_or_not_at_all(both: tuple[Accesses, Work]) -> None:
    accesses, work = both

    def due(key: str) -> Due:
        return Due(key=key, kind="tell", subject="a", at=NOON)

    accesses.put(grant("a"), line(), (due("first"), due("second")))
    with pytest.raises(Refused):
        accesses.put(grant("a"), line(), (due("third"),))
    found = work.claim(("tell",), NOON + timedelta(seconds=1), 9, 60, "w")
    assert sorted(one.due.key for one in found) == ["first", "second"]


def test_lists_what_somebody_may_see(accesses: Accesses) -> None:
    rows = (grant("a"), grant("b", owner="other"), grant("c", to="other", case=OTHER), grant("d"))
    for one in rows:
        accesses.put(one, line())
    a, b, c, d = rows
    assert accesses.grants(Visible(everything=True), limit=9) == (d, c, b, a)
    assert accesses.grants(Visible(everything=True), before="c", limit=1) == (b,)
    assert accesses.grants(Visible(owner="maker"), limit=9) == (d, c, a)
    assert accesses.grants(Visible(party="user"), limit=9) == (d, b, a)
    assert accesses.grants(Visible(owner="other", party="other"), limit=9) == (c, b)
    assert accesses.grants(Visible(published=True), limit=9) == ()
    assert accesses.between(CASE, "user") == (a, b, d)
    assert accesses.between(OTHER, "user") == ()
    assert (accesses.waiting("user"), accesses.waiting("nobody")) == (3, 0)
    accesses.put(msgspec.structs.replace(a, state="refused", revision=1), line())
    assert accesses.waiting("user") == 2


def test_pages_of_the_log(accesses: Accesses) -> None:
    for one in (line(), line(owner="other"), line(case=OTHER), line(artifact=FILE)):
        accesses.note(one)
    lines = accesses.log(None, limit=9)
    assert [one.number for one in lines] == [4, 3, 2, 1]
    assert [one.number for one in accesses.log("maker", limit=9)] == [4, 3, 1]
    assert [one.number for one in accesses.log("maker", case=CASE, limit=9)] == [4, 1]
    assert [one.number for one in accesses.log(None, before=4, limit=2)] == [3, 2]
    assert lines[0].access == line(artifact=FILE)
