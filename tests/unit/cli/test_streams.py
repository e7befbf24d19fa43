"""The program's streams as a user's terminal, a pipe and an old console give them."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
from assay.cli.output import out, sign, token
from rich.text import Text
out().print(token("contradicted"))
out().print(Text("caf\\u00e9 \\u2717"))
out().print("x" * 10 + " " + "y" * 115)
"""


def ran(**variables: str) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**clean, **variables},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode("ascii" if "PYTHONIOENCODING" in variables else "utf-8")


def test_a_pipe_gets_no_colour_and_room() -> None:
    lines = ran().splitlines()
    assert lines[0] == "✗ contradicted"
    assert [line.rstrip() for line in lines[2:]] == ["x" * 10, "y" * 115]


def test_columns_are_honoured() -> None:
    assert ran(COLUMNS="140").splitlines()[2] == "x" * 10 + " " + "y" * 115


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict"])
def test_a_console_without_the_characters_gets_plain_ones_and_no_traceback(encoding: str) -> None:
    lines = ran(PYTHONIOENCODING=encoding).splitlines()
    assert lines[0] == "x contradicted"
    assert lines[1] == r"caf\xe9 \u2717"
