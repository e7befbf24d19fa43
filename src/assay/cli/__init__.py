"""The command line. One file per command; each parses, calls a use case, and renders."""

import gc
import os
import sys

COLLECT_AFTER = (20_000, 20, 50)
"""Thresholds of Python's cycle collector. Evidence is read into values that hold no cycles; looking for them costs a tenth."""


def main() -> None:
    _keep_standard_streams()
    gc.set_threshold(*COLLECT_AFTER)
    from assay.cli.app import run

    sys.exit(run(sys.argv[1:]))


def _keep_standard_streams() -> None:
    """Open what the caller closed, so that no database or key ever gets the number of standard output."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115
