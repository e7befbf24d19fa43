"""A service's database is rebuilt too: sealed documents are opened, people and cases brought over where they are still there."""

import shutil
from pathlib import Path

import msgspec
import pytest
from tests.support import offices
from tests.support.services import provider, tick

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.bootstrap.rebuild import rebuild_office
from assay.crypto import keyfile
from assay.errors import Duplicate
from assay.formats.customers import Customer, CustomerList
from assay.office.found_by import of_statement
from assay.office.identity.trail import Event
from assay.office.keep_customers import replace
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery, Wanted
from assay.office.receive import receive
from assay.office.statements import NOTHING
from assay.office_config.model import OfficeConfig
from assay.register import scitt


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OfficeConfig:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", "2026-11-01T12:00:00Z")
    home = Home(tmp_path / "home")
    home.prepare()
    home.save_trust(msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=()))
    config = OfficeConfig(data=home.folder)
    with service.desk(config) as desk:
        receive(desk.service, provider(desk.service), offices.bundle(), speaks_for=(offices.PROVIDER,))
        tick(desk.service)
        with desk.identity.identities.change() as rows:
            rows.note(Event(at=desk.service.now(), actor="test", action="test"))
        desk.service.office.register.publish()
    return config


def stands(config: OfficeConfig) -> tuple[int, int, int]:
    """Submissions, cases, lines of the trail."""
    with service.desk(config) as desk, desk.identity.identities.read() as rows:
        counts = desk.service.cases.counts(Visible(everything=True))
        return (
            len(desk.service.office.ledger.submissions()),
            sum(counts.values()),
            len(rows.trail(organisation=None)),
        )


def test_with_the_older_database_nothing_is_lost(config: OfficeConfig) -> None:
    before = stands(config)
    done = rebuild_office(Home(config.data), None, ())
    assert (done.rebuilt.losses, done.older, done.differences) == ((), "same", ())
    assert stands(config) == before
    assert before[:2] == (1, 1)
    assert before[2] > 0


def test_without_it_the_office_starts_again_with_its_submissions(config: OfficeConfig) -> None:
    (config.data / "office/office.sqlite").unlink()
    for suffix in ("-wal", "-shm"):
        (config.data / f"office/office.sqlite{suffix}").unlink(missing_ok=True)
    done = rebuild_office(Home(config.data), None, ())
    assert done.older == "absent"
    assert [line.partition(" where")[0] for line in done.rebuilt.losses] == ["of 1 cases"]
    assert stands(config)[:2] == (1, 0)


def test_a_case_of_an_older_copy_gets_back_what_was_kept_up_since(
    config: OfficeConfig, tmp_path: Path
) -> None:
    place, copy = config.data / "office/office.sqlite", tmp_path / "office.sqlite"
    shutil.copy(place, copy)
    with service.desk(config) as desk:
        (case,) = desk.service.cases.find(CaseQuery(visible=Visible(everything=True))).cases
        new = CustomerList(customers=(Customer(name="Harbour (fictional)", salt="1" * 64),))
        after = replace(desk.service, provider(desk.service), case.payload, new, lambda _: ())
        said = scitt.sign(
            b"{}",
            issuer=offices.PROVIDER,
            subject="lantern",
            key=offices.PROVIDER_KEYS[0],
            content_type="text/plain",
        )
        wanted = Wanted(said, NOTHING, once=of_statement(said))
        index = desk.service.office.register.append(wanted).index
        desk.service.office.register.publish()
    for suffix in ("-wal", "-shm"):
        place.with_name(f"office.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, place)
    rebuild_office(Home(config.data), None, ())
    with service.desk(config) as desk:
        found = desk.service.case(case.payload)
        assert (found.customer_lists, found.entries) == (after.customer_lists, after.entries)
        assert desk.service.office.blobs.has(found.customer_lists[0])
        assert desk.service.office.ledger.found(wanted.once) == index
        with pytest.raises(Duplicate, match=f"as entry {index}"):
            desk.service.office.register.append(wanted)
