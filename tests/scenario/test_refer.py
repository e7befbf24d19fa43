"""An operator refers a case by command, and whoever gets the package verifies it offline."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.support import offices, services

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.crypto import keyfile
from assay.office.determine import Decision, decide_final
from assay.office.receive import receive
from assay.office_config.model import OfficeConfig

NOW = "2026-11-01T12:00:00Z"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With one posted determination against a provider; its folder."""
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", NOW)
    home = Home(tmp_path / "home")
    home.prepare()
    home.save_trust(msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=()))
    with service.desk(OfficeConfig(data=home.folder)) as desk:
        rules = msgspec.structs.replace(desk.service.office, packs=((services.PACK, services.PACK_DATA),))
        one = msgspec.structs.replace(desk.service, office=rules, examiner=None)
        given = services.bundle(1, services.contradicted)
        case = receive(one, services.provider(one), given, speaks_for=(offices.PROVIDER,))
        services.tick(one)
        services.tick(one, timedelta(days=31))
        revision = one.case(case.payload).revision
        decide_final(one, services.officer(one), case.payload, Decision(revision=revision))
        services.tick(one)
        assert one.case(case.payload).stage == "published"
    return home.folder


def test_referring_by_command(assay_here: Assay, office: Path, tmp_path: Path) -> None:
    place = ("--office", office)
    package, again = tmp_path / "case.tar", tmp_path / "again.tar"
    none = assay_here("office", "refer", "1", "--output", package, *place)
    assert (none.code, "was not referred" in none.err) == (2, True)
    silent = assay_here("office", "refer", "1", *place)
    assert (silent.code, "--to" in silent.err) == (2, True)
    unsaid = assay_here("office", "refer", "1", "--to", "Attorney (fictional)", *place)
    assert (unsaid.code, "and why" in unsaid.err) == (2, True)
    done = assay_here(
        "office", "refer", "1", "--to", "Attorney (fictional)", "--because", "it failed", "-o", package, *place, "--json"
    )  # fmt: skip
    assert done.code == 0, done.err
    assert (done.json()["referral"], done.json()["written"]) == (1, str(package))
    assert package.stat().st_size == done.json()["bytes"]
    verified = assay_here("verify", package, "--trust", office / "trust.json")
    assert verified.code == 0, verified.err
    assert assay_here("office", "refer", "1", "--output", again, *place).code == 0
    assert again.read_bytes() == package.read_bytes()
