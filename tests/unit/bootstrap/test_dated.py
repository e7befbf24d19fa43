"""What the office judges by is read again when its file changes: newer ones are taken up, and nothing else is."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.exploited import exploited

from assay.adapters.memory import FixedClock
from assay.bootstrap import dated, service
from assay.bootstrap.dated import EXPLOITED, SNAPSHOT, DatedFile, Kind
from assay.crypto import keyfile
from assay.errors import Malformed, Unavailable
from assay.formats import times
from assay.office_config.model import Judging, OfficeConfig, Work

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Make = Callable[[datetime], bytes]


def snapshot(as_of: datetime, records: str = "[]") -> bytes:
    return f'{{"format":"urn:assay:snapshot:1","as_of":"{times.encode(as_of)}","records":{records}}}'.encode()


def catalogue(released: datetime) -> bytes:
    return exploited("CVE-2026-90001", released=released)


KINDS = pytest.mark.parametrize(
    ("kind", "made"),
    [pytest.param(SNAPSHOT, snapshot, id="snapshot"), pytest.param(EXPLOITED, catalogue, id="exploited")],
)


def opened(path: Path, kind: Kind, data: bytes, now: datetime = NOON) -> DatedFile:
    path.write_bytes(data)
    return DatedFile(path, kind, FixedClock(now))


def put(path: Path, data: bytes) -> None:
    """Another file in its place, as `mv` does."""
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    beside.replace(path)


@KINDS
def test_a_newer_one_is_taken_up(tmp_path: Path, kind: Kind, made: Make) -> None:
    path = tmp_path / "file"
    file = opened(path, kind, made(NOON - 2 * DAY))
    assert (file.look().state, file.look().said) == ("ok", "as of 2026-10-31")
    before = file.now()
    put(path, made(NOON - 2 * DAY))
    file.look()
    assert file.now() is before  # whoever compares by identity sees no change
    put(path, made(NOON - DAY))
    assert file.now() is before
    assert (file.look().said, file.now()) == ("as of 2026-11-01", made(NOON - DAY))


@KINDS
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        pytest.param(lambda made: made(NOON - 3 * DAY), "is of 2026-10-30, before the one", id="older"),
        pytest.param(lambda made: made(NOON + 2 * DAY), "is of 2026-11-04, which has not come yet", id="of a day to come"),
        pytest.param(lambda made: made(NOON)[:-9], "file", id="cut short"),
        pytest.param(lambda _: b"", "file", id="empty"),
        pytest.param(lambda _: b"{}", "file", id="something else"),
    ],
)  # fmt: skip
def test_what_is_older_or_damaged_replaces_nothing_and_is_said_until_it_is_mended(
    tmp_path: Path, kind: Kind, made: Make, changed: Callable[[Make], bytes], says: str
) -> None:
    path, good = tmp_path / "file", made(NOON - 2 * DAY)
    file = opened(path, kind, good)
    put(path, changed(made))
    for _ in range(2):
        found = file.look()
        assert (found.check, found.state, file.now()) == (kind.check, "fail", good)
        assert says in found.said
        assert found.said.endswith("; what the office judges by is as of 2026-10-31")
    put(path, good)
    assert file.look().state == "ok"


@KINDS
def test_one_that_is_gone_is_said_and_taken_up_when_it_is_back(
    tmp_path: Path, kind: Kind, made: Make
) -> None:
    path, away = tmp_path / "file", tmp_path / "away"
    file = opened(path, kind, made(NOON - DAY))
    for back in (made(NOON - DAY), made(NOON)):
        path.rename(away)
        assert [file.look().state for _ in range(2)] == ["fail"] * 2
        away.rename(path)
        assert file.look().state == "ok"
        put(path, back)
        file.look()
        assert file.now() == back


@KINDS
def test_what_came_too_early_is_taken_up_when_its_day_comes(tmp_path: Path, kind: Kind, made: Make) -> None:
    path, clock = tmp_path / "file", FixedClock(NOON)
    path.write_bytes(made(NOON))
    file = DatedFile(path, kind, clock)
    put(path, made(NOON + 3 * DAY))
    assert [file.look().state for _ in range(2)] == ["fail"] * 2
    clock.moment += 2 * DAY
    assert (file.look().state, file.now()) == ("ok", made(NOON + 3 * DAY))


@KINDS
def test_other_bytes_under_the_same_name_size_and_time_are_read(
    tmp_path: Path, kind: Kind, made: Make
) -> None:
    path = tmp_path / "file"
    file, times_ = opened(path, kind, made(NOON - DAY)), path.stat()
    path.write_bytes(made(NOON))
    os.utime(path, ns=(times_.st_atime_ns, times_.st_mtime_ns))
    file.look()
    assert file.now() == made(NOON)


@KINDS
def test_it_grows_old(tmp_path: Path, kind: Kind, made: Make) -> None:
    file = opened(tmp_path / "file", kind, made(NOON - (kind.days + 1) * DAY))
    assert file.look().state == "warn"


@KINDS
def test_at_the_start_there_is_one_or_none(tmp_path: Path, kind: Kind, made: Make) -> None:
    with pytest.raises(Unavailable):
        DatedFile(tmp_path / "file", kind, FixedClock(NOON))
    with pytest.raises(Malformed):
        opened(tmp_path / "file", kind, b"{}")
    wrong = opened(tmp_path / "file", kind, made(NOON + 9 * DAY))  # no later one would ever replace it
    put(tmp_path / "file", made(NOON))
    assert (wrong.look().state, wrong.now()) == ("ok", made(NOON))


def test_a_snapshot_that_no_verdict_could_be_made_by_is_damaged(tmp_path: Path) -> None:
    record = '[{"id":"OSV-1","modified":"yesterday"}]'
    with pytest.raises(Malformed, match="OSV-1: modified"):
        opened(tmp_path / "file", SNAPSHOT, snapshot(NOON, record))


def test_what_could_not_be_read_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    file = opened(path, EXPLOITED, catalogue(NOON - DAY))
    put(path, catalogue(NOON))
    with monkeypatch.context() as fails:
        fails.setattr(dated, "read_plain", unavailable)
        assert [file.look().state for _ in range(2)] == ["fail"] * 2
    assert (file.look().state, file.now()) == ("ok", catalogue(NOON))


def unavailable(path: Path, *, limit: int) -> bytes:
    raise Unavailable(f"{path} cannot be read: too many open files")


def test_an_office_that_runs_judges_by_the_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", "2026-11-02T12:00:00Z")
    known, listed = tmp_path / "snapshot.json", tmp_path / "kev.json"
    known.write_bytes(snapshot(NOON - DAY))
    listed.write_bytes(catalogue(NOON - DAY))
    judging = Judging(snapshot=known, exploited=listed)
    config = OfficeConfig(data=tmp_path / "office", judging=judging, work=Work(processes=0))
    with service.desk(config) as desk:
        before = desk.service
        assert desk.service is before
        put(known, snapshot(NOON))
        put(listed, catalogue(NOON))
        assert desk.service is before
        assert [look().state for look in desk.reread] == ["ok", "ok"]
        office = desk.service.office
        assert (office.snapshot, office.exploited) == (snapshot(NOON), catalogue(NOON))
