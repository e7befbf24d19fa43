"""Structures are known before there are threads: afterwards none is read through again."""

import subprocess
import sys

_PROGRAM = """
import sys
import assay.bootstrap.serve
import msgspec
from assay.formats.first_use import learn
from assay.office.case import Case

def again(obj):
    raise SystemExit(f"{obj} is read through")

if sys.argv[1] == "learned":
    learn()
msgspec._utils.get_class_annotations.__code__ = again.__code__
try:
    msgspec.json.decode(b"{}", type=Case)
except msgspec.ValidationError:
    print("known")
"""


def _run(how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=False, timeout=60
    )


def test_what_is_learned_is_read_through_once() -> None:
    ran = _run("learned")
    assert ran.stdout == "known\n", ran.stderr


def test_otherwise_it_is_at_the_first_use() -> None:
    assert "is read through" in _run("new").stderr
