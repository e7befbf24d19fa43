"""A witness killed at any moment: what it signed is what it remembers.

A process cosigns as fast as it can and prints each signature; it is killed without warning, again and again, on one
state. Then everything printed must be of one history, and the state at least as far.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.register import ORIGIN
from tests.support.shared import ROOT
from tests.support.witnesses import History

from assay.adapters.witness_state import SqliteWitnessState

SCRIPT = """
import sys
from pathlib import Path
from tests.support.register import ORIGIN, STAMP
from tests.support.witnesses import History, witness
from assay.adapters.witness_state import SqliteWitnessState
state = SqliteWitnessState(Path(sys.argv[1]))
main = History(size=200)
one = witness(state=state)
print("ready", flush=True)
while True:
    latest = state.latest(ORIGIN)
    old = latest.size if latest else 0
    new = min(old + 1, 200)
    one.add_checkpoint(main.request(old, new))
    print(new, main.root(new).hex(), flush=True)
"""


def test_killed_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    SqliteWitnessState(path, create=True).close()
    history = History(size=200)
    furthest = 0
    for kills in range(1, 6):
        printed = killed_after(path, lines=kills * 3)
        assert printed, "nothing was signed"
        for size, root in printed:
            assert history.root(size).hex() == root
        assert printed[0][0] >= furthest, "a smaller tree was signed after a larger one"
        furthest = max(furthest, *(size for size, _ in printed))
        state = SqliteWitnessState(path)
        latest = state.latest(ORIGIN)
        state.close()
        assert latest is not None
        assert latest.size >= furthest
        assert latest.root == history.root(latest.size)


def killed_after(path: Path, *, lines: int) -> list[tuple[int, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
    )  # fmt: skip
    assert process.stdout is not None
    found: list[tuple[int, str]] = []
    try:
        assert process.stdout.readline() == "ready\n"
        for _ in range(lines):
            size, _, root = process.stdout.readline().strip().partition(" ")
            found.append((int(size), root))
    finally:
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
    for line in rest.splitlines(keepends=True):
        if line.endswith("\n"):
            size, _, root = line.strip().partition(" ")
            found.append((int(size), root))
    return found
