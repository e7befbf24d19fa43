"""``kill -9`` at any moment: what was accepted is there, whole, exactly once."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scenario.conftest import NOW, assay, project  # noqa: F401 - fixtures

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.home import Home
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap.office import REGISTER
from assay.register import leaf, merkle
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.tlog.publish import published
from assay.tlog.read import TileReader

pytestmark = pytest.mark.soak
KILLS = 50
SEED = 20261101


def test_killed_trials(project: Path) -> None:  # noqa: F811 - the fixture
    chance = random.Random(SEED)
    killed = 0
    command = [sys.executable, "-m", "assay", "trial", str(project), "--pack", "cisa-form"]
    while killed < KILLS:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.3, 2.2))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate(timeout=60)
        assert process.returncode in (-signal.SIGKILL, 0, 1, 3), process.returncode
    last = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )
    assert last.returncode in (0, 1, 3), last.stderr
    oracle(Home(project / ".assay"))


def oracle(home: Home) -> None:
    """Every submission is published, its entries stand once and in order, and the tree is that of its leaves."""
    ledger = SqlLedger.sqlite(home.office / "office.sqlite")
    blobs = FolderBlobs(home.office / "blobs")
    head = ledger.head()
    log = home.trust().logs[0]
    keys = LogKeys.from_vkeys(log.origin, log.vkeys)
    tiles = FolderTiles(home.office / REGISTER)
    signed = published(tiles, keys)
    assert signed is not None
    size = signed.checkpoint.size
    reader = TileReader(tiles, size, signed.checkpoint.root)
    leaves = [*reader.entries(0, size), *ledger.leaves(size, head.edge.size)]
    assert merkle.root_of([merkle.leaf_hash(one) for one in leaves]) == head.edge.root
    kinds = [leaf.open_(one, keys).kind for one in leaves]
    submissions = ledger.submissions()
    assert submissions
    assert {one.state for one in submissions} == {"published"}
    for kind in (Kind.SUBMISSION, Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION):
        assert kinds.count(kind) == len(submissions), kind
    for one in submissions:
        for digest in (one.envelope, one.verdict, one.result, *one.artifacts):
            assert digest is not None
            blobs.get(digest)
