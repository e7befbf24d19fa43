"""The office's numbers for Prometheus: every metric stands in one table, with its labels and a sentence. See docs/metrics.md."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import msgspec
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import start_http_server

from assay.errors import Unavailable

disable_created_metrics()  # type: ignore[no-untyped-call]

MAX_SERIES = 2_000
"""Of one metric; what comes after that is counted under ``other``."""
OTHER = "other"
_LABEL = re.compile(r"[A-Za-z0-9_{}:/.-]{1,120}", re.ASCII)
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800)


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...] = ()
    says: str
    buckets: tuple[float, ...] = _QUICK


METRICS = (
    Metric(name="assay_build_info", kind="gauge", labels=("version",), says="1, with the version that runs"),
    Metric(name="assay_requests_total", kind="counter", labels=("method", "route", "status"), says="HTTP requests answered"),
    Metric(name="assay_request_seconds", kind="histogram", labels=("route",), says="From a request's first byte to the last of its answer"),
    Metric(name="assay_request_bytes_total", kind="counter", labels=("route",), says="Bytes of request bodies"),
    Metric(name="assay_rate_limited_total", kind="counter", labels=("limit",), says="Requests turned away because there were too many"),
    Metric(name="assay_logins_total", kind="counter", labels=("method", "outcome"), says="Attempts to come in: in, or the kind of error"),
    Metric(name="assay_submissions_total", kind="counter", labels=("outcome",), says="Submissions handed in: accepted, or the kind of error"),
    Metric(name="assay_work_total", kind="counter", labels=("kind", "outcome"), says="Attempts at due work, by how they ended"),
    Metric(name="assay_work_seconds", kind="histogram", labels=("kind",), says="Time that one attempt took", buckets=_SLOW),
    Metric(name="assay_work_waiting", kind="gauge", labels=("kind",), says="Work that has not ended, due or not"),
    Metric(name="assay_work_dead", kind="gauge", labels=("kind",), says="Work that was given up and waits for a person"),
    Metric(name="assay_work_late_seconds", kind="gauge", labels=("kind",), says="Since the work that has waited longest could have been done"),
    Metric(name="assay_draws_overdue", kind="gauge", says="Draws that were committed to and not drawn within an hour of their round"),
    Metric(name="assay_register_entries", kind="gauge", says="Entries recorded"),
    Metric(name="assay_register_published_entries", kind="gauge", says="Entries in tiles under the published checkpoint"),
    Metric(name="assay_checkpoint_age_seconds", kind="gauge", says="Since the published checkpoint was signed"),
    Metric(name="assay_witness_cosigned_total", kind="counter", labels=("witness", "outcome"), says="Rounds with each witness"),
    Metric(name="assay_health", kind="gauge", labels=("check",), says="1 ok, 0.5 warning, 0 failing or not known"),
    Metric(name="assay_disk_free_bytes", kind="gauge", says="Free where the office's data is"),
)  # fmt: skip


class Meter(Protocol):
    """Counts and measures; any thread. A metric or label that is not in :data:`METRICS` is our bug."""

    def add(self, name: str, amount: float = 1, **labels: str) -> None: ...

    def observe(self, name: str, value: float, **labels: str) -> None: ...

    def put(self, name: str, value: float, **labels: str) -> None: ...


class Metrics:
    """A :class:`Meter` with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made = {one.name: (one, _made(one, self.registry)) for one in METRICS}
        self._series: dict[str, set[tuple[str, ...]]] = {one.name: set() for one in METRICS}

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        found = self._of(name, labels)
        if not isinstance(found, Counter):
            raise TypeError(f"{name} is no counter")
        found.inc(amount)

    def observe(self, name: str, value: float, **labels: str) -> None:
        found = self._of(name, labels)
        if not isinstance(found, Histogram):
            raise TypeError(f"{name} is no histogram")
        found.observe(value)

    def put(self, name: str, value: float, **labels: str) -> None:
        found = self._of(name, labels)
        if not isinstance(found, Gauge):
            raise TypeError(f"{name} is no gauge")
        found.set(value)

    def exposed(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Answer scrapes at *host*:*port* from a thread; the port that it is (for 0, a free one)."""
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise Unavailable(f"metrics cannot listen on {host}:{port}: {error.strerror or error}") from error
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _of(self, name: str, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        if name not in self._made:
            raise ValueError(f"no metric {name!r}")
        metric, made = self._made[name]
        if set(labels) != set(metric.labels):
            raise ValueError(
                f"{name} has labels {', '.join(metric.labels) or 'none'}, not {', '.join(labels) or 'none'}"
            )
        if not labels:
            return made
        values = tuple(labels[one] if _LABEL.fullmatch(labels[one]) else OTHER for one in metric.labels)
        series = self._series[name]
        if values not in series:
            if len(series) >= MAX_SERIES:
                values = (OTHER,) * len(values)
            series.add(values)
        return made.labels(*values)


class NoMeter:
    """Where nobody looks."""

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        pass

    def observe(self, name: str, value: float, **labels: str) -> None:
        pass

    def put(self, name: str, value: float, **labels: str) -> None:
        pass


def _made(one: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    match one.kind:
        case "counter":
            return Counter(one.name, one.says, one.labels, registry=registry)
        case "gauge":
            return Gauge(one.name, one.says, one.labels, registry=registry)
        case "histogram":
            return Histogram(one.name, one.says, one.labels, registry=registry, buckets=one.buckets)
