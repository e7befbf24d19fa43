"""What a beacon's name tells of its chain, and when its rounds are due."""

from datetime import UTC, datetime, timedelta

import pytest

from assay.register.chains import misdated, named
from assay.register.drand import MAINNET, QUICKNET


def test_chains_that_everybody_knows() -> None:
    assert (named(QUICKNET.name), named(MAINNET.name)) == (QUICKNET, MAINNET)
    nist = named("nist-2.0:2")
    assert nist is not None
    assert (nist.name, nist.due(29_000_000)) == ("nist-2.0:2", datetime(2025, 2, 19, 21, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "simulated:x",
        "drand:" + "ab" * 32,
        QUICKNET.name.upper(),
        "nist-2.0:",
        "nist-2.0:02",
        "nist-2.0:-1",
        "nist-2.0:²",
        "nist-2.0:x",
    ],
)
def test_chains_that_nobody_knows(name: str) -> None:
    assert named(name) is None
    assert misdated(named(name), 7, datetime(2026, 1, 1, tzinfo=UTC)) == ""


def test_rounds_at_another_time() -> None:
    due = QUICKNET.due(1000)
    assert misdated(QUICKNET, 1000, due) == ""
    for wrong in (due + timedelta(seconds=1), due - timedelta(days=1)):
        assert (
            misdated(QUICKNET, 1000, wrong)
            == "round 1000 of drand:52db9ba70e0cc0f6ea is due 2023-08-23T15:59:24Z"
        )
    assert "there is no round 0" in misdated(QUICKNET, 0, due)
