"""How things stand is looked at now and then, and counted; looking ends nothing."""

import json
import socket
import threading
import urllib.request
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support.desks import World

from assay.adapters.beacons.simulated import SimulatedBeacon
from assay.adapters.memory import FixedClock
from assay.adapters.observing.log import Log
from assay.adapters.observing.metrics import Metrics
from assay.bootstrap.observing import Observed, measure, measuring, observing, watching
from assay.bootstrap.working import KINDS
from assay.office.drawing import commit
from assay.office.health import Finding, State
from assay.office.office_policy import OfficePolicy
from assay.office.sampling_policy import Sampling
from assay.office.service import Service
from assay.office.work import Claimed, Due
from assay.office_config.model import Observing, OfficeConfig
from assay.worker.loop import Event


@pytest.fixture
def config(tmp_path: Path) -> OfficeConfig:
    return OfficeConfig(data=tmp_path)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_what_stands_is_measured(config: OfficeConfig) -> None:
    world, metrics = World(), Metrics()
    service = world.service
    service.work.put([Due(key="a", kind=KINDS[0], subject="x", at=service.now() - timedelta(seconds=90))])
    found = measure(config, world.desk, metrics, KINDS)
    assert [one.check for one in found] == ["database", "register", "disk", "work", "draws"]
    assert {one.check: one.state for one in found if one.check != "disk"} == {
        "database": "ok",
        "register": "ok",
        "work": "ok",
        "draws": "ok",
    }
    assert value(metrics, "assay_register_entries") == service.office.ledger.head().edge.size
    assert value(metrics, "assay_health", check="database") == 1
    assert value(metrics, "assay_work_waiting", kind=KINDS[0]) == 1
    assert value(metrics, "assay_work_late_seconds", kind=KINDS[0]) == 90
    assert (value(metrics, "assay_disk_free_bytes") or 0) > 0


def test_what_cannot_be_looked_at_is_not_healthy(config: OfficeConfig) -> None:
    world, metrics = World(), Metrics()
    gone = msgspec.structs.replace(config, data=Path("/nothing/here"))
    found = {one.check: one.state for one in measure(gone, world.desk, metrics, KINDS)}
    assert found["disk"] == "fail"
    assert value(metrics, "assay_health", check="disk") == 0


def test_how_a_document_is_that_a_newer_one_replaces(config: OfficeConfig) -> None:
    lines: list[str] = []
    world = World()
    seen = Observed(Log(lines.append, world.service.now), Metrics())
    states: list[State] = ["ok", "fail", "fail", "ok"]
    left = iter(states)
    looked = threading.Event()

    def look() -> Finding:
        state = next(left, None)
        if state is None:
            looked.set()
        return Finding(check="snapshot", state=state or "ok", said="/srv/harbour-bank.json is cut short")

    desk = msgspec.structs.replace(world.desk, reread=(look,))
    with measuring(config, desk, seen, KINDS, every_s=0.001):
        assert looked.wait(30)
    told = [json.loads(line) for line in lines]
    assert [
        (one["event"], one["level"], one["kind"], one["state"]) for one in told if one["kind"] != "disk"
    ] == [
        ("health", "warning", "snapshot", "fail"),
        ("health", "info", "snapshot", "ok"),
    ]
    assert "harbour" not in "".join(lines)
    assert value(seen.metrics, "assay_health", check="snapshot") == 1


def test_looking_that_fails_is_told_and_ends_nothing(config: OfficeConfig) -> None:
    lines: list[str] = []
    world = World()
    seen = Observed(Log(lines.append, world.service.now), Metrics())

    def gone() -> Service:
        raise RuntimeError("Harbour Bank")

    with measuring(config, msgspec.structs.replace(world.desk, live=gone), seen, KINDS):
        pass
    assert json.loads(lines[0])["error"] == "RuntimeError"
    assert "Harbour" not in lines[0]


def test_numbers_are_scraped_while_the_office_is_watched(
    config: OfficeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        busy = msgspec.structs.replace(config, observing=Observing(metrics_listen=f"127.0.0.1:{port}"))
        with observing(busy) as seen:
            seen.log("started")
    assert "cannot listen on" in capsys.readouterr().err
    with observing(busy):
        body = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    assert "assay_build_info" in body


@pytest.mark.parametrize(("ended", "level"), [("done", "debug"), ("again", "warning"), ("dead", "error")])
def test_how_work_ended_is_told_by_its_kind(ended: str, level: str) -> None:
    lines: list[str] = []
    world = World()
    now = world.service.now()
    seen = Observed(Log(lines.append, world.service.now, level="debug"), Metrics())
    due = Due(key="Harbour-Bank", kind="notify", subject="Harbour-Bank", at=now)
    claimed = Claimed(due=due, worker="worker-00000000", claim=1, attempts=2, since=now, until=now)
    watching(seen)(Event(claimed=claimed, ended=ended, seconds=0.5, why="Harbour Bank"))  # type: ignore[arg-type]
    line = json.loads(lines[0])
    assert (line["event"], line["kind"], line["outcome"], line["level"], line["attempt"]) == (
        "work",
        "notify",
        ended,
        level,
        2,
    )
    assert "Harbour" not in lines[0]
    assert value(seen.metrics, "assay_work_total", kind="notify", outcome=ended) == 1


def test_an_overdue_draw_is_an_alarm(config: OfficeConfig) -> None:
    world, metrics = World(), Metrics()
    clock = world.service.office.clock
    assert isinstance(clock, FixedClock)
    beacon = SimulatedBeacon("beacon.example", clock, start=clock.moment)
    policy = OfficePolicy(sampling=Sampling(beacon=beacon.name))
    service = msgspec.structs.replace(world.service, policy=policy, beacon=beacon)
    desk = msgspec.structs.replace(world.desk, live=lambda: service)
    made = commit(service, 1)
    for past, state in (
        (timedelta(), "ok"),
        (timedelta(hours=1), "ok"),
        (timedelta(hours=1, seconds=1), "fail"),
    ):
        clock.moment = made.at + past
        told = {one.check: one for one in measure(config, desk, metrics, KINDS)}["draws"]
        assert told.state == state
    assert "draw 1 " in told.said
    assert value(metrics, "assay_draws_overdue") == 1
