"""An operator erases a submission, by command, when nothing keeps it; the register says so and still verifies."""

import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.support import offices
from tests.support.services import provider, tick

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.bootstrap.erasing import on_request, retain
from assay.bootstrap.working import working
from assay.crypto import keyfile
from assay.office.erase import hold
from assay.office.log import verify_register
from assay.office.receive import receive
from assay.office_config.model import OfficeConfig
from assay.register import leaf
from assay.register.leaf import Kind
from assay.worker.loop import Event

NOW = "2026-11-01T12:00:00Z"
LATER = "2028-11-01T12:00:00Z"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With one submission that was closed incomplete; its folder."""
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", NOW)
    home = Home(tmp_path / "home")
    home.prepare()
    home.save_trust(msgspec.structs.replace(offices.trust(), signers=offices.trust().signers[:1], logs=()))
    with service.desk(OfficeConfig(data=home.folder)) as desk:
        one = desk.service
        receive(one, provider(one), offices.bundle(), speaks_for=(offices.PROVIDER,))
        tick(one)
        tick(one, timedelta(days=31))
        assert {case.stage for case in _cases(one)} == {"closed"}
    return home.folder


def _cases(one: Any) -> Any:
    from assay.office.permissions import Visible
    from assay.office.ports import CaseQuery

    return one.cases.find(CaseQuery(visible=Visible(everything=True))).cases


def test_erasing_by_command(assay_here: Assay, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ("--office", office)
    early = assay_here("office", "retention", *place, "--json")
    assert (early.code, early.json()) == (0, {"due": []}), early.err
    listed = assay_here("office", "retention", *place, "--json", now=LATER)
    (due,) = listed.json()["due"]
    assert (due["entry"], due["stage"], due["erased"]) == (1, "closed", None)

    held = assay_here("office", "hold", "2", "--because", "a court asked", *place, "--json")
    assert (held.code, held.json()["held"]) == (0, True), held.err
    refused = assay_here("office", "erase", "1", "--reason", "request", "--yes", *place)
    assert (refused.code, "is under a legal hold" in refused.err) == (2, True)
    assert assay_here("office", "retention", *place, "--json", now=LATER).json() == {"due": []}
    assert assay_here("office", "hold", "2", "--because", "lifted", "--lift", *place).code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    unsure = assay_here("office", "erase", "1", "--reason", "request", *place)
    assert (unsure.code, "stopped" in unsure.err) == (3, True)

    done = assay_here("office", "retention", "--erase", *place, "--json", now=LATER)
    (erased,) = done.json()["due"]
    assert (done.code, erased["erased"] > erased["entry"]) == (0, True), done.err
    nothing = assay_here("office", "erase", "0", "--reason", "mistake", "--yes", *place, now=LATER)
    assert (nothing.code, "is not about a submission" in nothing.err) == (2, True)
    held_bytes = b"".join(path.read_bytes() for path in (office / "office").rglob("*") if path.is_file())
    assert offices.PROVIDER.encode() not in held_bytes
    assert b"a court asked" in held_bytes  # the audit trail has it
    scrubbed = assay_here(
        "register", "scrub", office / "office" / "register", "--trust", office / "trust.json"
    )
    assert scrubbed.code == 0, scrubbed.err


def test_a_worker_erases_what_the_policy_keeps_no_longer(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_NOW", LATER)
    config = OfficeConfig(data=office)
    with service.desk(config) as desk:
        one = desk.service
        (case,) = _cases(one)
        hold(one, case, held=True)
        assert retain(config, desk) is None
        hold(one, one.case(case.payload), held=False)
        keeping = msgspec.structs.replace(one, policy=msgspec.structs.replace(one.policy, legal_hold=True))
        assert retain(config, msgspec.structs.replace(desk, live=lambda: keeping)) is None
        assert not one.case(case.payload).erased
        ended: list[Event] = []
        with working(desk, config, ended.append):
            end = time.monotonic() + 60
            while "retention" not in [event.claimed.due.kind for event in ended]:
                assert time.monotonic() < end
                time.sleep(0.02)
        assert one.case(case.payload).erased
        assert retain(config, desk) is None
        size = verify_register(one.office)
        kinds = [leaf.parse(one.office.register.leaf(at)).kind for at in range(size)]
        assert kinds.count(Kind.CORRECTION) == 1


@pytest.mark.parametrize("by", ["request", "retention"])
def test_a_process_that_does_not_lead_erases_too(
    office: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_NOW", LATER)
    config = OfficeConfig(data=office)
    with service.desk(config) as desk:
        one = desk.service
        (case,) = _cases(one)
        followed = msgspec.structs.replace(one.office, register=_Follower(one.office.register))
        there = msgspec.structs.replace(one, office=followed)
        follower = msgspec.structs.replace(desk, live=lambda: there)
        if by == "request":
            assert on_request(config, follower, case, "request", "ada").entries == case.entries
        else:
            assert retain(config, follower) is None
        assert one.case(case.payload).erased
        assert one.office.ledger.opened(case.entries) == {}


class _Follower:
    """A register that another process leads."""

    leading = None

    def __init__(self, register: Any) -> None:
        self.size, self.append, self.checkpoint = register.size, register.append, register.checkpoint
        self.leaf, self.inclusion, self.consistency = register.leaf, register.inclusion, register.consistency
        self.publish, self.erase = register.publish, register.erase
