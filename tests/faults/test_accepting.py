"""Several processes accept and one records: any of them is killed under load, and nothing that was acknowledged is lost, nor left running."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from tests.support import offices
from tests.support.offices import LOG, ORIGIN

from assay.adapters.http_client import HttpClient
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemClock
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.sequencer import Sequencer
from assay.register.merkle import leaf_hash, root_of
from assay.register.receipt import Receipt

ROOT = Path(__file__).parents[2]
WORKER = [sys.executable, "-m", "tests.support.accept_worker"]

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")


@cache
def envelopes() -> tuple[bytes, ...]:
    return tuple(offices.bundle(serial).envelope for serial in range(1, 120))


def accepting_of(process: int) -> list[int]:
    """The processes that accept for *process*, not the helper that Python starts beside them."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < end, f"waited 40 s for {what}"
        time.sleep(0.02)


class Serving:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*WORKER, str(folder), "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.said()
        self.accepting = accepting_of(self.process.pid)
        self.receipts: dict[bytes, Receipt] = {}
        self.refused: list[str] = []

    def said(self) -> str:
        return self.process.communicate(timeout=40)[1]

    def submit(self, envelope: bytes) -> bool:
        """Whether it was acknowledged, or was there already; what else happens is counted."""
        try:
            found = HttpClient().post(
                f"{self.url}/submissions", envelope, limit=1 << 20, content_type="application/json"
            )
        except Unavailable as error:
            self.refused.append(str(error))
            return False
        if found.status == 201:
            self.receipts[envelope] = Receipt.parse(found.body)
        return found.status in (201, 409)

    def load(self, some: Sequence[bytes], *, again: bool) -> "threading.Thread":
        """Two clients, each with every second envelope; *again*: until it is taken."""

        def client(mine: Sequence[bytes]) -> None:
            for one in mine:
                while not self.submit(one) and again:
                    time.sleep(0.05)

        def both() -> None:
            clients = [threading.Thread(target=client, args=(some[at::2],)) for at in (0, 1)]
            for one in clients:
                one.start()
            for one in clients:
                one.join(40)

        thread = threading.Thread(target=both)
        thread.start()
        return thread


@contextmanager
def serving(folder: Path) -> Iterator[Serving]:
    made = Serving(folder)
    try:
        yield made
    finally:
        for one in (made.process.pid, *made.accepting):
            if alive(one):
                subprocess.run(["/bin/kill", "-9", str(one)], check=False)
        made.process.communicate()


def oracle(folder: Path, receipts: dict[bytes, Receipt]) -> int:
    """Every acknowledged envelope is durable and in the register once, where its receipt says; the number of entries."""
    ledger, tiles = SqlLedger.sqlite(folder / "office.sqlite"), FolderTiles(folder / "register")
    sequencer = Sequencer(ledger, tiles, LOG, ORIGIN, SystemClock())
    leaves = sequencer.leaves(0, sequencer.size())
    blobs = PackedBlobs(folder / "blobs")
    for envelope, receipt in receipts.items():
        verified = receipt.verify(LOG.public(ORIGIN))
        assert leaves[receipt.index] == receipt.leaf
        head = verified.checkpoint.checkpoint
        assert head.root == root_of([leaf_hash(one) for one in leaves[: head.size]])
        stored = ledger.submission(Envelope.parse(envelope).identity)
        assert stored is not None
        assert (stored.entry, blobs.get(stored.envelope)) == (receipt.index, envelope)
    for one in ledger.submissions():  # no half entries: whatever is in the register has its envelope
        assert Digest.sha256(blobs.get(one.envelope)) == one.envelope
    assert len(ledger.submissions()) == len(leaves) - 1
    blobs.close()
    ledger.close()
    return len(leaves)


def test_one_that_accepts_dies_and_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        assert len(one.accepting) == 2
        load = one.load(envelopes(), again=True)
        wait_until(lambda: len(one.receipts) > 20, "the first receipts")
        subprocess.run(["/bin/kill", "-9", str(one.accepting[0])], check=True)
        wait_until(lambda: len(set(accepting_of(one.process.pid))) == 2, "another process")
        load.join(60)
        one.accepting = accepting_of(one.process.pid)
        one.process.send_signal(signal.SIGTERM)
        said = one.said()
        assert one.process.returncode == 0, said
        assert not any(map(alive, one.accepting))
    assert "a process that accepts ended with signal 9; another one takes its place" in said
    # Those that were under way when it died got no receipt; they are in the register, or came again.
    assert len(envelopes()) - 2 <= len(one.receipts) <= len(envelopes())
    assert oracle(tmp_path, one.receipts) == len(envelopes()) + 1


def test_the_one_that_records_dies_and_all_end_with_it(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        load = one.load(envelopes(), again=False)
        wait_until(lambda: len(one.receipts) > 20, "the first receipts")
        one.process.kill()
        wait_until(lambda: not any(map(alive, one.accepting)), "the end of those that accept")
        load.join(60)
        said = one.said()
    assert "the process that records entries has ended; nothing more is accepted" in said
    assert one.refused
    assert oracle(tmp_path, one.receipts) > len(one.receipts) > 20
    with serving(tmp_path) as again:
        assert again.submit(envelopes()[-1])
        before = len(one.receipts)
        assert again.submit(next(iter(one.receipts)))  # it is there already
        assert len(one.receipts) == before
        again.process.send_signal(signal.SIGTERM)
        assert again.process.wait(40) == 0


def test_told_to_stop_it_answers_what_is_under_way(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        load = one.load(envelopes()[:30], again=False)
        wait_until(lambda: len(one.receipts) > 5, "the first receipts")
        one.process.send_signal(signal.SIGTERM)
        said = one.said()
        load.join(60)
        assert one.process.returncode == 0
        assert not any(map(alive, one.accepting))
    assert said == ""
    assert oracle(tmp_path, one.receipts) == len(one.receipts) + 1  # nobody was recorded and not told


def test_told_to_stop_before_it_serves(tmp_path: Path) -> None:
    process = subprocess.Popen([*WORKER, str(tmp_path), "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: len(accepting_of(process.pid)) == 2, "the processes that accept")
    begun = accepting_of(process.pid)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=40)
    assert (process.returncode, said) == (0, "")
    assert not any(map(alive, begun))


def fails(folder: Path, port: int) -> str:
    """What it says on standard error."""
    done = subprocess.run(
        [*WORKER, str(folder), str(port)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert (
            fails(tmp_path, port)
            == f"assay: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
        )


def test_one_that_cannot_begin_says_why(tmp_path: Path) -> None:
    (tmp_path / "refuse").touch()
    assert fails(tmp_path, 0) == "assay: the blobs are not there\n"
