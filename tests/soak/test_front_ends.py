"""Front ends that are killed, paused and cut off from their server, again and again, under load."""

import random
import signal
import time
from pathlib import Path

import pytest
from tests.support.front_ends import Worker, leading, oracle
from tests.support.postgres import Cluster

from assay.adapters.tiles.folder import FolderTiles

pytestmark = pytest.mark.soak
SECONDS = 180
FRONTS = 4
SEED = 20261123


def test_faults_without_end(database: str, postgres: Cluster, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    tiles = FolderTiles.make(tmp_path / "tiles").folder
    begun = [Worker(database, tiles, f"front {at}") for at in range(FRONTS)]
    alive, asleep = list(begun), set[Worker]()
    done: dict[str, int] = {}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.1, 3))
        fault = chance.choice(
            ("kill leader", "kill any", "pause leader", "wake", "stop server", "kill server")
        )
        done[fault] = done.get(fault, 0) + 1
        if fault == "stop server":
            postgres.stop()
            postgres.start()
        elif fault == "kill server":
            postgres.stop(by=signal.SIGKILL)
            postgres.start()
        elif fault == "wake":
            for one in asleep:
                one.signal(signal.SIGCONT)
            asleep.clear()
        else:
            front = leading(database)
            led = [one for one in alive if one.front == front]
            one = chance.choice(alive if fault == "kill any" or not led else led)
            if fault == "pause leader":
                one.signal(signal.SIGSTOP)
                asleep.add(one)
            else:
                one.signal(signal.SIGKILL)
                one.process.wait()
                alive.remove(one)
                asleep.discard(one)
                alive.append(Worker(database, tiles, f"front {len(begun)}"))
                begun.append(alive[-1])
    for one in asleep:
        one.signal(signal.SIGCONT)
    for one in alive:
        one.progresses()
    for one in begun:
        one.end()
    told = [line for one in begun for line in one.acknowledged]
    size = oracle(database, tiles, told)
    assert len(done) == 6
    assert size >= len(told) > SECONDS
