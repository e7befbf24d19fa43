"""The command line. One file per command; each parses, calls a use case, and renders."""

import gc
import sys

COLLECT_AFTER = (20_000, 20, 50)
"""Thresholds of Python's cycle collector. Evidence is read into values that hold no cycles; looking for them costs a tenth."""


def main() -> None:
    gc.set_threshold(*COLLECT_AFTER)
    from assay.cli.app import run

    sys.exit(run(sys.argv[1:]))
