"""``assay office rotate``: the register of a service gets other keys, and goes on after a crash in the middle."""

from pathlib import Path

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.support import offices
from tests.support.services import provider

from assay.adapters.home import Home
from assay.adapters.system import SystemEntropy
from assay.bootstrap import service
from assay.bootstrap.kept import leading
from assay.bootstrap.office import LOG_ALGORITHMS, NEXT, log_secrets
from assay.crypto import keyfile
from assay.office.log import receipt, verify_register
from assay.office.receive import receive
from assay.office.rotate import rotate
from assay.office_config.model import OfficeConfig
from assay.provider import signers
from assay.register import leaf
from assay.register.leaf import Kind

FOLLOWING = service.LOG_KEY + NEXT


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OfficeConfig:
    """Of an office with one submission, whose receipt lies beside it."""
    monkeypatch.setattr(keyfile, "COST", 14)
    home = Home(tmp_path / "home")
    home.prepare()
    home.save_trust(msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=()))
    made = OfficeConfig(data=home.folder)
    with service.desk(made) as desk:
        one = desk.service
        case = receive(one, provider(one), offices.bundle(), speaks_for=(offices.PROVIDER,))
        (tmp_path / "receipt.json").write_bytes(receipt(one.office, case.entry).encode())
    return made


def test_old_receipts_hold_and_new_entries_are_signed_anew(
    assay_here: Assay, config: OfficeConfig, tmp_path: Path
) -> None:
    place = ("--office", config.data)
    elsewhere = assay_here("key", "rotate", "register", ASSAY_HOME=str(config.data))
    assert (elsewhere.code, "assay office rotate" in elsewhere.err) == (2, True), elsewhere.err
    rotated = assay_here("office", "rotate", *place, "--json")
    assert rotated.code == 0, rotated.err
    with service.desk(config) as desk:
        office = desk.service.office
        assert verify_register(office) > rotated.json()["entry"]
        assert leaf.parse(office.register.leaf(rotated.json()["entry"])).kind is Kind.KEY_CHANGE
        assert len(office.keys.entry) == 2
    trust = config.data / "trust.json"
    held = assay_here("verify", tmp_path / "receipt.json", "--trust", trust)
    assert held.code == 0, held.out
    again = assay_here("office", "rotate", *place)
    assert (again.code, "assay register keys" in again.out) == (0, True), again.err
    public = config.data / "office" / "register"
    history = assay_here("register", "keys", public, "--trust", trust, "--output", tmp_path / "history.json")
    assert history.code == 0, history.err


@pytest.mark.parametrize("recorded", [False, True])
def test_a_change_that_a_crash_cut_short_is_finished_or_forgotten(
    config: OfficeConfig, recorded: bool
) -> None:
    home = Home(config.data)
    with service.desk(config) as desk:
        office, secret = desk.service.office, service.office_passphrase(home)
        new = signers.make(
            FOLLOWING, "log", SystemEntropy().bytes, office.clock.now(), algorithms=LOG_ALGORITHMS
        )
        home.keys.save(new, secret, SystemEntropy())
        following = log_secrets(home, FOLLOWING, secret)
        if recorded:
            rotate(office, leading(office.register), following)
    for _ in range(2):
        with service.desk(config) as desk:
            found = desk.service.office.log
            assert (found.public("x") == following.public("x")) == recorded
            assert not home.keys.has(FOLLOWING)
            verify_register(desk.service.office)
