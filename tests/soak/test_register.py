"""A register killed at any moment under load, and one of millions of entries."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint, merkle, proof
from assay.register.edge import Edge
from assay.register.merkle import leaf_hash
from assay.tlog.publish import published
from assay.tlog.read import TileReader

pytestmark = pytest.mark.soak
KILLS = 50
SEED = 20261123
ENTRIES = int(os.environ.get("ASSAY_SOAK_ENTRIES", "3000000"))
KEYS = LOG.public(ORIGIN)


def test_killed_under_load(tmp_path: Path) -> None:
    """Every acknowledged entry is there, where it was said to be, once."""
    chance = random.Random(SEED)
    told: dict[int, str] = {}
    for life in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.append_worker", str(tmp_path), f"life {life}"],
            stdout=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.6, 1.6))
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
        for line in said.split("\n")[:-1]:
            index, _, leaf = line.partition(" ")
            assert int(index) not in told, line
            told[int(index)] = leaf
    assert len(told) > KILLS * 10
    one = opened(tmp_path)
    one.publish()
    leaves = read(tmp_path)
    assert len(set(leaves)) == len(leaves)
    for at, leaf in told.items():
        assert leaves[at] == leaf.encode()


def opened(folder: Path) -> Sequencer:
    tiles = FolderTiles.make(folder / "register")
    return Sequencer(SqlLedger.sqlite(folder / "office.sqlite"), tiles, LOG, ORIGIN, FixedClock(NOW))


def read(folder: Path) -> list[bytes]:
    """All leaves from the tiles, whose root is the signed one."""
    tiles = FolderTiles(folder / "register")
    signed = published(tiles, KEYS)
    assert signed is not None
    head = signed.checkpoint
    leaves = list(TileReader(tiles, head.size, head.root).entries(0, head.size))
    assert merkle.root_of([leaf_hash(leaf) for leaf in leaves]) == head.root
    return leaves


def test_millions_of_entries(tmp_path: Path) -> None:
    """Proofs, a fresh start and the whole tree, against a tree kept apart."""
    chance = random.Random(SEED)
    one, edge = opened(tmp_path), Edge()
    sizes: dict[int, bytes] = {}
    while edge.size < ENTRIES:
        start = edge.size
        width = min(chance.choice((1, 17, 256, 2048, 2048, 2048)), ENTRIES - start)
        leaves = [b"entry %d" % at for at in range(start, start + width)]
        answers = one.commit([Wanted(leaf, b"[]") for leaf in leaves])
        assert all(isinstance(answer, Appended) for answer in answers)
        edge = edge.extend([leaf_hash(leaf) for leaf in leaves]).after
        if chance.random() < 0.02:
            sizes[edge.size] = edge.root
        if one.size() - (start - start % 50_000) > 50_000:
            one.publish()
    one.publish()
    again = opened(tmp_path)
    assert checkpoint.open_(again.checkpoint(), KEYS).checkpoint.root == edge.root
    for _ in range(2000):
        at = chance.randrange(edge.size)
        path = again.inclusion(at, edge.size)
        proof.verify_inclusion(leaf_hash(b"entry %d" % at), at, edge.size, path, edge.root)
        assert again.leaf(at) == b"entry %d" % at
    for old, root in sizes.items():
        proof.verify_consistency(old, edge.size, again.consistency(old, edge.size), root, edge.root)
