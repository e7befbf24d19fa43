"""A front end as a process of its own: appends until its standard input ends, and tells what was acknowledged.

``python -m tests.support.front_end_worker URL TILES NAME``. First line: its name among the front ends. Then one line of
JSON for each acknowledged entry: leaf, index, and the size and root of the checkpoint that came with it.
"""

import json
import sys
import threading
import time
from pathlib import Path

import msgspec
from tests.support.front_ends import SHORT, shared, wanted
from tests.support.offices import LOG, ORIGIN

from assay.adapters.sql.front_end import FrontEnd
from assay.adapters.system import SystemClock
from assay.errors import Duplicate, Unavailable
from assay.office.ports import Appended
from assay.register import checkpoint, proof
from assay.register.merkle import leaf_hash

THREADS = 8


def main(url: str, tiles: str, name: str) -> None:
    front = FrontEnd(
        msgspec.structs.replace(shared(url, Path(tiles)), clock=SystemClock(), lease_seconds=SHORT)
    )
    ended, door = threading.Event(), threading.Lock()

    def tell(line: str) -> None:
        with door:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def work(thread: int) -> None:
        serial = 0
        while not ended.is_set():
            serial += 1
            one = wanted(f"{name} {thread} {serial}")
            while not ended.is_set():
                try:
                    tell(told(front.append(one)))
                except Duplicate:
                    """Recorded when nobody could be told."""
                except Unavailable:
                    time.sleep(0.02)
                    continue
                break

    tell(json.dumps({"front": front.front}))
    threads = [threading.Thread(target=work, args=(at,)) for at in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    front.close()


def told(answer: Appended) -> str:
    """The line about *answer*, which is verified as its holder would."""
    signed = checkpoint.open_(answer.checkpoint, LOG.public(ORIGIN)).checkpoint
    path = answer.growth.inclusion(answer.index)
    proof.verify_inclusion(leaf_hash(answer.wanted.leaf), answer.index, signed.size, path, signed.root)
    return json.dumps(
        {
            "leaf": answer.wanted.leaf.decode(),
            "index": answer.index,
            "size": signed.size,
            "root": signed.root.hex(),
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
