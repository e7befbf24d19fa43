"""What an office counts, as it is scraped: how many and of which kind, and never who or what."""

import re
import urllib.request
from pathlib import Path

from tests.support import services
from tests.support.desks import World, body
from tests.support.office_pages import API

import assay
from assay.adapters.observing.metrics import METRICS, Metrics
from assay.office.permission_table import Role
from assay.web.api.gate import Rates

SOURCES = Path(assay.__file__).parent
JSON = {"content-type": "application/json"}


def scraped(metrics: Metrics) -> str:
    with (
        metrics.served("127.0.0.1", 0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
    ):
        return str(answer.read().decode())


def counted(text: str, name: str) -> dict[str, float]:
    """By labels."""
    found = re.findall(rf"^{name}{{(.*)}} (.*)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def test_submissions_and_logins_are_counted() -> None:
    metrics = Metrics()
    world = World(meter=metrics, rates=Rates(login_attempts_per_minute=3, submissions_per_hour=4))
    client, provider = world.client, world.person(Role.PROVIDER_ADMIN) | JSON
    sent = [body(services.bundle(1)), body(services.bundle(1)), b"{}", b"[" * 100, body(services.bundle(2))]
    statuses = [client.post(f"{API}/submissions", content=one, headers=provider).status_code for one in sent]
    assert statuses[:4] == [201, 409, 400, 400]
    for serial in range(3, 8):
        client.post(f"{API}/submissions", content=body(services.bundle(serial)), headers=provider)
    for _ in range(4):
        client.post(f"{API}/login/complete", json={"answer": {}})
    client.post(f"{API}/ci/token", json={"token": "x"})
    text = scraped(metrics)
    submissions = counted(text, "assay_submissions_total")
    assert submissions['outcome="accepted"'] >= 2
    assert submissions['outcome="Duplicate"'] == 1
    assert submissions['outcome="Malformed"'] == 2
    assert submissions['outcome="TooOften"'] >= 1
    assert sum(submissions.values()) == len(sent) + 5
    logins = counted(text, "assay_logins_total")
    assert sum(logins.values()) == 3
    assert all('method="passkey"' in one and 'outcome="in"' not in one for one in logins)
    limited = counted(text, "assay_rate_limited_total")
    assert limited['limit="login"'] == 2
    assert limited['limit="submission"'] == submissions['outcome="TooOften"']
    for name in ("Lighthouse", "lantern", "org-", "people.test", "pia"):
        assert name not in text


def test_every_metric_is_fed() -> None:
    code = "".join(path.read_text() for path in sorted(SOURCES.rglob("*.py")) if path.name != "metrics.py")
    assert [one.name for one in METRICS if f'"{one.name}"' not in code] == []
