"""After any part of a busy life the database is lost and made again: everything answers as before, or is named."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest
from tests.support.busy import (
    ASKED,
    BUNDLES,
    LIFE,
    PAYLOADS,
    Moment,
    Without,
    closed,
    found,
    moments,
    opened,
    publish,
    rebuilt,
    state,
)
from tests.support.offices import PROVIDER, PROVIDER_KEYS, bundle

from assay.adapters.memory import MemoryBlobs
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.rebuild import differences
from assay.errors import Duplicate, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office.advance import resume
from assay.office.log import check_keys, receipt, verify_register
from assay.office.office import Office
from assay.office.ports import Backing, Wanted
from assay.office.sequencer import Sequencer
from assay.office.statements import NOTHING
from assay.office.submit import submit
from assay.register import leaf, scitt
from assay.register.receipt import Receipt


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> list[Moment]:
    return moments(tmp_path_factory.mktemp("life"))


PARTS = range(len(LIFE) + 1)
LAST = len(LIFE)


def is_published(moment: Moment) -> None:
    one = moment.open()
    publish(one)
    closed(one)


@pytest.mark.parametrize("part", PARTS)
def test_answers_as_before(life: list[Moment], part: int, tmp_path: Path) -> None:
    moment = life[part].copy(tmp_path / "moment")
    is_published(moment)
    one = moment.open()
    before = state(one)
    closed(one)
    done = rebuilt(moment)
    assert (done.size, done.published) == (before.size, before.size)
    assert (done.losses, done.lost, done.unknown_tail, done.recovered) == ((), 0, (), 0)
    assert list(done.erased) == [at for at, held in enumerate(before.openings) if isinstance(held, str)]
    assert list(differences(moment.folder / "older.sqlite", moment.folder / "office.sqlite")) == []
    again = moment.open()
    assert state(again) == before
    for at, payload in enumerate(PAYLOADS):
        if again.ledger.submission(payload) is not None:
            with pytest.raises(Duplicate, match="submitted before"):
                submit(again, BUNDLES[at])
    resumed = resume(again)
    assert resumed.stuck == ()
    assert {item.state for item in again.ledger.submissions()} <= {"published"}
    publish(again)
    assert verify_register(again) == again.register.size()
    closed(again)


@pytest.mark.parametrize("part", PARTS[2:])
def test_entries_that_were_not_published_come_from_the_older_database(
    life: list[Moment], part: int, tmp_path: Path
) -> None:
    moment = life[part].copy(tmp_path / "moment")
    one = moment.open()
    before = state(one)
    closed(one)
    done = rebuilt(moment, older=True)
    assert done.size == before.size >= done.published
    assert (done.losses, done.unknown_tail, done.recovered) == ((), (), 0)
    assert list(differences(moment.folder / "older.sqlite", moment.folder / "office.sqlite")) == []
    again = moment.open()
    assert state(again) == before
    publish(again)
    assert verify_register(again) == before.size
    closed(again)


def test_the_life_has_something_of_everything(life: list[Moment], tmp_path: Path) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    one = life[LAST - 1].open()
    asked = found(one)
    closed(one)
    assert all(asked[: len(ASKED)])
    assert 0 < sum(map(len, asked[len(ASKED) : 2 * len(ASKED)])) < sum(map(len, asked[2 * len(ASKED) :]))
    done = rebuilt(moment)
    assert len(done.submissions) == 3
    assert sum(done.submissions.values()) == 4
    assert done.erased == (1, 4)
    one = life[LAST - 2].open()
    assert one.ledger.head().edge.size > done.published - 4
    closed(one)


def not_published(life: list[Moment], to: Path) -> tuple[Moment, bytes]:
    """A moment with an entry that is in no tile, and its receipt."""
    moment = life[LAST].copy(to)
    one = moment.open()
    size = one.register.size()
    held = receipt(one, size - 1)
    closed(one)
    return moment, held.encode()


def test_a_receipt_shows_what_is_missing_at_the_end(life: list[Moment], tmp_path: Path) -> None:
    moment, data = not_published(life, tmp_path / "moment")
    held = Receipt.parse(data)
    done = rebuilt(moment, receipts=[held])
    assert held.index >= done.size
    (told,) = done.unknown_tail
    assert f"a receipt for entry {held.index} shows that there were {held.index + 1} entries" in told
    assert f"from {done.size} on they are lost" in told


def test_a_receipt_of_what_is_there_is_no_trouble(life: list[Moment], tmp_path: Path) -> None:
    moment, data = not_published(life, tmp_path / "moment")
    done = rebuilt(moment, receipts=[Receipt.parse(data)], older=True)
    assert done.unknown_tail == ()
    one = moment.open()
    publish(one)
    early = receipt(one, 3)
    closed(one)
    again = Moment(moment.folder, moment.blobs)
    assert rebuilt(again, receipts=[early, Receipt.parse(data)]).unknown_tail == ()


def test_a_receipt_of_another_history_refuses(life: list[Moment], tmp_path: Path) -> None:
    """The tail is lost, the office goes on, and somebody still has a receipt of the entry that was there."""
    moment, data = not_published(life, tmp_path / "moment")
    rebuilt(moment)
    one = moment.open()
    submit_other(one)
    publish(one)
    closed(one)
    with pytest.raises(Untrusted, match="is of another history"):
        rebuilt(moment, receipts=[Receipt.parse(data)])


def test_openings_of_entries_that_are_gone_show_that_they_were(life: list[Moment], tmp_path: Path) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    held = FolderOpenings(moment.folder / "openings")
    size = held.end()
    held.write(size, [Backing(openings=b"[]"), Backing(openings=b"[]")])
    (told,) = rebuilt(moment).unknown_tail
    assert f"of entries {size} to {size + 1}: they were recorded" in told


def test_an_older_database_that_does_not_continue_the_register(life: list[Moment], tmp_path: Path) -> None:
    """Of the same office, but its newest entries are not those that the register went on with."""
    moment, _ = not_published(life, tmp_path / "moment")
    stray = tmp_path / "stray.sqlite"
    shutil.copy(moment.folder / "office.sqlite", stray)
    rebuilt(moment)
    one = moment.open()
    submit_other(one)
    publish(one)
    closed(one)
    shutil.copy(stray, moment.folder / "office.sqlite")
    done = rebuilt(moment, older=True)
    assert done.size == done.published
    found = list(differences(moment.folder / "older.sqlite", moment.folder / "office.sqlite"))
    assert any(line.startswith("head 1: another root") for line in found)
    assert any(line.startswith("openings ") for line in found)


def submit_other(one: Office) -> None:
    submit(one, bundle(77))


LOST = {
    "envelope": (r"provider, product and version of the submission of entry 1: ",),
    "customers": (r"blob sha256:[0-9a-f]+, of the submission of entry 1",),
    "verdict": (r"blob sha256:[0-9a-f]+, of the submission of entry 1",),
    "result": (r"the result of entry \d+: ",),
    "artifacts": (r"blob sha256:[0-9a-f]+, of the submission of entry 1",),
}


@pytest.mark.parametrize("name", sorted(LOST))
def test_a_lost_blob_is_named(life: list[Moment], name: str, tmp_path: Path) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    one = moment.open()
    submission = one.ledger.submission(PAYLOADS[0])
    closed(one)
    assert submission is not None
    assert submission.state == "published"
    found = getattr(submission, name)
    lost = found[0] if isinstance(found, tuple) else found
    assert isinstance(lost, Digest)
    done = rebuilt(moment, blobs=Without(moment.blobs, [lost]))
    for pattern in LOST[name]:
        assert any(re.match(pattern, told) for told in done.losses), done.losses
    assert done.lost == len(done.losses) >= 1
    again = moment.open()
    kept = again.ledger.submission(PAYLOADS[0])
    closed(again)
    assert kept is not None
    assert (kept.state, kept.entry, kept.publication) == ("published", 1, submission.publication)


def test_lost_openings_are_named_and_the_older_database_makes_up_for_them(
    life: list[Moment], tmp_path: Path
) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    one = moment.open()
    before = state(one)
    closed(one)
    shutil.rmtree(moment.folder / "openings")
    second = moment.copy(tmp_path / "second")
    done = rebuilt(moment, older=True)
    assert (done.recovered, done.lost) == (before.size, 0)
    again = moment.open()
    assert state(again) == before
    closed(again)
    done = rebuilt(second)
    assert done.submissions == {}
    assert done.losses[0].startswith(f"the openings of entries 0 to {before.size - 1}: ")
    assert any("which documents came in is lost" in told for told in done.losses)


def test_openings_that_do_not_match_are_not_taken(life: list[Moment], tmp_path: Path) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    held = FolderOpenings(moment.folder / "openings")
    one, other = held.read(2, 3)[0], held.read(3, 4)[0]
    held.write(2, [msgspec.structs.replace(one, openings=other.openings)])
    done = rebuilt(moment)
    assert done.losses == (
        "the openings of entry 2: opening of 'actor' does not match the commitment in the entry",
    )
    again = moment.open()
    with pytest.raises(Unavailable, match="openings of entry 2 were erased"):
        again.ledger.openings(2)
    closed(again)


def test_whether_it_was_complete_is_found_without_the_opening(life: list[Moment], tmp_path: Path) -> None:
    """From the report that the entry names."""
    part = next(at for at in PARTS if at > 3)
    moment = life[part].copy(tmp_path / "moment")
    one = moment.open()
    submission = one.ledger.submission(PAYLOADS[0])
    assert submission is not None
    assert submission.state in {"complete", "incomplete"}
    assert isinstance(one.register, Sequencer)
    one.register.erase(2)
    publish(one)
    report = one.register.leaf(2)
    closed(one)
    second = moment.copy(tmp_path / "second")
    done = rebuilt(moment)
    assert done.losses == ()
    again = moment.open()
    assert again.ledger.submission(PAYLOADS[0]) == submission
    closed(again)
    assert submission.verdict is not None
    lost = [leaf.parse(report).digests[0], submission.verdict]
    done = rebuilt(second, blobs=Without(second.blobs, lost))
    assert any("whether it was found complete cannot be told" in told for told in done.losses)


def test_a_damaged_register_stops_it(life: list[Moment], tmp_path: Path) -> None:
    moment = life[LAST].copy(tmp_path / "moment")
    is_published(moment)
    paths = list((moment.folder / "register/tile/entries").rglob("*.p/*"))
    assert paths
    for path in paths:
        data = bytearray(path.read_bytes())
        data[100] ^= 1
        path.write_bytes(data)
    with pytest.raises(
        Unavailable, match="the register is damaged, nothing is rebuilt from it: tile/entries"
    ):
        rebuilt(moment)
    assert not (moment.folder / "office.sqlite").exists()


def test_statements_of_others_have_nothing_to_rebuild(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    one = opened(tmp_path, blobs)
    said = scitt.sign(
        b"{}", issuer=PROVIDER, subject="lantern", key=PROVIDER_KEYS[0], content_type="application/json"
    )
    submit(one, BUNDLES[0])
    for _ in range(2):
        one.register.append(Wanted(said, NOTHING))
    submit(one, BUNDLES[1])
    one.register.append(Wanted(said, NOTHING))
    before = found(one)
    assert before[0] == (0, 1, 4)
    publish(one)
    closed(one)
    moment = Moment(tmp_path, blobs)
    done = rebuilt(moment)
    assert (done.size, done.losses, done.unknown_tail) == (6, (), ())
    again = moment.open()
    check_keys(again)
    assert found(again) == before
    assert verify_register(again) == 6
    closed(again)
