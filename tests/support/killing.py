"""Whole offices that are killed at any moment under load, by a clock that jumps at each start; and what must hold afterwards."""

import random
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import kill
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select
from tests.support import services
from tests.support.office_processes import ORGANISATION, Process, introduce

from assay.adapters.sql import postgresql
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.due_tables import due
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.moments import micros
from assay.adapters.sql.subscriptions import SqlSubscriptions
from assay.adapters.tiles.folder import FolderTiles
from assay.formats import times
from assay.formats.bundle import write_tar
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.office_policy import OfficePolicy
from assay.office.sampling_policy import Sampling
from assay.office.subscription import Subscription
from assay.packs import shipped
from assay.register import leaf, merkle
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.tlog.publish import published
from assay.tlog.read import TileReader
from assay.trust.root import TrustRoot

DAYS = 1
"""For completing what is incomplete, after which it is closed."""
JUMP = timedelta(hours=5)
URL = "http://localhost:1"
"""Of the office, whichever ports its processes listen on: events are named by it."""
PATIENCE_S = 180.0


class Receiver:
    """Of webhooks: what came, by its id."""

    def __init__(self) -> None:
        self.came: dict[str, list[bytes]] = {}
        self.halves: list[tuple[str, bytes]] = []
        """Of which the sender was killed in the middle: nobody takes half a message."""
        came, halves = self.came, self.halves

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    halves.append((self.headers["webhook-id"], body))
                    return
                came.setdefault(self.headers["webhook-id"], []).append(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Killed:
    """An office on SQLite, or on PostgreSQL in *count* processes: see :meth:`round`."""

    def __init__(self, folder: Path, database: str, count: int, receiver: Receiver, seed: int) -> None:
        self.folder, self.database, self.count = folder, database, count
        self.receiver, self.chance = receiver, random.Random(seed)
        self.data = folder / "data"
        self.moment = datetime.now(UTC).replace(microsecond=0)
        self.processes: list[Process] = []
        self.serial = 0
        self.kills = 0
        self.accepted: dict[str, Receipt] = {}
        """What was acknowledged, with its receipt."""
        self.unknown: list[int] = []
        """Serials of bundles of which nobody said whether they were taken."""
        self._policy = folder / "policy.json"
        self._policy.write_bytes(
            OfficePolicy(incomplete_days=DAYS, reminder_days=(), sampling=Sampling(every_days=0)).encode()
        )

    def start(self) -> None:
        """Those that do not run, each time at a later time than all before."""
        self.processes = [one for one in self.processes if one.process.poll() is None]
        while len(self.processes) < self.count:
            self.moment += JUMP
            self.processes.append(
                Process(
                    self.folder, database=self.database, data=self.data, settings=self._settings(), anew=True
                )
            )
            if self.serial == 0:
                self._introduce()

    def _settings(self) -> Mapping[str, str]:
        return {
            "ASSAY_NOW": times.encode(self.moment),
            "ASSAY_OFFICE_URL": URL,
            "ASSAY_OFFICE_JUDGING_OFFICE_POLICY": str(self._policy),
            "ASSAY_OFFICE_DELIVERY_ALLOW_HTTP": "true",
            "ASSAY_OFFICE_DELIVERY_ALLOW_NETWORKS": "127.0.0.0/8",
            "ASSAY_OFFICE_DELIVERY_ALLOW_PORTS": str(self.receiver.port),
        }

    def _introduce(self) -> None:
        introduce(database=self.database, data=self.data, lasting=timedelta(days=1000))
        made = Subscription(
            id="sub_killed", organisation=ORGANISATION, channel="webhook", made=self.moment, made_by="test",
            target=f"http://127.0.0.1:{self.receiver.port}/hook",
        )  # fmt: skip
        with self.engine() as engine:
            SqlSubscriptions(engine).put(made)
        self.serial = 1

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Of the database, while the office runs or not."""
        made = (
            postgresql.engine(self.database, "test")
            if self.database
            else SqlLedger.sqlite_engine(self.data / "office" / "office.sqlite")
        )
        try:
            yield made
        finally:
            made.dispose()

    def round(self) -> None:
        """Submit from several sides, and kill one process, of any kind, at any moment of it."""
        self.start()
        over = threading.Event()
        threads = [threading.Thread(target=self._submitting, args=(over, one)) for one in self.processes * 2]
        for one in threads:
            one.start()
        time.sleep(self.chance.uniform(0.05, 1.5))
        victim = self.chance.choice([pid for one in self.processes for pid in family(one.process.pid)])
        with suppress(ProcessLookupError):
            kill(victim, signal.SIGKILL)
            self.kills += 1
        time.sleep(self.chance.uniform(0, 0.5))
        over.set()
        for one in threads:
            one.join()
        if self.chance.random() < 0.5 or self.database:
            return
        for process in self.processes:  # on SQLite the clock goes on with a start only
            process.kill()

    def _submitting(self, over: threading.Event, at: Process) -> None:
        while not over.is_set() and at.process.poll() is None:
            again = self.unknown.pop() if self.unknown and self.serial % 3 == 0 else 0
            serial = again or self._next()
            try:
                status, answer = at.submit(bundle(serial))
            except (OSError, ValueError):  # cut off: nobody knows
                self.unknown.append(serial)
                return
            if status == 201:
                receipt = Receipt.parse(msgspec.json.encode(answer["receipt"]))
                self.accepted[answer["submission"]["id"]] = receipt
            elif status == 503 or (status == 409 and answer["error"] != "Duplicate"):
                self.unknown.append(serial)
            else:
                assert (status, answer["error"], bool(again)) == (409, "Duplicate", True), answer

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def settle(self) -> None:
        """Later than every deadline: until nothing is left to do."""
        for _ in range(3):
            for one in self.processes:
                one.stop()
            self.moment += timedelta(days=DAYS, hours=1)
            self.start()
            self._drained()
        for one in self.processes:
            one.stop()

    def _drained(self) -> None:
        """What is due by now has ended, and not only been claimed."""
        until = time.monotonic() + PATIENCE_S
        open_ = select(due.c.key).where(
            due.c.state == "waiting", due.c.at <= micros(self.moment), due.c.kind.in_(WORK)
        )
        left = ["?"]
        with self.engine() as engine:
            while left and time.monotonic() < until:
                assert not SqlWork(engine).dead_letters(WORK, 20)
                with engine.connect() as connection:
                    left = list(connection.execute(open_).scalars())
                time.sleep(0.2)
        assert left == []

    def stop(self) -> None:
        for one in self.processes:
            one.stop()


WORK = ("advance", "deadline", "reminder", "notify", "mail", "deliver")


def bundle(serial: int) -> bytes:
    """Lacks what the form asks for."""
    made = services.bundle(
        serial, lambda one: msgspec.structs.replace(one, packs=(shipped.refs()[0],), claims=())
    )
    return write_tar(made)


def family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    with suppress(OSError):
        for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from family(int(one))


def oracle(office: Killed) -> Sequence[Case]:
    """What was acknowledged is there, once, in a register that is valid; deadlines took effect once; deliveries came."""
    keys, leaves = _register(office)
    kinds = [one.kind for one in leaves]
    with office.engine() as engine:
        cases = [found for found in map(SqlCases(engine).case, _payloads(leaves)) if found is not None]
    assert len(cases) == kinds.count(Kind.SUBMISSION) == len({one.payload for one in cases})
    known = {one.payload.value: one for one in cases}
    for name, receipt in office.accepted.items():
        assert known[name].entry == receipt.verify(keys).index
        assert Digest.of("sha256", name) in leaves[receipt.index].digests
    for case in cases:
        assert case.stage == "closed", case
        happened = [kinds[at] for at in case.entries]
        assert happened == [Kind.SUBMISSION, Kind.COMPLETENESS, Kind.NOTICE, Kind.WITHDRAWAL], happened
        assert leaves[case.entries[-1]].time - leaves[case.entries[-2]].time >= timedelta(days=DAYS)
    _delivered(office, cases)
    return cases


def _register(office: Killed) -> tuple[LogKeys, list[leaf.Entry]]:
    root = TrustRoot.parse((office.data / "trust.json").read_bytes())
    (log,) = root.logs
    tiles = FolderTiles(office.data / "office" / "register")
    signed = published(tiles, log.keys)
    assert signed is not None
    size = signed.checkpoint.size
    raw = list(TileReader(tiles, size, signed.checkpoint.root).entries(0, size))
    with office.engine() as engine:
        head = SqlLedger(engine).head()
    assert (head.edge.size, head.edge.root) == (size, signed.checkpoint.root)
    assert merkle.root_of([merkle.leaf_hash(one) for one in raw]) == head.edge.root
    return log.keys, [leaf.open_(one, log.keys) for one in raw]


def _payloads(leaves: Sequence[leaf.Entry]) -> Iterator[Digest]:
    return (one.digests[0] for one in leaves if one.kind is Kind.SUBMISSION)


def _delivered(office: Killed, cases: Sequence[Case]) -> None:
    """At least once, and whatever came again was the same under the same id."""
    told: dict[str, set[str]] = {}
    for name, bodies in office.receiver.came.items():
        assert len(set(bodies)) == 1, (name, set(bodies))
        assert all(bodies[0].startswith(half) for at, half in office.receiver.halves if at == name), name
        event: Any = msgspec.json.decode(bodies[0])
        told.setdefault(event["links"]["submission"].rpartition("/")[2], set()).add(event["type"])
    assert {name: kinds for name, kinds in told.items() if kinds != {"notice.sent"}} == {}
    assert told.keys() == {one.payload.value for one in cases}
