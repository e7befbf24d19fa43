"""How fast bills become evidence and bundles become verdicts, and how much memory a large bill takes.

    bench/validate.py [--quick] [--json]

Bills are generated: 560 bytes a component, as a tool writes them from a lock file (CycloneDX-python, Juice Shop's npm bill are alike).
Bundles are honest ones, as ``tests/scenario/honesty`` makes them (wheel, generated bill, lock, provenance, tests, analysis, scan,
triage, signatures), of releases of this repository and of other products; see ``bench/bundles.py``. They are judged with the packs,
policy and trust root of one office. ``bundles_per_s`` and ``products_per_s``: nothing of any bundle was read before.
``bundles_per_s_next``: the process judged the release before. ``bundles_per_s_again``: the same bundle. ``_2``: wall-clock time in
two processes, nothing remembered.

Other rates are medians of runs in a fresh process on one core, per second of that core: of bills from bytes through strictness and
schema to typed evidence, of bundles from files through digests, signatures and all checks to the verdict's text. Exit 1 where anything
is zero or missing.
"""

import functools
import gc
import hashlib
import json
import multiprocessing
import os
import pickle
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import common

common.importable()

Files = dict[str, bytes]
"""Of a bundle, by path."""
TOGETHER = 24
"""Bundles that are handed to the processes at once."""
LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "MPL-2.0")


def part(index: int) -> tuple[str, str, str, str]:
    """Name, version, purl and SHA-256 of a fictional package."""
    name = f"package-{index:06d}"
    version = f"{index % 20}.{index % 7}.{index % 13}"
    return name, version, f"pkg:pypi/{name}@{version}", hashlib.sha256(name.encode()).hexdigest()


def needs(index: int) -> list[int]:
    return sorted({index * 7 // 11, index * 3 // 5} - {index})


def cyclonedx(count: int) -> dict[str, Any]:
    components, dependencies = [], []
    for index in range(count):
        name, version, purl, digest = part(index)
        components.append(
            {
                "bom-ref": purl,
                "type": "library",
                "name": name,
                "version": version,
                "supplier": {"name": "Example Authors"},
                "licenses": [{"license": {"id": LICENCES[index % len(LICENCES)]}}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "purl": purl,
                "externalReferences": [
                    {"type": "distribution", "url": f"https://files.example/{name}-{version}.tar.gz"}
                ],
            }
        )
        dependencies.append({"ref": purl, "dependsOn": [part(other)[2] for other in needs(index)]})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "version": 1,
        "metadata": {
            "timestamp": "2026-10-20T10:00:00Z",
            "tools": {"components": [{"type": "application", "name": "generator", "version": "1.0"}]},
            "component": {"bom-ref": "root", "type": "application", "name": "lantern", "version": "2.1.0"},
        },
        "components": components,
        "dependencies": dependencies,
    }


def spdx(count: int) -> dict[str, Any]:
    packages: list[dict[str, Any]] = []
    relationships: list[dict[str, Any]] = []
    for index in range(count):
        name, version, purl, digest = part(index)
        packages.append(
            {
                "SPDXID": f"SPDXRef-{index}",
                "name": name,
                "versionInfo": version,
                "supplier": "Organization: Example Authors",
                "downloadLocation": f"https://files.example/{name}-{version}.tar.gz",
                "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": LICENCES[index % len(LICENCES)],
                "copyrightText": "NOASSERTION",
                "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": purl,
                    }
                ],
            }
        )
        relationships.extend(
            {
                "spdxElementId": f"SPDXRef-{index}",
                "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": f"SPDXRef-{other}",
            }
            for other in needs(index)
        )
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "lantern",
        "documentNamespace": "https://sbom.example/lantern/2.1.0",
        "creationInfo": {"created": "2026-10-20T10:00:00Z", "creators": ["Tool: generator-1.0"]},
        "documentDescribes": ["SPDXRef-0"],
        "packages": packages,
        "relationships": relationships,
    }


def written(make: Callable[[int], dict[str, Any]], count: int, *, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return json.dumps(make(count), indent=indent, separators=separators).encode()


def measure(data: bytes, runs: int) -> dict[str, float]:
    """In this process: components found and the median rate. One run warms up (schemas compile once)."""
    from assay.evidence import sbom

    seconds = []
    found = 0
    for run in range(runs + 1):
        start = time.process_time()
        bill = sbom.read(data, name="bench")
        elapsed = time.process_time() - start
        found = len(bill.components) + (bill.root is not None)
        if run:
            seconds.append(elapsed)
        del bill
    median = statistics.median(seconds)
    return {"components": found, "per_s": found / median, "mb_per_s": len(data) / 1e6 / median}


def peak(data: bytes, runs: int) -> dict[str, float]:
    """Peak resident memory of a process that read *data* once, the file itself included."""
    from assay.evidence import sbom

    del runs
    start = time.perf_counter()
    bill = sbom.read(data, name="bench")
    elapsed = time.perf_counter() - start
    return {"components": len(bill.components), "peak_mb": high_water_mb(), "seconds": elapsed}


def high_water_mb() -> float:
    """Peak resident memory of this program alone; getrusage also counts the one it was started from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def judge(bundles: Sequence[Files], memory: Any) -> list[float]:
    """Seconds of this process for each bundle, from its files to the text of its verdict."""
    from assay.office.examining import Here

    here = Here(None, memory)
    seconds = []
    for files in bundles:
        start = time.process_time()
        found = here.examine(office_inputs(files))
        seconds.append(time.process_time() - start)
        if not found.complete:
            raise common.CannotRun(f"a bundle is {found.result}: {found.reason}")
    return seconds


@functools.cache
def standing() -> Any:
    """Packs, policy, trust root and snapshot of the fictional office."""
    from tests.scenario.honesty import office

    from assay.formats.bundle import Bundle

    return office.inputs(Bundle(b"", None, {}))


def office_inputs(files: Files) -> Any:
    import msgspec

    from assay.formats.bundle import from_files

    return msgspec.structs.replace(standing(), bundle=from_files(files))


def judge_releases(data: bytes, runs: int) -> dict[str, float]:
    """In this process: verdicts per second over releases of this repository, by what the process had read before."""
    from assay.evidence.memory import Memory

    releases: list[Files] = pickle.loads(data)
    judge(releases[:1], None)  # packs, policy and trust root
    alone, following, again = [], [], []
    for _run in range(runs):
        alone += judge(releases, None)
        memory = Memory()
        following += judge(releases, memory)[1:]
        again += judge(releases, memory)
    return {
        "alone": 1 / statistics.median(alone),
        "next": 1 / statistics.median(following),
        "again": 1 / statistics.median(again),
        "remembered_mb": (memory.readings.held + memory.members.held) / 1e6,
    }


def judge_products(data: bytes, runs: int) -> dict[str, float]:
    """In this process: verdicts per second over different products, of which nothing was read before."""
    products: list[Files] = pickle.loads(data)
    judge(products[:1], None)
    # Bundles differ in size, so each run is of all of them.
    seconds = [sum(judge(products, None)) / len(products) for _run in range(runs)]
    return {"alone": 1 / statistics.median(seconds)}


def judge_in_processes(bundles: Sequence[Files], processes: int, runs: int) -> float:
    """Verdicts per second of wall-clock time, as the workers of an office ask for them; nothing is remembered."""
    from assay.adapters.examiners import Examiners

    examiners = Examiners(processes, readings=0, members=0)
    inputs = [office_inputs(files) for files in bundles] * max(1, TOGETHER // len(bundles))
    rates = []
    with closing(examiners), ThreadPoolExecutor(processes + 1) as pool:
        for run in range(runs + 1):
            start = time.perf_counter()
            found = list(pool.map(examiners.examine, inputs))
            if run:  # the first starts the processes
                rates.append(len(found) / (time.perf_counter() - start))
    return statistics.median(rates)


def _child(task: Callable[[bytes, int], dict[str, float]], path: str, runs: int, pipe: Any) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from assay.cli import COLLECT_AFTER

    gc.set_threshold(*COLLECT_AFTER)  # as the program itself does
    pipe.send(task(Path(path).read_bytes(), runs))


def alone(
    task: Callable[[bytes, int], dict[str, float]], data: bytes, folder: Path, runs: int = 5
) -> dict[str, float]:
    """*task* in a fresh interpreter on one core, so that neither memory nor garbage of this one counts."""
    path = folder / "bill.json"
    path.write_bytes(data)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(task, str(path), runs, theirs))
    process.start()
    theirs.close()
    try:
        return dict(ours.recv())
    except EOFError:
        return {}
    finally:
        process.join()


def bills(folder: Path, *, quick: bool) -> dict[str, Any]:
    count = 20_000 if quick else 100_000
    runs = 3 if quick else 7
    compact = written(cyclonedx, count)
    results = {
        "cyclonedx": alone(measure, compact, folder, runs),
        "cyclonedx_indented": alone(measure, written(cyclonedx, count, indent=2), folder, runs),
        "spdx": alone(measure, written(spdx, count), folder, runs),
    }
    per_component = len(compact) / count
    large = written(cyclonedx, int(100e6 / per_component) + 1)
    memory = alone(peak, large, folder)
    return {
        "components_per_s": round(results["cyclonedx"].get("per_s", 0)),
        "sbom_mb_per_s": round(results["cyclonedx"].get("mb_per_s", 0), 1),
        "components_per_s_indented": round(results["cyclonedx_indented"].get("per_s", 0)),
        "components_per_s_spdx": round(results["spdx"].get("per_s", 0)),
        "peak_mb_100mb_sbom": round(memory.get("peak_mb", 0), 1),
        "seconds_100mb_sbom": round(memory.get("seconds", 0), 2),
        "scale": {
            "components": int(results["cyclonedx"].get("components", 0)),
            "bytes_per_component": round(per_component),
            "large_mb": round(len(large) / 1e6, 1),
            "large_components": int(memory.get("components", 0)),
            "runs": runs,
            "cores": 1,
        },
    }


def bundles(folder: Path, *, quick: bool) -> dict[str, Any]:
    import bundles as made

    runs = 3 if quick else 9
    with tempfile.TemporaryDirectory() as name:
        releases = made.releases(Path(name), 4)
    with tempfile.TemporaryDirectory() as name:
        named = made.products(Path(name), 6 if quick else 16)
    products = [files for _, files in named]
    own = alone(judge_releases, pickle.dumps(releases), folder, runs)
    others = alone(judge_products, pickle.dumps(products), folder, runs)
    return {
        "bundles_per_s": round(own.get("alone", 0), 1),
        "bundles_per_s_next": round(own.get("next", 0), 1),
        "bundles_per_s_again": round(own.get("again", 0), 1),
        "bundles_per_s_2": round(judge_in_processes(releases, 2, runs), 1),
        "products_per_s": round(others.get("alone", 0), 1),
        "products_per_s_2": round(judge_in_processes(products, 2, runs), 1),
        "scale": {
            "bundle_artifacts": len(releases[0]) - 2,
            "bundle_kb": round(sum(map(len, releases[0].values())) / 1e3),
            "products": len(products),
            "product_kb_median": round(
                statistics.median(sum(map(len, one.values())) for one in products) / 1e3
            ),
            "product_kb_mean": round(statistics.mean(sum(map(len, one.values())) for one in products) / 1e3),
            "product_names": sorted(name for name, _ in named),
            "remembered_mb": round(own.get("remembered_mb", 0), 1),
            "bundle_runs": runs,
        },
    }


def main() -> int:
    options = common.options(__doc__, "smaller bills, fewer runs (about a minute)")
    folder = common.scratch("validate")
    figures, more = bills(folder, quick=options.quick), bundles(folder, quick=options.quick)
    figures = {**figures, **more, "scale": {**figures["scale"], **more["scale"]}, "machine": common.machine()}
    (folder / "bill.json").unlink(missing_ok=True)
    return common.finish(figures, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
