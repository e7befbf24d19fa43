"""``kill -9`` of any process of whole offices, at any moment under load: nothing that was acknowledged is lost, nothing is done twice."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.killing import Killed, Receiver, oracle

pytestmark = pytest.mark.soak
KILLS = int(os.environ.get("ASSAY_KILLS", "50"))
SEED = 20261128


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def killed(office: Killed) -> None:
    try:
        while office.kills < KILLS:
            office.round()
        office.settle()
    finally:
        office.stop()
    cases = oracle(office)
    assert len(office.accepted) >= KILLS
    assert len(cases) <= office.serial


def test_on_a_folder(tmp_path: Path, receiver: Receiver) -> None:
    killed(Killed(tmp_path, "", 1, receiver, SEED))


def test_two_servers_on_postgresql(tmp_path: Path, database: str, receiver: Receiver) -> None:
    killed(Killed(tmp_path, database, 2, receiver, SEED))
