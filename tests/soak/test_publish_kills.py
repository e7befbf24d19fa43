"""``kill -9`` while tiles are written: what ``checkpoint`` shows is whole each time, and the next publisher goes on."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support import tiled

from assay.adapters.tiles.folder import FolderTiles
from assay.tlog.publish import published
from assay.tlog.scrub import scrub

pytestmark = pytest.mark.soak
KILLS = 60
SEED = 20261102

PUBLISHER = """
import random, sys
from pathlib import Path
from tests.support import tiled
from assay.adapters.tiles.folder import FolderTiles
from assay.tlog.publish import published
store, chance = FolderTiles.make(Path(sys.argv[1])), random.Random(int(sys.argv[2]))
tiled.known(20_000)
print("ready", flush=True)
found = published(store, tiled.KEYS)
size = 0 if found is None else found.checkpoint.size
while size < 20_000:
    new = min(20_000, size + chance.choice((1, 40, 300, 1500)))
    tiled.grow(store, new, old=size)
    size = new
    print(size, flush=True)
"""


def test_killed_publishers(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    root = Path(__file__).parents[2]
    folder = tmp_path / "log"
    told = 0
    for number in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, folder, str(number)],
            stdout=subprocess.PIPE,
            cwd=root,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        lines = process.communicate(timeout=60)[0].split()
        told = max([told, *map(int, lines)])
        store = FolderTiles(folder)
        found = published(store, tiled.KEYS)
        size = 0 if found is None else found.checkpoint.size
        assert size >= told
        tiled.check(store, size)
        if size:
            assert scrub(store, tiled.KEYS, listed=store.paths()).intact
    assert told > 5_000
