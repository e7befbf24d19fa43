"""How fast bills become evidence and bundles become verdicts, and how much memory a large bill takes.

    bench/validate.py [--quick] [--json]

Bills are generated: 560 bytes a component, as a tool writes them from a lock file (CycloneDX-python, Juice Shop's npm bill are alike).
The bundle is an honest one of this repository, as ``tests/scenario/honesty`` makes it: wheel, generated bill, lock, provenance, tests,
analysis, scan, triage, signatures. It is judged warm: packs, policy and trust root are those of one office, nothing of the bundle is kept.

Each rate is the median of runs in a fresh process on one core, per second of that core: of bills from bytes through strictness and schema
to typed evidence, of bundles from files through digests, signatures and all checks to the verdict. Exit 1 where anything is zero or missing.
"""

import gc
import hashlib
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common

common.importable()

BUNDLES_PER_RUN = 5
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


def judge_bundles(_: bytes, runs: int) -> dict[str, float]:
    """In this process: verdicts per second, over the files of one bundle; and what is in it."""
    from tests.scenario.honesty import honest, office

    from assay.formats.bundle import from_files, to_files

    with tempfile.TemporaryDirectory() as name:
        project = honest.project(Path(name))
        files = to_files(office.signed(honest.workspace(Path(name) / "work", project).prepare()))
    verdict = office.judge(office.inputs(from_files(files)))
    seconds = []
    for _run in range(runs):
        start = time.process_time()
        for _bundle in range(BUNDLES_PER_RUN):
            office.judge(office.inputs(from_files(files)))
        seconds.append((time.process_time() - start) / BUNDLES_PER_RUN)
    return {
        "per_s": 1 / statistics.median(seconds),
        "complete": float(verdict.complete),
        "artifacts": len(files) - 2,
        "bytes": sum(map(len, files.values())),
        "claims": len(verdict.claims),
        "checks": len(verdict.checked),
    }


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
    runs = 5 if quick else 15
    found = alone(judge_bundles, b"", folder, runs)
    return {
        "bundles_per_s": round(found.get("per_s", 0), 2),
        "scale": {
            "bundle_artifacts": int(found.get("artifacts", 0)),
            "bundle_kb": round(found.get("bytes", 0) / 1e3),
            "bundle_complete": int(found.get("complete", 0)),
            "bundle_claims": int(found.get("claims", 0)),
            "bundle_checks": int(found.get("checks", 0)),
            "bundle_runs": runs,
            "bundles_per_run": BUNDLES_PER_RUN,
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
