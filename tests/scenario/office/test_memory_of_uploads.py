"""However long a document is that comes in pieces, its end takes the memory of a few pieces."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.tile_servers import bucket_server

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
LENGTH = 40 * MIB


@pytest.mark.parametrize("store", ["sealed packed", "sealed bucket"])
def test_the_end_of_an_upload(store: str, tmp_path: Path) -> None:
    """Of 128 MiB, as measured on 2026-11-28: 7 MiB in a folder, 13 MiB in a bucket."""
    with bucket_server() as options:
        command = [sys.executable, "-m", "tests.support.memory_of_upload", store, str(tmp_path), options["endpoint"], str(LENGTH)]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, timeout=120, check=True, capture_output=True)
    assert int(done.stdout) < 24 * MIB
