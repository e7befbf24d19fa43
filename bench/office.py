"""The office as a service, as its providers and its public meet it.

    bench/office.py [--quick] [--json] [--only sqlite|postgresql]

A whole ``assay serve`` on loopback, the load generator beside it on the same cores. A hundred providers, each with keys and a token of
its own, hand in complete submissions: signed attestations of the common form with a release file of 20 kB, an artifact and a customer list. First at
a pace of 220 a second in all (``submissions_per_s``, ``accept_p95_ms``: from when a submission was due to its receipt), then each as soon as the
one before it is answered (``flat_out_per_s``, ``flat_out_p95_ms``). Then the backlog drains, the acknowledged are looked for, and lists, searches, results, an
officer's queue and a relying party's portfolio are asked for among a hundred thousand cases with a million findings.
``kills`` counts how often the server was killed under load and started again. Exit 1 where anything is zero, lost or missing.
"""

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import common

common.importable()

import load  # noqa: E402
import office_world as world  # noqa: E402
from tests.support.office_processes import Process  # noqa: E402
from tests.support.postgres import AS_IT_COMES, Cluster, binaries  # noqa: E402

HERE = Path(__file__).parent
PROVIDERS = 100
WANTED_S = 60
PACE = 220
"""Submissions a second, of all providers together."""
SORTS = ("received", "changed", "deadline", "provider", "product", "result", "stage")
PUBLIC_SORTS = ("changed", "provider", "product", "result")
KINDS = ("list", "search", "own", "list page", "search page", "result page", "queue page", "portfolio page")
BROAD = ("provider=Provider", "result=contradicted")
"""Searches that find all, and a quarter; half of them look for one product."""
POSTED = 40
"""Submissions more that are published at once, so that there are results with their proofs to look at."""
PATIENCE_S = 600

Figures = dict[str, Any]


class Scale:
    def __init__(self, *, quick: bool) -> None:
        self.seconds = 15 if quick else WANTED_S
        self.flat_s = 5 if quick else 15
        self.paced = PACE * self.seconds
        self.most = self.paced + 400 * self.flat_s
        self.cases = 20_000 if quick else 100_000
        self.pages = 140 if quick else 700
        self.items = 1000
        self.kills = 1 if quick else 5
        self.kill_each = 100


def per_cent(seconds: list[float], share: float) -> float:
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1e3 if ranked else 0.0


def resident_mb(process: int) -> float:
    """Of a process and all that it started."""
    status = Path(f"/proc/{process}/status").read_text()
    own = next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0
    )
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(resident_mb(int(one)) for one in below)


def measure(folder: Path, scale: Scale, database: str = "") -> Figures:
    data = folder / "data"
    settings = {
        "ASSAY_OFFICE_LIMITS_ACCOUNT_REQUESTS_PER_MINUTE": "1000000",
        "ASSAY_OFFICE_LIMITS_ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
        "ASSAY_OFFICE_WORK_LEASE_SECONDS": "120",  # as it is delivered; tests have a shorter one
    }
    providers = world.members(PROVIDERS)
    server = Process(folder, database=database, data=data, settings=settings, anew=True)
    engine = world.engine_of(data, database)
    try:
        time.sleep(2)
        idle = resident_mb(server.process.pid)
        world.introduce(engine, providers)
        common.say("signing submissions")
        made = list(world.bundles(providers, scale.most + scale.kills * scale.kill_each + POSTED))
        requests = [_request(server, who, body) for who, body in made]
        port = int(server.url.rpartition(":")[2])
        paced = load.send("127.0.0.1", port, iter(requests[: scale.paced]), PROVIDERS, keep=True, per_s=PACE)
        flat = _for_a_while(port, requests[scale.paced : scale.most], scale.flat_s)
        ids = [world.acknowledged(one) for found in (paced, flat) for one in _all_accepted(found)]
        left, drained_s = _drained(engine)
        kills = 0
        for _ in range(scale.kills):
            more = requests[scale.most + kills * scale.kill_each :][: scale.kill_each]
            ids += _killed(port, more, server)
            server = _again(folder, database, data, settings)
            port, kills = int(server.url.rpartition(":")[2]), kills + 1
        _drained(engine)
        lost = len({f"sha256:{one}" for one in ids} - world.known(engine))
        common.say("filling in cases")
        server.stop()
        world.fill(engine, data, scale.cases, database)
        reader, officer = world.readers(engine)
        server = _again(
            folder, database, data, {**settings, "ASSAY_OFFICE_JUDGING_OFFICE_POLICY": _posting(folder)}
        )
        posted = _posted(server, requests[-POSTED:])
        pages = _pages(server, providers, reader, officer, posted, scale)
    finally:
        engine.dispose()
        server.stop()
    return {
        "submitted": len(paced["each"]) + len(flat["each"]),
        "submissions_per_s": len(paced["each"]) / paced["seconds"],
        "accept_p50_ms": per_cent(paced["each"], 0.5),
        "accept_p95_ms": per_cent(paced["each"], 0.95),
        "flat_out_per_s": len(flat["each"]) / flat["seconds"],
        "flat_out_p95_ms": per_cent(flat["each"], 0.95),
        "drain_per_s": left / drained_s if drained_s else 0.0,
        "drained": left,
        "page_p95_ms": per_cent(pages, 0.95),
        "page_p50_ms": per_cent(pages, 0.5),
        "start_s": server.start_s,
        "idle_mb": idle,
        "lost": lost,
        "kills": kills,
    }


def _all_accepted(found: Figures) -> list[bytes]:
    if set(found["statuses"]) != {201}:
        raise common.CannotRun(
            f"answers {found['statuses']}, expected 201 for all: {found['answer'][:300]!r}"
        )
    answers: list[bytes] = found["answers"]
    return answers


def _request(server: Process, who: world.Member, body: bytes) -> bytes:
    head = (
        f"POST /api/v1/submissions HTTP/1.1\r\nHost: {server.url.removeprefix('http://')}\r\nAuthorization: Bearer {who.bearer}\r\n"
        f"Content-Type: application/x-tar\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _for_a_while(port: int, requests: list[bytes], seconds: float) -> Figures:
    end = time.monotonic() + seconds

    def until() -> Any:
        for one in requests:
            if time.monotonic() > end:
                return
            yield one

    return load.send("127.0.0.1", port, until(), PROVIDERS, keep=True)


def _drained(engine: Any) -> tuple[int, float]:
    """How many were not judged yet, and the seconds until all were."""
    began, first = time.monotonic(), world.states(engine).get("submitted", 0)
    while left := world.states(engine).get("submitted", 0):
        if time.monotonic() - began > PATIENCE_S:
            raise common.CannotRun(f"{left} of {first} submissions were not judged within {PATIENCE_S} s")
        time.sleep(0.25)
    return first, time.monotonic() - began


def _killed(port: int, requests: list[bytes], server: Process) -> list[str]:
    """Ids that were acknowledged before the server was killed in the middle of it."""

    async def kill() -> None:
        await asyncio.sleep(random.uniform(0.05, 0.4))
        server.kill()

    found = load.send("127.0.0.1", port, iter(requests), 16, keep=True, beside=kill)
    return [world.acknowledged(one) for one in found["answers"]]


def _again(folder: Path, database: str, data: Path, settings: dict[str, str]) -> Process:
    return Process(folder, database=database, data=data, settings=settings, anew=True)


def _posting(folder: Path) -> str:
    """A policy without draws: what is complete is posted."""
    path = folder / "office-policy.toml"
    path.write_text("[sampling]\nevery_days = 0\n")
    return str(path)


def _posted(server: Process, requests: list[bytes]) -> list[str]:
    """Paths of the pages of results that are published from *requests*."""
    found = load.send("127.0.0.1", int(server.url.rpartition(":")[2]), iter(requests), 16, keep=True)
    paths = [f"/results/{world.acknowledged(one)}" for one in _all_accepted(found)]
    end = time.monotonic() + PATIENCE_S
    while any(server.read(path, {})[0] != 200 for path in paths):
        if time.monotonic() > end:
            raise common.CannotRun(f"{len(paths)} results were not published within {PATIENCE_S} s")
        time.sleep(0.5)
    return paths


def _pages(
    server: Process, providers: list[world.Member], reader: str, officer: str, posted: list[str], scale: Scale
) -> list[float]:
    """Seconds of each answer: the public list in every order and searches, over the API and as pages; single results; a
    provider's own list; an officer's queue; a relying party's portfolio, looked at once before."""
    choose = random.Random(3)
    own = {"authorization": f"Bearer {reader}"}
    csv = {**own, "content-type": "text/csv"}
    status, said = server.ask("PUT", "/api/v1/inventory", world.inventory(scale.items), csv)
    if status != 200:
        raise common.CannotRun(f"the inventory: {status}, {json.dumps(said)[:200]}")
    server.read("/portfolio", own)
    seconds = []
    for number in range(scale.pages):
        kind = KINDS[number % len(KINDS)]
        sorts = SORTS if kind == "own" else PUBLIC_SORTS
        order = choose.choice(("ascending", "descending"))
        query = f"sort={sorts[number % len(sorts)]}&order={order}"
        one = f"product=Product%20{choose.randrange(world.PRODUCTS):05}"
        named = f"{choose.choice((one, one, *BROAD))}&{query}"
        bearer = {"authorization": f"Bearer {choose.choice(providers).bearer}"}
        path, headers = {
            "list": (f"/api/v1/results?{query}", {}),
            "search": (f"/api/v1/results?{named}", {}),
            "own": (f"/api/v1/submissions?{query}", bearer),
            "list page": (f"/results?{query}", {}),
            "search page": (f"/results?{named}", {}),
            "result page": (choose.choice(posted), {}),
            "queue page": ("/queue", {"cookie": officer}),
            "portfolio page": ("/portfolio", own),
        }[kind]
        began = time.perf_counter()
        status, body = server.read(path, headers)
        seconds.append(time.perf_counter() - began)
        if status != 200 or not (kind.startswith("search") or b"Product " in body or b"product-" in body):
            raise common.CannotRun(f"{path}: {status}, {body[:200]!r}")
    return seconds


def main() -> int:
    asked = common.options(
        __doc__, "fifteen seconds of load, twenty thousand cases", only="sqlite or postgresql"
    )
    scale = Scale(quick=asked.quick)
    found: Figures = {}
    if not asked.only or "sqlite" in asked.only:
        found |= measure(common.scratch("office/sqlite"), scale)
    if not asked.only or "postgresql" in asked.only:
        cluster = Cluster(binaries(), AS_IT_COMES)
        try:
            cluster.start()
            found["postgresql"] = measure(common.scratch("office/postgresql"), scale, cluster.schema())
        finally:
            cluster.remove()
    found["scale"] = {"providers": PROVIDERS, **vars(scale)}
    found["machine"] = common.machine()
    if any(one.get("lost") for one in (found, found.get("postgresql", {}))):
        common.say("an acknowledged submission was lost")
        return 1
    return common.finish(found, as_json=asked.json, may_be_zero=("lost", "postgresql.lost"))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except common.CannotRun as error:
        common.say(str(error))
        sys.exit(1)
    finally:
        os.sync()
