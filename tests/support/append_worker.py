"""A process that appends with many threads until it is killed, and prints each entry once it is acknowledged."""

import sys
import threading
from pathlib import Path

from tests.support.offices import LOG, ORIGIN

from assay.adapters.group_commit import GroupCommit
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemClock
from assay.adapters.tiles.folder import FolderTiles
from assay.office.ports import Wanted
from assay.office.sequencer import Sequencer

THREADS = 16


def main(folder: Path, life: str) -> None:
    ledger = SqlLedger.sqlite(folder / "office.sqlite")
    tiles = FolderTiles.make(folder / "register")
    register = GroupCommit(Sequencer(ledger, tiles, LOG, ORIGIN, SystemClock()), every=0.05)
    door = threading.Lock()

    def work(name: int) -> None:
        for count in range(1_000_000):
            leaf = f"{life} {name} {count}"
            index = register.append(Wanted(leaf.encode(), b"[]")).index
            with door:
                sys.stdout.write(f"{index} {leaf}\n")
                sys.stdout.flush()

    for name in range(THREADS):
        threading.Thread(target=work, args=(name,), daemon=True).start()
    threading.Event().wait(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
