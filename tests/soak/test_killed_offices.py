"""``kill -9`` at every single write of an office's first start, and of a change of its register's keys."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.test_killed_offices import begin, every, rotate

from assay.adapters.home import Home

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("action", [begin, rotate])
def test_killed_at_every_write(action: Callable[[Home], None], tmp_path: Path) -> None:
    assert every(1, action, tmp_path) > 30
