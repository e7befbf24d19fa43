"""What every bench shares: arguments, where things lie, peers, medians, and no pass on nothing.

Every bench takes ``--quick`` (at most ten minutes with set-up) and ``--json`` (one object on standard output).
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".bench"
"""Downloads, peers and scratch files; git ignores it."""


class CannotRun(Exception):
    """Something the bench needs is not there: exit 1 with the reason, never a pass."""


def importable() -> None:
    """Let ``assay`` and ``tests`` be imported from this repository, whatever is installed; compiled, as an installed one is."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for folder in (ROOT, ROOT / "src"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def options(
    description: str | None, quick: str, arguments: Sequence[str] | None = None, *, only: str = ""
) -> argparse.Namespace:
    """``quick`` and ``json``; *quick* says what is smaller. With *only*, ``only`` too: what it names, none or many."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    if only:
        parser.add_argument("--only", action="append", default=[], help=only)
    return parser.parse_args(arguments)


def machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "cpu": platform.machine(), "cores": cores()}


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scratch(name: str) -> Path:
    """An empty folder for this run."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def peer(name: str) -> Path:
    """The folder of programs of the peer *name*, installed here from ``bench/peers/NAME.lock`` the first time.

    Its own environment: what a peer needs never meets what Assay needs.
    """
    lock = ROOT / "bench" / "peers" / f"{name}.lock"
    folder = WORK / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    state = folder / "installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if state.exists() and state.read_text() == wanted:
        return programs
    say(f"installing {name} into {folder.relative_to(ROOT)}")
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(lock)])
    state.write_text(wanted)
    return programs


def run(command: Sequence[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run *command*; CannotRun with its last words when it fails."""
    try:
        return subprocess.run(
            command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()[-3:]
        raise CannotRun(f"{Path(command[0]).name} failed ({error.returncode}): {' / '.join(said)}") from error
    except OSError as error:
        raise CannotRun(f"cannot run {command[0]}: {error}") from error


def median(values: Iterable[float]) -> float:
    """Zero of nothing, which :func:`finish` refuses."""
    found = list(values)
    return statistics.median(found) if found else 0.0


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def finish(figures: Mapping[str, Any], *, as_json: bool, may_be_zero: Iterable[str] = ()) -> int:
    """Print the figures; the exit code is 1 where one of them was not measured (zero, or missing)."""
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30} {value}")
    zeros = [name for name in missing(figures) if name not in set(may_be_zero)]
    if zeros:
        say(f"not measured: {', '.join(zeros)}")
    return 1 if zeros else 0


def missing(value: Any, at: str = "") -> list[str]:
    """Names of figures that are zero or none: something was not measured."""
    if isinstance(value, Mapping):
        return [
            name for key, inner in value.items() for name in missing(inner, f"{at}{'.' if at else ''}{key}")
        ]
    return [at] if value in (0, None) and not isinstance(value, bool) else []
