"""A service is backed up with all that it keeps beside its register: uploads on their way, what organisations brought, inventories."""

import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.support import offices, services
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG, provider, tick

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.crypto import keyfile
from assay.formats.digest import Digest
from assay.office.permissions import Visible
from assay.office.receive import receive
from assay.office.upload import append, begin, finish, look
from assay.office_config.model import OfficeConfig
from assay.web.api.desk import Desk

NOW = "2026-11-01T12:00:00Z"
WHOLE = bytes(range(256)) * 40
HALF = len(WHOLE) // 2
EVERYTHING = Visible(everything=True)
DONE = b"an artifact that was uploaded before"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", NOW)
    made = Home(tmp_path / "home")
    made.prepare()
    made.save_trust(msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=()))
    return made


def fill(desk: Desk) -> str:
    """Id of the upload that is on its way."""
    one, at = desk.service, desk.reception
    caller = provider(one)
    done = begin(at, caller, Digest.sha256(DONE), len(DONE))
    append(at, caller, done.id, 0, DONE)
    finish(at, caller, done.id)
    waiting = begin(at, caller, Digest.sha256(WHOLE), len(WHOLE))
    append(at, caller, waiting.id, 0, WHOLE[:HALF])
    receive(one, caller, offices.bundle(), speaks_for=(offices.PROVIDER,), holdings=desk.holdings)
    tick(one)
    return waiting.id


def test_all_that_a_service_keeps_comes_back(assay_here: Assay, home: Home, tmp_path: Path) -> None:
    config, backup = OfficeConfig(data=home.folder), tmp_path / "backup"
    with service.desk(config) as desk:
        key = fill(desk)
        cases = desk.service.cases.counts(EVERYTHING)
        made = assay_here("office", "backup", backup, "--office", home.folder, "--json", now=NOW)
        assert made.code == 0, made.err
    shutil.rmtree(home.folder)
    put = assay_here("office", "restore", backup, "--office", home.folder, "--json", now=NOW)
    assert put.code == 0, put.err
    on = assay_here(
        "office", "go-on", "--nothing-lost", "--unwitnessed", "--office", home.folder, "--json", now=NOW
    )
    assert on.code == 0, on.err
    with service.desk(config) as desk:
        one, at = desk.service, desk.reception
        caller = provider(one)
        assert one.cases.counts(EVERYTHING) == cases
        brought = (Digest.sha256(DONE), Digest.sha256(offices.WHEEL), Digest.sha256(services.WHEEL))
        assert desk.holdings.held(PROVIDER_ORG, brought) == frozenset(brought)
        assert desk.holdings.held(CUSTOMER_ORG, brought) == frozenset()
        assert at.blobs.get(Digest.sha256(DONE)) == DONE
        assert look(at, caller, key).offset == HALF
        append(at, caller, key, HALF, WHOLE[HALF:])
        assert finish(at, caller, key).complete
        assert at.blobs.get(Digest.sha256(WHOLE)) == WHOLE
        tick(one, timedelta(days=31))
        assert one.cases.counts(EVERYTHING) == {"closed": 1}
