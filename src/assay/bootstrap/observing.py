"""What an operator sees of a process of the office: its log, its numbers, and how things stand, looked at now and then."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from assay import __version__
from assay.adapters.observing.log import Level, Log, standard
from assay.adapters.observing.metrics import Metrics
from assay.adapters.probes import free_bytes
from assay.errors import Malformed, Unavailable, Untrusted
from assay.office import health
from assay.office.draw_documents import MAX_OPEN, state
from assay.office.health import Finding, State, looked
from assay.office_config.model import OfficeConfig
from assay.office_config.values import address
from assay.tlog.publish import published
from assay.web.api.desk import Desk
from assay.worker.loop import Event, Watch

EVERY_S = 15.0
_GRADES = {"ok": 1.0, "warn": 0.5, "unknown": 0.0, "fail": 0.0}


class Observed(msgspec.Struct, frozen=True):
    log: Log
    metrics: Metrics


@contextmanager
def observing(config: OfficeConfig) -> Iterator[Observed]:
    """The log on standard error, and numbers for whoever scrapes them. A port that is taken costs the numbers, not the office."""
    with ExitStack() as stack:
        log = stack.enter_context(standard(config.observing.log_level, config.observing.log_format))
        metrics = Metrics()
        metrics.put("assay_build_info", 1, version=__version__)
        if config.observing.metrics_listen:
            host, port = address(config.observing.metrics_listen, "observing.metrics_listen")
            try:
                stack.enter_context(metrics.served(host, port))
            except Unavailable as error:
                log.failed("metrics", error)
        yield Observed(log, metrics)


@contextmanager
def measuring(
    config: OfficeConfig, desk: Desk, seen: Observed, kinds: tuple[str, ...], every_s: float = EVERY_S
) -> Iterator[None]:
    """Look how things stand every so many seconds, in a thread. *kinds* of work are counted."""
    ended = threading.Event()
    before: dict[str, State] = {}

    def loop() -> None:
        while True:
            try:
                for one in measure(config, desk, seen.metrics, kinds):
                    if one.state != before.get(one.check, "ok"):
                        seen.log(
                            "health",
                            "info" if one.state == "ok" else "warning",
                            kind=one.check,
                            state=one.state,
                        )
                    before[one.check] = one.state
            except Exception as error:  # noqa: BLE001 - whoever only looks must not end what works
                seen.log.failed("measuring", error)
            if ended.wait(every_s):
                return

    thread = threading.Thread(target=loop, name="measuring", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(EVERY_S)


def measure(
    config: OfficeConfig, desk: Desk, metrics: Metrics, kinds: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Once; what was found."""
    service = desk.service
    now = service.now()

    def database() -> Finding:
        entries = service.office.ledger.head().edge.size
        metrics.put("assay_register_entries", entries)
        return Finding(check="database", state="ok", said="reached")

    def register() -> Finding:
        try:
            signed = published(desk.tiles, service.office.keys)
        except (Malformed, Untrusted) as error:
            raise Unavailable(f"the public files are damaged: {error}") from error
        if signed is not None:
            metrics.put("assay_register_published_entries", signed.checkpoint.size)
            metrics.put("assay_checkpoint_age_seconds", now.timestamp() - signed.timestamp)
        return health.register(service.office.ledger.head(), signed, now)

    def disk() -> Finding:
        free = free_bytes(config.data)
        metrics.put("assay_disk_free_bytes", free)
        return health.disk(free, config.observing.disk_free_bytes)

    def work() -> Finding:
        for one in service.work.waiting(kinds):
            late_s = (now - one.soonest).total_seconds() if one.soonest is not None else 0.0
            metrics.put("assay_work_waiting", one.waiting, kind=one.kind)
            metrics.put("assay_work_dead", one.dead, kind=one.kind)
            metrics.put("assay_work_late_seconds", max(0.0, late_s), kind=one.kind)
        return Finding(check="work", state="ok", said="counted")

    def draws() -> Finding:
        late = [one.number for one in service.cases.draws(MAX_OPEN) if state(one, now) == "overdue"]
        metrics.put("assay_draws_overdue", len(late))
        if not late:
            return Finding(check="draws", state="ok", said="none is overdue")
        said = f"draw {late[-1]} was committed to and has no result, though its round is out"
        return Finding(
            check="draws", state="fail", said=said, advice="is the beacon reached, and does a worker run?"
        )

    looks = (database, register, disk, work, draws)
    found = (
        *(looked(look.__name__, look, "assay doctor says more") for look in looks),
        *(look() for look in desk.reread),
    )
    for one in found:
        metrics.put("assay_health", _GRADES[one.state], check=one.check)
    return found


def watching(seen: Observed) -> Watch:
    """Tells how each attempt at due work ended; by its kind, for what it is about may be somebody's name."""

    def watch(event: Event) -> None:
        level: Level
        kind = event.claimed.due.kind
        seen.metrics.add("assay_work_total", kind=kind, outcome=event.ended)
        seen.metrics.observe("assay_work_seconds", event.seconds, kind=kind)
        level = "error" if event.ended == "dead" else "warning" if event.ended != "done" else "debug"
        seen.log(
            "work",
            level,
            kind=kind,
            outcome=event.ended,
            attempt=event.claimed.attempts,
            seconds=event.seconds,
        )

    return watch
