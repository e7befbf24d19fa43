"""A service's database is rebuilt too: sealed documents are opened, people and cases brought over where they are still there."""

import shutil
from pathlib import Path

import msgspec
import pytest
from tests.support import offices
from tests.support.services import officer, provider, tick

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.bootstrap.rebuild import Outcome, rebuild_office
from assay.crypto import keyfile
from assay.errors import Duplicate
from assay.formats.customers import Customer, CustomerId, CustomerList
from assay.office.case import Case
from assay.office.extend import ask_for_time, decide_time
from assay.office.found_by import of_statement
from assay.office.identity.organisation import Kind, Organisation
from assay.office.identity.trail import Event
from assay.office.keep_customers import replace
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery, Wanted
from assay.office.receive import receive
from assay.office.statements import NOTHING
from assay.office_config.model import OfficeConfig
from assay.register import scitt
from assay.web.api.desk import Desk


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch)


def _set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", "2026-11-01T12:00:00Z")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with one case, of which each test has a copy."""
    home = Home(tmp_path_factory.mktemp("office") / "home")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _set(monkeypatch)
        home.prepare()
        home.save_trust(
            msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=())
        )
        with service.desk(OfficeConfig(data=home.folder)) as desk:
            receive(desk.service, provider(desk.service), offices.bundle(), speaks_for=(offices.PROVIDER,))
            tick(desk.service)
            with desk.identity.identities.change() as rows:
                rows.note(Event(at=desk.service.now(), actor="test", action="test"))
            desk.service.office.register.publish()
    return home.folder


@pytest.fixture
def config(first: Path, tmp_path: Path) -> OfficeConfig:
    return OfficeConfig(data=shutil.copytree(first, tmp_path / "home"))


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


HARBOUR, QUAY = "org-harbour", "org-quay"


def rows_of(*names: str) -> CustomerList:
    return CustomerList(
        customers=tuple(
            Customer(
                name=name, id=CustomerId(scheme="domain", value=f"{name}.example"), salt=f"{number:064x}"
            )
            for number, name in enumerate(names)
        )
    )


class Copied:
    """An office whose database is put back to where a case named Harbour."""

    def __init__(self, config: OfficeConfig, copy: Path) -> None:
        self.config, self.place, self.copy = config, config.data / "office/office.sqlite", copy
        with service.desk(config) as desk:
            with desk.identity.identities.change() as rows:
                for name in ("harbour", "quay"):
                    rows.add(
                        Organisation(
                            id=f"org-{name}",
                            name=name,
                            kind=Kind.RELYING_PARTY,
                            identifiers=(("domain", f"{name}.example"),),
                        )
                    )
            (case,) = desk.service.cases.find(CaseQuery(visible=Visible(everything=True))).cases
            self.payload = case.payload
            self.kept(desk, "harbour")
        shutil.copy(self.place, copy)

    def kept(self, desk: Desk, *names: str) -> Case:
        made = replace(desk.service, provider(desk.service), self.payload, rows_of(*names), desk.known)
        desk.service.office.register.publish()
        return made

    def rebuilt(self) -> Outcome:
        for suffix in ("-wal", "-shm"):
            self.place.with_name(f"office.sqlite{suffix}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.place)
        return rebuild_office(Home(self.config.data), None, ())


@pytest.fixture
def copied(config: OfficeConfig, tmp_path: Path) -> Copied:
    return Copied(config, tmp_path / "office.sqlite")


def test_a_case_of_an_older_copy_gets_back_what_was_kept_up_since(copied: Copied) -> None:
    with service.desk(copied.config) as desk:
        assert desk.service.case(copied.payload).parties == (HARBOUR,)
        after = copied.kept(desk, "quay")
        assert after.parties == (QUAY,)
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
    told = copied.rebuilt()
    assert told.rebuilt.losses == ()
    with service.desk(copied.config) as desk:
        found = desk.service.case(copied.payload)
        assert (found.customer_lists, found.entries) == (after.customer_lists, after.entries)
        assert found.parties == (QUAY,)
        assert desk.service.office.blobs.has(found.customer_lists[0])
        assert desk.service.office.ledger.found(wanted.once) == index
        with pytest.raises(Duplicate, match=f"as entry {index}"):
            desk.service.office.register.append(wanted)


def test_where_a_list_is_lost_nobody_sees_the_case_by_it(copied: Copied) -> None:
    with service.desk(copied.config) as desk:
        lost = desk.service.case(copied.payload).customer_lists[-1]
        copied.kept(desk, "harbour", "quay")
        desk.service.sealed.erase(lost)
    told = copied.rebuilt()
    (loss,) = told.rebuilt.losses
    assert "whom it names is lost with its list of customers" in loss
    assert not told.whole
    with service.desk(copied.config) as desk:
        assert desk.service.case(copied.payload).parties == ()


def test_a_wish_that_was_decided_since_is_named_and_stays_out(copied: Copied) -> None:
    with service.desk(copied.config) as desk:
        one = desk.service
        asked = ask_for_time(one, provider(one), copied.payload, 3, "Holidays.")
        decided = decide_time(one, officer(one), copied.payload, 3, "", asked.revision)
        one.office.register.publish()
    told = copied.rebuilt()
    (loss,) = told.rebuilt.losses
    assert f"3 more days were asked for in entry {asked.entries[-1]}" in loss
    assert f"the case moved since, in entry {decided.entries[-1]}" in loss
    with service.desk(copied.config) as desk:
        found = desk.service.case(copied.payload)
        assert (found.more_time, found.waits) == (None, "provider")
