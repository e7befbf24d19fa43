"""How fast bills of materials become evidence, and how much memory that takes.

    bench/validate.py [--quick] [--json]

Bills are generated: 560 bytes a component, as a tool writes them from a lock file (CycloneDX-python, Juice Shop's npm bill are alike).
Each rate is the median of runs in a fresh process on one core, per second of that core, from bytes through strictness and schema to
typed evidence. Exit 1 where anything is zero or missing.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

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


def _child(task: Callable[[bytes, int], dict[str, float]], path: str, runs: int, pipe: Any) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
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


def missing(value: Any, at: str = "") -> list[str]:
    """Names of figures that are zero: something was not measured."""
    if isinstance(value, dict):
        return [
            name for key, inner in value.items() for name in missing(inner, f"{at}{'.' if at else ''}{key}")
        ]
    return [at] if value == 0 else []


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller bills, fewer runs (about a minute)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    folder = Path(__file__).resolve().parents[1] / ".bench" / "validate"
    folder.mkdir(parents=True, exist_ok=True)
    figures = bills(folder, quick=options.quick)
    figures["machine"] = {
        "python": platform.python_version(),
        "cpu": platform.machine(),
        "cores": os.cpu_count(),
    }
    (folder / "bill.json").unlink(missing_ok=True)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30} {value}")
    if zeros := missing(figures):
        print(f"not measured: {', '.join(zeros)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
