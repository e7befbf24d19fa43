"""The command line. One file per command; each parses, calls a use case, and renders."""

import sys


def main() -> None:
    from assay.cli.app import run

    sys.exit(run(sys.argv[1:]))
