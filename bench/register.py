"""The register's path from a submission to its receipt, and what it costs to prove, open and watch a large one.

    bench/register.py [--quick] [--json] [--only PART]...

Everything is durable: SQLite with full synchronisation and tiles synced by ourselves, on the disk that this repository is on, which must
not be a memory disk. Entries are real (signed, with openings of usual length, and the row that refuses a second submission of
a payload); those of the large register are 64 bytes each, because signing ten million takes half an hour. Each part runs in fresh processes;
the load generator runs on the same cores. Beside each part stand the disk's fdatasync and what others used of the cores meanwhile.

The peer is pymerkle on its SQLite backend, over the same entries. Exit 1 where anything is zero or missing.
``--only`` runs one of the parts of many writers or of HTTP, such as given_1024 or http, and prints it as it is.
"""

import asyncio
import gc
import itertools
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import common
import load
import register_world as world

HERE = Path(__file__).parent
LEAF_BYTES = 64
"""Of the large register."""
BIG_CHUNK = 1 << 16
MEMORY_DISKS = {"tmpfs", "ramfs", "devtmpfs"}

Figures = dict[str, Any]


class Scale:
    """How much of everything."""

    def __init__(self, *, quick: bool) -> None:
        self.one = 1_000 if quick else 5_000
        self.many = 20_000 if quick else 100_000
        self.threads = 6_000 if quick else 20_000
        self.inside = 6_000 if quick else 30_000
        self.envelopes = 8_000 if quick else 40_000
        self.large_envelopes = 600 if quick else 3_000
        self.big = 1_000_000 if quick else 10_000_000
        self.proofs = 2_000 if quick else 10_000
        self.monitor = 200_000 if quick else 1_000_000
        self.signatures = 10_000 if quick else 50_000
        self.peer_one, self.peer_bulk = (500, 20_000) if quick else (2_000, 100_000)
        self.runs = 2 if quick else 3


def per_cent(seconds: Sequence[float], share: float) -> float:
    """Milliseconds."""
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1e3 if ranked else 0.0


def fdatasync_ms(folder: Path, count: int = 200) -> float:
    """The median of appending a page and synchronising it."""
    path = folder / "sync"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    seconds = []
    try:
        for number in range(count):
            os.pwrite(descriptor, bytes(4096), number * 4096)
            start = time.perf_counter()
            os.fdatasync(descriptor)
            seconds.append(time.perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return per_cent(seconds, 0.5)


def require_disk(folder: Path) -> str:
    """The file system that *folder* is on."""
    mounts = (
        [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
        if Path("/proc/mounts").exists()
        else []
    )
    fitting = [(place, kind) for place, kind in mounts if folder.is_relative_to(place)]
    kind = max(fitting, key=lambda one: len(one[0]))[1] if fitting else "unknown"
    if kind in MEMORY_DISKS:
        raise common.CannotRun(f"{folder} is on a {kind}, expected a real disk")
    return kind


def bytes_in(path: Path) -> int:
    """On the disk, in whole blocks."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_blocks * 512 for one in files)


def busy() -> float:
    """Seconds that all cores together have worked."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    values = [int(one) for one in stat.read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _wait, interrupt, soft = values[:7]
    return (user + nice + system + interrupt + soft) / os.sysconf("SC_CLK_TCK")


def own() -> float:
    """Seconds that this process and the children that it waited for have worked."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def worked(process: int) -> float:
    """Seconds that *process* and those that it started, still running, have worked."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    below = Path(f"/proc/{process}/task/{process}/children")
    return own + sum(worked(int(one)) for one in below.read_text().split())


def resident_mb(field: str = "VmRSS") -> float:
    """Of this process; ``VmHWM`` for the most there was."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return next(
        int(line.split()[1]) / 1024
        for line in status.read_text().splitlines()
        if line.startswith(field + ":")
    )


def _child(task: Callable[..., Figures], pipe: Any, arguments: tuple[Any, ...]) -> None:
    from assay.cli import COLLECT_AFTER

    gc.set_threshold(*COLLECT_AFTER)  # as the program itself does
    pipe.send(task(*arguments))


def alone(name: str, task: Callable[..., Figures], *arguments: Any) -> Figures:
    """*task* over an empty folder, in a fresh interpreter; with the disk's speed and the share of the cores that others used."""
    folder = common.scratch(f"register/{name}")
    disk = fdatasync_ms(folder)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    start, before, mine = time.perf_counter(), busy(), own()
    process = context.Process(target=_child, args=(task, theirs, (folder, *arguments)))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError as error:
        raise common.CannotRun(f"{name} failed: what it said is above") from error
    finally:
        process.join()
    seconds = time.perf_counter() - start
    others = (busy() - before - (own() - mine)) / seconds / common.cores()
    common.say(f"{name}: {seconds:.0f} s, others used {max(0.0, others):.0%} of the cores")
    return {**found, "fdatasync_p50_ms": disk, "others_share": max(0.0, others)}


# One writer, many writers


def one_writer(folder: Path, count: int) -> Figures:
    """A submission at a time: made, signed, committed, its checkpoint signed twice, its receipt with proof encoded."""
    whole, made, appended, encoded = [], [], [], []
    with world.running(folder) as office:
        for number in range(count):
            t0 = time.perf_counter()
            wanted = world.wanted(number)
            t1 = time.perf_counter()
            recorded = office.register.append(wanted)
            t2 = time.perf_counter()
            receipt = recorded.encoded(world.ORIGIN)
            t3 = time.perf_counter()
            whole.append(t3 - t0)
            made.append(t1 - t0)
            appended.append(t2 - t1)
            encoded.append(t3 - t2)
        world.check(receipt, count)
        trouble = office.register.trouble
    if trouble:
        raise common.CannotRun(f"tiles could not be published: {trouble}")
    published = world.published_size(folder)
    if published != count + 1:
        raise common.CannotRun(f"{published} entries were published, expected {count + 1}")
    return {
        "p50_ms": per_cent(whole, 0.5),
        "p99_ms": per_cent(whole, 0.99),
        "per_s": count / sum(whole),
        "appends_per_s": count / sum(appended),
        "make_p50_ms": per_cent(made, 0.5),
        "append_p50_ms": per_cent(appended, 0.5),
        "receipt_p50_ms": per_cent(encoded, 0.5),
        "entries": count,
    }


def many_writers(folder: Path, writers: int, count: int, mode: str) -> Figures:
    """*writers* coroutines (or threads, for ``threads``), each with the next entry once it has the answer for the last.

    ``given`` and ``threads``: entries made before, proofs at hand. ``inside``: made and signed, receipts encoded. ``verified``: as a holder
    would, from their bytes, too.
    """
    seconds: list[float] = []
    given = [world.wanted(number) for number in range(count)] if mode in ("given", "threads") else None
    numbers = iter(range(count))
    with world.running(folder) as office:

        def make(number: int) -> Any:
            return given[number] if given else world.wanted(number)

        def use(recorded: Any) -> None:
            if given:
                recorded.growth.inclusion(recorded.index)
            else:
                receipt = recorded.encoded(world.ORIGIN)
                if mode == "verified":
                    world.check(receipt)

        async def writer(register: Any) -> None:
            for number in numbers:
                start = time.perf_counter()
                recorded = await register.append(make(number))
                use(recorded)
                seconds.append(time.perf_counter() - start)

        async def together() -> float:
            register = world.Awaited(office.register)
            start = time.perf_counter()
            await asyncio.gather(*(writer(register) for _ in range(writers)))
            return time.perf_counter() - start

        def thread() -> None:
            while (number := next(numbers, None)) is not None:
                start = time.perf_counter()
                use(office.register.append(make(number)))
                seconds.append(time.perf_counter() - start)

        cpu = time.process_time()
        if mode == "threads":
            began = time.perf_counter()
            threads = [threading.Thread(target=thread) for _ in range(writers)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            elapsed = time.perf_counter() - began
        else:
            elapsed = asyncio.run(together())
        cpu = time.process_time() - cpu
    size = world.published_size(folder)
    if size != count + 1:
        raise common.CannotRun(f"{size} entries were published, expected {count + 1}")
    return {
        "per_s": count / elapsed,
        "p50_ms": per_cent(seconds, 0.5),
        "p99_ms": per_cent(seconds, 0.99),
        "cpu_us": cpu / count * 1e6,
        "entries": count,
        "peak_mb": resident_mb("VmHWM"),
        "database_bytes": sum(bytes_in(one) for one in folder.glob(f"{world.DATABASE}*")) / count,
        "tile_bytes": bytes_in(folder / world.TILES) / count,
    }


# Over HTTP


def _serve(folder: str, pipe: Any) -> None:
    from assay.adapters.line.far import Recorder
    from assay.cli import COLLECT_AFTER
    from assay.web import accepting, intake
    from assay.web.serving import Address

    gc.set_threshold(*COLLECT_AFTER)
    with world.running(Path(folder)) as office:
        recorder = Recorder(office.register, office.blobs)
        accepting.serve(
            partial(world.accepting, Path(folder)),
            Address("127.0.0.1", 0),
            recorder,
            processes=common.cores(),
            ready=pipe.send,
            limits=intake.LIMITS,
        )
        recorder.close()
        pipe.send({"peak_mb": resident_mb("VmHWM"), "entries": office.sequencer.size() - 1})


def over_http(folder: Path, count: int, connections: int, *, large: bool = False) -> Figures:
    """This process sends; another serves. Every answer must be 201, and the last receipt must verify."""
    bodies = list(world.envelopes(count, world.large_bundle() if large else None))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(str(folder), theirs))
    server.start()
    theirs.close()
    url = ours.recv()
    port = int(url.rpartition(":")[2])
    requests = [load.request("127.0.0.1", "/submissions", body, "application/json") for body in bodies]
    warm = count // 20
    load.send("127.0.0.1", port, requests[:warm], min(connections, warm))
    before = worked(server.pid or 0)
    found = load.send("127.0.0.1", port, requests[warm:], connections)
    server_cpu = worked(server.pid or 0) - before
    again = load.send("127.0.0.1", port, requests[:1], 1)
    os.kill(server.pid or 0, signal.SIGTERM)
    told = ours.recv()
    server.join()
    if found["statuses"] != {201: count - warm} or again["statuses"] != {409: 1}:
        raise common.CannotRun(
            f"answers {found['statuses']} and {again['statuses']}, expected 201 for all and 409 for one again"
        )
    world.check(found["answer"])
    if told["entries"] != count or world.published_size(folder) != count + 1:
        raise common.CannotRun(f"{told['entries']} of {count} submissions are in the register")
    world.check_envelopes(folder, bodies)
    return {
        "per_s": (count - warm) / found["seconds"],
        "p50_ms": per_cent(found["each"], 0.5),
        "p99_ms": per_cent(found["each"], 0.99),
        "server_cpu_us": server_cpu / (count - warm) * 1e6,
        "generator_cpu_us": found["cpu"] / (count - warm) * 1e6,
        "server_peak_mb": told["peak_mb"],
        "bytes": len(bodies[0]),
        "submissions": count - warm,
        "connections": connections,
    }


# A large register


def build(folder: Path, count: int) -> Figures:
    """Tiles through publishing, and the head of a database that has settled all of them."""
    began = time.perf_counter()
    world.build(folder, count, BIG_CHUNK, LEAF_BYTES)
    return {
        "seconds": time.perf_counter() - began,
        "tile_bytes": bytes_in(folder / world.TILES) / count,
        "entries": count,
    }


def prove(folder: Path, big: str, count: int, proofs: int) -> Figures:
    """Open the register in *big*, prove at random places (the first half warms), and look at this process's memory."""
    del folder
    idle = resident_mb()
    began = time.perf_counter()
    sequencer = world.open_register(Path(big))
    checkpoint = sequencer.checkpoint()
    opened = time.perf_counter() - began
    if sequencer.size() != count:
        raise common.CannotRun(f"the register has {sequencer.size()} entries, expected {count}")
    cold: list[float] = []
    warm: list[float] = []
    between: list[float] = []
    warm_between: list[float] = []
    for places, inclusion, consistency in ((proofs, cold, between), (proofs, warm, warm_between)):
        choose = random.Random(2)  # the same places again: from warm tiles
        for _ in range(places):
            index, old = choose.randrange(count), choose.randrange(1, count)
            t0 = time.perf_counter()
            path = sequencer.inclusion(index, count)
            t1 = time.perf_counter()
            steps = sequencer.consistency(old, count)
            t2 = time.perf_counter()
            inclusion.append(t1 - t0)
            consistency.append(t2 - t1)
    world.check_proofs(Path(big), checkpoint, LEAF_BYTES, index, path, old, steps)
    return {
        "open_ms": opened * 1e3,
        "inclusion_ms": per_cent(warm, 0.5),
        "inclusion_p99_ms": per_cent(warm, 0.99),
        "consistency_ms": per_cent(warm_between, 0.5),
        "consistency_p99_ms": per_cent(warm_between, 0.99),
        "cold_inclusion_ms": per_cent(cold, 0.5),
        "cold_inclusion_p99_ms": per_cent(cold, 0.99),
        "idle_mb": idle,
        "resident_mb": resident_mb(),
        "entries": count,
        "proofs": proofs,
    }


# A monitor


def watch(folder: Path, entries: int, signatures: int) -> Figures:
    """On one core: roots recomputed from real leaves, and entries' signatures verified."""
    from assay.tlog.recompute import recompute, verify_entries

    del folder
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    leaves = [world.wanted(number).leaf for number in range(signatures)]
    bundles = [leaves[at : at + 256] for at in range(0, len(leaves) - 255, 256)]
    bundles = list(itertools.islice(itertools.cycle(bundles), entries // 256))
    began, cpu = time.perf_counter(), time.process_time()
    edge = recompute(bundles)
    recomputed, recomputed_cpu = time.perf_counter() - began, time.process_time() - cpu
    runs = [(at, leaves[at : at + 256], world.KEYS) for at in range(0, len(leaves), 256)]
    began, cpu = time.perf_counter(), time.process_time()
    wrong = list(verify_entries(runs))
    verified, verified_cpu = time.perf_counter() - began, time.process_time() - cpu
    if edge.size != len(bundles) * 256 or any(wrong):
        raise common.CannotRun(f"a good register was found wrong: {wrong[:1]}")
    return {
        "entries_per_s": edge.size / recomputed_cpu,
        "entries_per_s_wall": edge.size / recomputed,
        "signatures_per_s": len(leaves) / verified_cpu,
        "signatures_per_s_wall": len(leaves) / verified,
        "entries": edge.size,
        "signatures": len(leaves),
    }


# The peer


def ours_like_peer(folder: Path, one: int, bulk: int, size: int, proofs: int) -> Figures:
    """What the peer is asked, of ourselves: the same number of real entries, given; each commit durable and signed twice."""
    entries = [world.wanted(number) for number in range(one + bulk)]
    with world.running(folder) as office:
        seconds = []
        for entry in entries[:one]:
            start = time.perf_counter()
            recorded = office.register.append(entry)
            recorded.growth.inclusion(recorded.index)
            seconds.append(time.perf_counter() - start)
        began = time.perf_counter()
        for at in range(one, one + bulk, size):
            office.sequencer.commit(entries[at : at + size])
        batches = time.perf_counter() - began
        office.register.publish()
        full, choose = office.sequencer.size(), random.Random(1)
        inclusion, consistency = [], []
        for number in range(2 * proofs):
            index, old = choose.randrange(full), choose.randrange(1, full)
            start = time.perf_counter()
            office.sequencer.inclusion(index, full)
            middle = time.perf_counter()
            office.sequencer.consistency(old, full)
            end = time.perf_counter()
            if number >= proofs:
                inclusion.append(middle - start)
                consistency.append(end - middle)
    return {
        "append_p50_ms": per_cent(seconds, 0.5),
        "appends_per_s": one / sum(seconds),
        "bulk_per_s": bulk / batches,
        "inclusion_ms": per_cent(inclusion, 0.5),
        "consistency_ms": per_cent(consistency, 0.5),
        "size": full,
        "bytes_per_entry": (
            sum(bytes_in(one) for one in folder.glob(f"{world.DATABASE}*")) + bytes_in(folder / world.TILES)
        )
        / full,
    }


def peer(folder: Path, python: str, one: int, bulk: int, size: int, proofs: int) -> Figures:
    import json

    entries = folder / "entries"
    entries.write_text("\n".join(world.wanted(number).leaf.hex() for number in range(one + bulk)))
    place = folder / "tree"
    place.mkdir()
    table = common.run(
        [
            python,
            str(HERE / "peers" / "pymerkle_table.py"),
            str(place),
            str(entries),
            str(one),
            str(size),
            str(proofs),
        ]
    )
    return dict(json.loads(table.stdout))


# All of it


def middle(name: str, runs: int, task: Callable[..., Figures], *arguments: Any, by: str) -> Figures:
    """The run whose *by* is the median of several."""
    found = sorted((alone(name, task, *arguments) for _ in range(runs)), key=lambda one: one[by])
    return found[len(found) // 2]


def writers(scale: Scale) -> dict[str, Callable[[], Figures]]:
    """The parts of many writers, by name."""
    modes = (
        ("given", 64, scale.many),
        ("given", 1024, scale.many),
        ("threads", 64, scale.threads),
        ("threads", 1024, scale.threads),
        ("inside", 1024, scale.inside),
        ("verified", 1024, scale.inside),
    )
    return {
        f"{mode}_{many}": partial(
            middle, f"{mode}-{many}", scale.runs, many_writers, many, count, mode, by="per_s"
        )
        for mode, many, count in modes
    }


def served_parts(scale: Scale) -> dict[str, Callable[[], Figures]]:
    """The parts over HTTP, by name."""
    return {
        "http": partial(middle, "http", scale.runs, over_http, scale.envelopes, 128, by="per_s"),
        "http_one": partial(alone, "http-one", over_http, scale.envelopes // 10, 1),
        "http_large": partial(alone, "http-large", _large, scale.large_envelopes, 128),
    }


def some(scale: Scale, names: Sequence[str]) -> Figures:
    """Those parts alone."""
    require_disk(common.scratch("register"))
    parts = writers(scale) | served_parts(scale)
    unknown = sorted(set(names) - set(parts))
    if unknown:
        raise common.CannotRun(f"there is no part {', '.join(unknown)}, expected some of {', '.join(parts)}")
    return {"parts": {name: parts[name]() for name in names}, "machine": common.machine()}


def measure(scale: Scale) -> Figures:
    root = common.scratch("register")
    kind = require_disk(root)
    python = str(common.peer("pymerkle") / "python")
    one = middle("one", scale.runs, one_writer, scale.one, by="p50_ms")
    many = {name: run() for name, run in writers(scale).items()}
    served = {name: run() for name, run in served_parts(scale).items()}
    built = alone("big", build, scale.big)
    big = alone("proofs", prove, str(root / "big"), scale.big, scale.proofs)
    common.scratch("register/big")  # a gigabyte
    monitor = alone("monitor", watch, scale.monitor, scale.signatures)
    asked = (scale.peer_one, scale.peer_bulk, 1024, scale.proofs // 4)
    ours, theirs = alone("like-peer", ours_like_peer, *asked), alone("peer", peer, python, *asked)
    ratios = {
        "append": ours["appends_per_s"] / theirs["appends_per_s"],
        "bulk": ours["bulk_per_s"] / theirs["bulk_per_s"],
        "inclusion": theirs["inclusion_ms"] / ours["inclusion_ms"],
        "consistency": theirs["consistency_ms"] / ours["consistency_ms"],
        "bytes_per_entry": ours["bytes_per_entry"] / theirs["bytes_per_entry"],
    }
    parts = {
        "one": one,
        **many,
        **served,
        "built": built,
        "proofs": big,
    }
    parts |= {"monitor": monitor, "like_peer": ours, "pymerkle": theirs}
    return {
        "receipt_p50_ms": one["p50_ms"],
        "receipt_p99_ms": one["p99_ms"],
        "appends_per_s": many["given_1024"]["per_s"],
        "verified_submissions_per_s": served["http"]["per_s"],
        "verified_p50_ms": served["http"]["p50_ms"],
        "proof_ms": max(big["inclusion_ms"], big["consistency_ms"]),
        "open_ms": big["open_ms"],
        "monitor_entries_per_s": monitor["entries_per_s"],
        "monitor_signatures_per_s": monitor["signatures_per_s"],
        "ratio_pymerkle_append": ratios["append"],
        "fdatasync_p50_ms": common.median(part["fdatasync_p50_ms"] for part in parts.values()),
        "resident_mb": big["resident_mb"],
        "database_bytes_per_entry": many["given_1024"]["database_bytes"],
        "tile_bytes_per_entry": many["given_1024"]["tile_bytes"],
        "ratios_pymerkle": ratios,
        "parts": parts,
        "scale": {
            "entries_one_writer": one["entries"],
            "entries_many_writers": many["given_1024"]["entries"],
            "submissions_http": served["http"]["submissions"],
            "entries_big": big["entries"],
            "big_leaf_bytes": LEAF_BYTES,
            "entries_monitor": monitor["entries"],
            "signatures_monitor": monitor["signatures"],
            "entries_peer": theirs["size"],
            "runs": scale.runs,
            "file_system": kind,
        },
        "machine": common.machine(),
    }


def _large(folder: Path, count: int, connections: int) -> Figures:
    return over_http(folder, count, connections, large=True)


def rounded(value: Any) -> Any:
    """Three significant places, or whole numbers."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, float):
        return round(value) if value >= 1000 else float(f"{value:.3g}")
    return value


def main() -> int:
    options = common.options(
        __doc__,
        "smaller counts, a large register of one million (about five minutes)",
        only="one part; may be repeated",
    )
    scale = Scale(quick=options.quick)
    try:
        figures = rounded(some(scale, options.only) if options.only else measure(scale))
    except common.CannotRun as error:
        common.say(str(error))
        return 1
    idle = {f"parts.{name}.others_share" for name in figures["parts"]}
    return common.finish(figures, as_json=options.json, may_be_zero=idle)


if __name__ == "__main__":
    sys.exit(main())
