"""``assay submit``: hand a bundle to an office on this machine."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.output import Json, Steps, emit, out


def submit(
    bundle: Path = typer.Argument(exists=True, help="Folder or tar of the bundle."),
    office: Path = typer.Option(..., "--office", help="Folder of the office; made when it is not there."),
    json: bool = Json,
) -> int:
    """Submit a bundle: it is recorded, checked, validated and its result published."""
    from assay.bootstrap.submit import submit_bundle
    from assay.cli.verdict_view import contract, paths, show

    done = submit_bundle(bundle, office, Steps(silent=json))
    if json:
        emit(contract(done.verdict, result=done.result, receipt=done.receipt, pages=done.page))
    else:
        console = out()
        show(console, done.verdict)
        paths(console, (("Receipt", done.receipt), ("Page", done.page)))
    return exits.for_result(done.verdict.result)
