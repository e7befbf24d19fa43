"""What every refusal looks like, whoever is lied to."""

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.conftest import NOW, Assay, Ran

from assay.cli.app import run

ESCAPES = "\x1b]0;owned\x07\x1b[31m\u202e\x9b5m"
"""Sets a terminal's title, its colour, the direction of writing, and blinks; none of it may reach a terminal."""


def plain(text: str) -> bool:
    """Nothing in *text* steers a terminal."""
    return not [c for c in text if unicodedata.category(c)[0] == "C" and c != "\n"]


def refused(ran: Ran, *fragments: str) -> None:
    """One clear line, exit 2 or 3, and nothing on standard output."""
    assert ran.code in (2, 3), (ran.code, ran.out, ran.err)
    for fragment in fragments:
        assert fragment in ran.err
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert "a fault in Assay" not in ran.err
    assert ran.out == ""
    assert plain(ran.err)


@pytest.fixture
def assay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Assay:
    """As the scenario's own, in this process: there are many rows, and each is to be refused at once."""
    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "140")

    def here(*arguments: str | Path, cwd: Path = tmp_path, now: str = NOW, **variables: str) -> Ran:
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        with monkeypatch.context() as context:
            for name, value in {"ASSAY_NOW": now, **variables}.items():
                context.setenv(name, value)
            code = run([str(argument) for argument in arguments])
        return Ran(code, *capfd.readouterr())

    return here


@pytest.fixture
def trial(assay: Assay, project: Path) -> Callable[[], Path]:
    """Folder of a finished trial of the fictional project."""

    def make() -> Path:
        ran = assay("trial", project, "--out", "out")
        assert ran.code == 1, ran.err
        return project.parent / "out"

    return make
