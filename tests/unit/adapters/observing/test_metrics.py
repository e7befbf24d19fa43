"""Numbers for Prometheus: each documented, none without bound, none with a name in it."""

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from assay.adapters.observing.metrics import MAX_SERIES, METRICS, OTHER, Metric, Metrics, NoMeter
from assay.errors import Unavailable

PAGE = (Path(__file__).parents[4] / "docs/metrics.md").read_text()


@pytest.mark.parametrize("one", METRICS, ids=[one.name for one in METRICS])
def test_every_metric_is_documented_and_exposed(one: Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in one.labels)
    assert f"| `{one.name}` | {one.kind} | {labels} | {one.says} |" in PAGE
    metrics = Metrics()
    given = dict.fromkeys(one.labels, "x")
    method = {"counter": "add", "gauge": "put", "histogram": "observe"}[one.kind]
    getattr(metrics, method)(one.name, 2, **given)
    families = {family.name for family in text_string_to_metric_families(metrics.exposed().decode())}
    assert one.name.removesuffix("_total") in families


def test_no_metric_is_documented_that_is_not_there() -> None:
    rows = re.findall(r"^\| `(assay_[a-z_]+)` \| (?:counter|gauge|histogram) \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(one.name for one in METRICS)
    assert len(rows) > 15
    assert len({one.name for one in METRICS}) == len(METRICS)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_counts_and_measures() -> None:
    metrics = Metrics()
    metrics.add("assay_work_total", kind="advance", outcome="done")
    metrics.add("assay_work_total", 2, kind="advance", outcome="done")
    metrics.put("assay_register_entries", 7)
    metrics.observe("assay_request_seconds", 0.03, route="/x")
    assert value(metrics, "assay_work_total", kind="advance", outcome="done") == 3
    assert value(metrics, "assay_register_entries") == 7
    assert value(metrics, "assay_request_seconds_bucket", route="/x", le="0.05") == 1
    assert value(metrics, "assay_request_seconds_bucket", route="/x", le="0.025") == 0


@pytest.mark.parametrize("label", ["Harbour Bank", "a" * 121, "x\ny", "", "officer@harbour.example"])
def test_a_label_that_may_be_a_name_is_none(label: str) -> None:
    metrics = Metrics()
    metrics.add("assay_work_total", kind=label, outcome="done")
    assert value(metrics, "assay_work_total", kind=OTHER, outcome="done") == 1


def test_series_are_bounded() -> None:
    metrics = Metrics()
    for number in range(MAX_SERIES + 10):
        metrics.add("assay_request_bytes_total", route=f"/{number}")
    assert value(metrics, "assay_request_bytes_total", route=OTHER) == 10
    metrics.add("assay_request_bytes_total", route="/1")
    assert value(metrics, "assay_request_bytes_total", route="/1") == 2


@pytest.mark.parametrize(
    ("method", "name", "labels", "error"),
    [
        ("add", "assay_nothing_total", {}, ValueError),
        ("add", "assay_register_entries", {}, TypeError),
        ("put", "assay_request_seconds", {"route": "/"}, TypeError),
        ("observe", "assay_register_entries", {}, TypeError),
        ("add", "assay_work_total", {"kind": "x"}, ValueError),
        ("add", "assay_work_total", {"kind": "x", "outcome": "y", "customer": "z"}, ValueError),
    ],
)
def test_misuse_is_our_bug(method: str, name: str, labels: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error, match=name):
        getattr(Metrics(), method)(name, 1, **labels)


def test_is_scraped_over_http() -> None:
    metrics = Metrics()
    metrics.put("assay_register_entries", 7)
    with metrics.served("127.0.0.1", 0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            body = answer.read().decode()
        with (
            pytest.raises(Unavailable, match=f"cannot listen on 127.0.0.1:{port}"),
            metrics.served("127.0.0.1", port),
        ):
            pass
    assert "assay_register_entries 7.0" in body


def test_nobody_looks() -> None:
    meter = NoMeter()
    meter.add("x")
    meter.observe("x", 1)
    meter.put("x", 1)
