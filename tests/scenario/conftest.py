"""Run the program as its users do: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import archives, fork_server

from assay.cli.app import run as run_here

NOW = "2026-11-01T12:00:00Z"


class Ran(msgspec.Struct, frozen=True):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


Assay = Callable[..., Ran]
Start = Callable[[str, Path], dict[str, Any]]


def clean() -> dict[str, str]:
    """The environment, with nothing in it that Assay reads."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}


def program(folder: Path) -> Assay:
    """See :func:`assay`; in *folder*."""

    def run(*arguments: str | Path, cwd: Path = folder, now: str = NOW, **variables: str) -> Ran:
        said = [str(one) for one in arguments]
        env = {**clean(), "ASSAY_NOW": now, "COLUMNS": "140", **variables}
        if all(name.startswith("ASSAY_") for name in variables):
            return Ran(*fork_server.run(said, cwd=cwd, env=env, timeout=120))
        done = subprocess.run(
            [sys.executable, "-m", "assay", *said], cwd=cwd, env=env, capture_output=True, text=True, timeout=120,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def assay(tmp_path: Path) -> Assay:
    """``assay(*arguments)`` in *tmp_path*, with nothing of the caller's environment that Assay reads.

    Forked from a process that has loaded it, unless something is set that only a new one reads.
    """
    return program(tmp_path)


@pytest.fixture
def assay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Assay:
    """As ``assay``, in this process: for where starting one is not what is tried."""
    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "140")

    def here(*arguments: str | Path, cwd: Path = tmp_path, now: str = NOW, **variables: str) -> Ran:
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        with monkeypatch.context() as context:
            for name, value in {"ASSAY_NOW": now, **variables}.items():
                context.setenv(name, value)
            code = run_here([str(argument) for argument in arguments])
        return Ran(code, *capfd.readouterr())

    return here


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small fictional project: a wheel in dist/, a hash-pinned lock, a disclosure policy."""
    folder = tmp_path / "lantern"
    (folder / "dist").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "lantern"\nversion = "2.1.0"\ndependencies = ["wick>=1"]\n'
    )
    (folder / "dist" / "lantern-2.1.0-py3-none-any.whl").write_bytes(archives.wheel())
    (folder / "requirements.txt").write_text(f"wick==1.4.0 --hash=sha256:{'a1' * 32}\n")
    (folder / "SECURITY.md").write_text(
        "# Security policy\n\n## Reporting a vulnerability\n\nPlease report to security@lighthouse.example. "
        "You get a first answer within five working days.\n\n## Supported versions\n\nThe newest release.\n"
    )
    return folder


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Start]:
    """``witness(name, trust)``: a served witness; what it says of itself."""
    running: list[fork_server.Program] = []

    def start(name: str, trust: Path) -> dict[str, Any]:
        secret = tmp_path / "passphrase"
        secret.write_text("of a fictional witness\n")
        command = (
            "witness",
            "--state",
            name,
            "--name",
            f"witness.example/{name}",
            "--json",
            "--log",
            str(trust),
        )
        process = fork_server.Program(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**clean(), "ASSAY_PASSPHRASE_FILE": str(secret)},
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("}"):
                break
        found: dict[str, Any] = json.loads(said)
        return found

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=20)


def policy(*witnesses: dict[str, Any]) -> str:
    lines = [
        f"witness {one['witness'].rpartition('/')[2]} {one['vkeys'][0]} {one['url']}" for one in witnesses
    ]
    names = " ".join(one["witness"].rpartition("/")[2] for one in witnesses)
    return "\n".join([*lines, f"group both all {names}", "quorum both", ""])


def trial(assay: Assay, project: Path, version: str) -> Path:
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(
        text.replace(text.split('version = "')[1].split('"')[0], version, 1)
    )
    ran = assay("trial", project, "--json")
    assert ran.code == 1, ran.err
    return Path(ran.json()["receipt"])
