"""What every store of uploads under way keeps to."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from assay.adapters.memory_uploads import MemoryUploads
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.adapters.sql.uploads import SqlUploads
from assay.errors import TooLarge, Unavailable
from assay.formats.digest import Digest
from assay.office.uploads import Part, Upload, UploadLimits, Uploads

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIMITS = UploadLimits(open_uploads=3, open_bytes=100, total_bytes=150)


@pytest.fixture(params=["memory", "file", "postgres"])
def uploads(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Uploads]:
    if request.param == "memory":
        yield MemoryUploads()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlUploads(engine)
    engine.dispose()


def upload(name: str, *, length: int = 10, organisation: str = "org", after_s: float = 0) -> Upload:
    began = NOON + timedelta(seconds=after_s)
    return Upload(
        id=name, organisation=organisation, digest=Digest.sha256(b"whole"), length=length, began=began,
        expires=began + timedelta(hours=1),
    )  # fmt: skip


def part(offset: int, length: int, salt: bytes = b"") -> Part:
    data = b"%d" % offset * length
    return Part(
        offset=offset, length=length, digest=Digest.sha256(data), blob=Digest.sha256(salt + b"salt" + data)
    )


def extend(uploads: Uploads, name: str, one: Part) -> Upload | None:
    uploads.plan(name, one)
    return uploads.extend(name, one, NOON + timedelta(hours=2))


def test_an_upload_grows_part_by_part(uploads: Uploads) -> None:
    uploads.add(upload("a"), LIMITS)
    assert uploads.get("a") == upload("a")
    one, two = part(0, 4), part(4, 6)
    uploads.plan("a", one)
    assert uploads.get("a") == msgspec.structs.replace(upload("a"), planned=(one,))
    after = uploads.extend("a", one, NOON + timedelta(hours=2))
    assert after is not None
    assert (after.offset, after.parts, after.planned, after.expires) == (
        4,
        (one,),
        (),
        NOON + timedelta(hours=2),
    )
    last = extend(uploads, "a", two)
    assert last is not None
    assert (last.offset, last.parts) == (10, (one, two))
    assert uploads.get("a") == last
    uploads.complete("a", NOON + timedelta(hours=3))
    assert uploads.get("a") == msgspec.structs.replace(last, complete=True, expires=NOON + timedelta(hours=3))
    for gone in (one, two):
        uploads.forget("a", gone)
    found = uploads.get("a")
    assert found is not None
    assert (found.parts, found.offset, found.complete) == ((), 10, True)


def test_of_two_that_go_on_at_the_same_offset_one_does(uploads: Uploads) -> None:
    uploads.add(upload("a"), LIMITS)
    one, other = part(0, 4), part(0, 4, b"other")
    uploads.plan("a", one)
    uploads.plan("a", other)
    assert uploads.extend("a", other, NOON) is not None
    assert uploads.extend("a", one, NOON) is None
    found = uploads.get("a")
    assert found is not None
    assert (found.parts, found.planned) == ((other,), (one,))
    uploads.forget("a", one)
    assert uploads.get("a") == msgspec.structs.replace(found, planned=())


def test_nothing_is_added_to_what_is_complete_closed_or_gone(uploads: Uploads) -> None:
    for name in ("complete", "closed", "gone"):
        uploads.add(upload(name), LIMITS)
        uploads.plan(name, part(0, 4))
    uploads.complete("complete", NOON)
    closed = uploads.close("closed")
    assert closed is not None
    assert (closed.closed, closed.planned) == (True, (part(0, 4),))
    uploads.remove("gone")
    for name in ("complete", "closed", "gone"):
        assert uploads.extend(name, part(0, 4), NOON) is None
    for name in ("closed", "gone"):
        with pytest.raises(Unavailable, match="thrown away meanwhile"):
            uploads.plan(name, part(0, 5))
    assert uploads.get("gone") is None
    assert uploads.close("gone") is None
    uploads.complete("gone", NOON)
    uploads.remove("gone")
    uploads.forget("gone", part(0, 4))


def test_finds_what_an_organisation_has_under_way(uploads: Uploads) -> None:
    digest = upload("a").digest
    assert uploads.of("org", digest) is None
    uploads.add(upload("old"), LIMITS)
    uploads.add(upload("new", after_s=1), LIMITS)
    uploads.add(upload("other", organisation="other", after_s=2), LIMITS)
    for name, following in (("new", "old"), ("old", None)):
        found = uploads.of("org", digest)
        assert found is not None
        assert found.id == name
        if following:
            uploads.complete(name, NOON)
        else:
            uploads.close(name)
    assert uploads.of("org", digest) is None
    assert uploads.of("other", Digest.sha256(b"else")) is None


def test_counts_what_is_under_way(uploads: Uploads) -> None:
    uploads.add(upload("a", length=60), LIMITS)
    with pytest.raises(TooLarge, match="60 bytes, and 41 more are over 100"):
        uploads.add(upload("b", length=41), LIMITS)
    uploads.add(upload("b", length=40), LIMITS)
    with pytest.raises(Unavailable, match="no room for 51 bytes"):
        uploads.add(upload("c", length=51, organisation="other"), LIMITS)
    uploads.add(upload("c", length=0), LIMITS)
    with pytest.raises(TooLarge, match="has 3 unfinished uploads"):
        uploads.add(upload("d", length=0), LIMITS)
    assert uploads.get("d") is None
    uploads.complete("a", NOON)
    uploads.close("b")
    uploads.add(upload("e", length=100), LIMITS)


def test_no_two_begin_where_there_is_room_for_one(uploads: Uploads) -> None:
    refused: list[TooLarge] = []

    def run(name: str) -> None:
        try:
            uploads.add(upload(name, length=40), LIMITS)
        except TooLarge as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(f"u{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 4


def test_tells_whose_time_is_over(uploads: Uploads) -> None:
    for n in range(3):
        uploads.add(upload(f"u{n}", length=1, after_s=n), LIMITS)
    end = NOON + timedelta(hours=1)
    assert uploads.lapsed(end - timedelta(microseconds=1), 9) == ()
    assert [one.id for one in uploads.lapsed(end, 9)] == ["u0"]
    assert [one.id for one in uploads.lapsed(end + timedelta(seconds=9), 2)] == ["u0", "u1"]
    uploads.close("u0")
    assert [one.id for one in uploads.lapsed(end, 9)] == ["u0"]
    uploads.remove("u0")
    assert uploads.lapsed(end, 9) == ()


def test_closes_only_what_is_still_over(uploads: Uploads) -> None:
    uploads.add(upload("a"), LIMITS)
    end = NOON + timedelta(hours=1)
    assert extend(uploads, "a", part(0, 4)) is not None
    assert uploads.close("a", end) is None
    assert uploads.close("a", NOON + timedelta(hours=2)) is not None
    assert uploads.close("a") is not None
