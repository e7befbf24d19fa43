"""Front ends over one database, in this process and as processes of their own, and the oracle that judges them."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
from tests.support.offices import LOG, ORIGIN

from assay.adapters.memory import FixedClock
from assay.adapters.sql.front_end import FrontEnd
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.shared import Shared
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Appended, Submission, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint, merkle
from assay.register.merkle import leaf_hash

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LEASE = 3.0
SHORT = 1.0
"""Of processes that are to be killed: somebody waits until it has lapsed. On a busy machine it may lapse by itself."""
SECONDS = 60
"""What a test waits for before it fails."""


class Acknowledged(msgspec.Struct, frozen=True):
    leaf: str
    index: int
    size: int
    root: str


def wanted(name: str, state: str = "submitted") -> Wanted:
    """An entry with a submission, unique by *name*."""
    data = name.encode()
    submission = Submission(
        payload=Digest.sha256(data),
        envelope=Digest.sha256(b"envelope of " + data),
        customers=None,
        artifacts=(Digest.sha256(b"artifact of " + data),),
        received=NOW,
        provider="Lighthouse Works (fictional)",
        product="lantern",
        version="2.1.0",
        state=state,
    )
    return Wanted(data, b"[]", submission)


def shared(url: str, tiles: Path, now: datetime = NOW) -> Shared:
    return Shared(
        url=url,
        tiles=FolderTiles.make(tiles),
        secrets=LOG,
        origin=ORIGIN,
        clock=FixedClock(now),
        lease_seconds=LEASE,
        patience_seconds=10.0,
        publish_seconds=0.2,
    )


def front_end(
    url: str, tiles: Path, ready: Callable[[Sequencer], None] = lambda _: None, lease: float = LEASE
) -> FrontEnd:
    return FrontEnd(msgspec.structs.replace(shared(url, tiles), lease_seconds=lease), ready=ready)


def acknowledged(answer: Appended) -> Acknowledged:
    signed = checkpoint.open_(answer.checkpoint, LOG.public(ORIGIN)).checkpoint
    return Acknowledged(answer.wanted.leaf.decode(), answer.index, signed.size, signed.root.hex())


def eventually(action: Callable[[], Appended]) -> Appended:
    """Try again while the register is unavailable."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return action()
        except Unavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def wait_until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, f"waited {SECONDS} s in vain: {what}"
        time.sleep(0.02)


def leading(dsn: str) -> str:
    """Name of the front end that holds the lease; empty when nobody does."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT holder FROM lease WHERE expires > clock_timestamp()").fetchone()
    return "" if row is None else str(row[0]).partition("-")[0]


class Worker:
    """A front end in a process of its own; what it acknowledged stays known when it is killed."""

    def __init__(self, url: str, tiles: Path, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.front_end_worker", url, str(tiles), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first, self.process.communicate()[1]
        self.front = str(json.loads(first)["front"])
        self.acknowledged: list[Acknowledged] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # The last line of one that was killed may be cut off: nobody has read an acknowledgement then.
            if line.endswith("\n"):
                self.acknowledged.append(msgspec.json.decode(line, type=Acknowledged))

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def progresses(self, entries: int = 20) -> None:
        """Wait for this many more acknowledgements."""
        goal = len(self.acknowledged) + entries
        wait_until(lambda: len(self.acknowledged) >= goal, f"{entries} acknowledgements")

    def end(self) -> None:
        """Let it finish what it began; fails when it did not end well, unless it was killed."""
        assert self.process.stdin is not None
        killed = self.process.poll() is not None
        self.process.stdin.close()
        self.process.wait(timeout=SECONDS)
        self._reader.join(timeout=SECONDS)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        # A line of the driver about a connection that was ended is none of ours.
        assert killed or (self.process.returncode == 0 and "Traceback" not in errors), errors


def oracle(url: str, tiles: Path, told: list[Acknowledged]) -> int:
    """The register is that of its leaves, no leaf stands twice, and every acknowledged entry stands where its receipt
    says, under a checkpoint of this one history. The number of entries."""
    ledger = SqlLedger.postgres(url)
    try:
        register = Sequencer(ledger, FolderTiles(tiles), LOG, ORIGIN, FixedClock(NOW))
        size = register.size()
        leaves = [register.leaf(at) for at in range(size)]
        head = ledger.head().edge
        submissions = ledger.submissions()
    finally:
        ledger.close()
    roots = _roots([leaf_hash(leaf) for leaf in leaves])
    assert (head.size, head.root) == (size, roots[size])
    twice = [leaf for leaf, count in Counter(leaves).items() if count > 1]
    assert twice == []
    for one in told:
        assert leaves[one.index] == one.leaf.encode(), one
        assert roots[one.size].hex() == one.root, one
    assert len({one.index for one in told}) == len(told)
    assert {one.payload: one.entry for one in submissions} == {
        Digest.sha256(leaf): at for at, leaf in enumerate(leaves)
    }
    _judge_signatures(url, roots)
    return size


def _roots(hashes: list[bytes]) -> list[bytes]:
    """The root at every size."""
    made = merkle.extend(0, hashes, {})
    return [merkle.root([made[at] for at in merkle.frontier(size)]) for size in range(len(hashes) + 1)]


def _judge_signatures(url: str, roots: list[bytes]) -> None:
    """All checkpoints that leaders handed out are of the one history, and their times never go back."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT checkpoint FROM batches WHERE length(checkpoint) > 0 ORDER BY batch"
        ).fetchall()
    signed = [checkpoint.open_(bytes(row[0]), LOG.public(ORIGIN)) for row in found]
    assert signed
    for one in signed:
        assert one.checkpoint.root == roots[one.checkpoint.size], one.checkpoint
    stamps, sizes = [one.timestamp for one in signed], [one.checkpoint.size for one in signed]
    assert (stamps, sizes) == (sorted(stamps), sorted(sizes))
