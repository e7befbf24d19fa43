"""A worker that is killed at any moment of its work leaves it to the next, and its effect takes place once."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.due_worker import DEADLINE, NOON, effects, engine, taken_effect, work

from assay.adapters.memory import FixedClock
from assay.adapters.sql.due import SqlWork

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("place", "moment", "left"),
    [
        ("file", "before", 1),
        ("file", "inside", 1),
        ("file", "after", 0),
        ("postgres", "inside", 1),
        ("postgres", "after", 0),
    ],
)
def test_a_killed_worker(
    request: pytest.FixtureRequest, tmp_path: Path, place: str, moment: str, left: int
) -> None:
    url = str(tmp_path / "office.sqlite") if place == "file" else request.getfixturevalue("database")
    pool = engine(url)
    effects.metadata.create_all(pool)
    SqlWork(pool).put([DEADLINE])
    pool.dispose()
    command = [sys.executable, "-m", "tests.support.due_worker", url, moment]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    clock = FixedClock(NOON + timedelta(seconds=59))
    assert work(pool, clock, "never") == 0
    clock.moment += timedelta(seconds=1)
    assert [work(pool, clock, "never") for _ in range(2)] == [left, 0]
    assert taken_effect(pool) == 1
    pool.dispose()
