"""What every refusal looks like, whoever is lied to."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay, Ran

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
def assay(assay_here: Assay) -> Assay:
    """In this process: there are many rows, and each is to be refused at once."""
    return assay_here


@pytest.fixture
def trial(assay: Assay, project: Path) -> Callable[[], Path]:
    """Folder of a finished trial of the fictional project."""

    def make() -> Path:
        ran = assay("trial", project, "--out", "out")
        assert ran.code == 1, ran.err
        return project.parent / "out"

    return make
