"""``assay trial``: the whole regime on this machine."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.attest import Pack
from assay.cli.collect import Release
from assay.cli.output import Json, Steps, emit, out


def trial(
    path: Path = typer.Argument(Path(), exists=True, file_okay=False, help="Folder of the project."),
    release: list[Path] = Release,
    pack: list[str] = Pack,
    output: Path | None = typer.Option(None, "--out", help="Folder for bundle, result, receipt and pages."),
    report_only: bool = typer.Option(
        False, "--report-only", help="Exit 0 whatever the result; fail only when the trial could not run."
    ),
    json: bool = Json,
) -> int:
    """Collect, attest, sign, submit, check, validate, record, publish and verify, all on this machine."""
    from assay.bootstrap.trial import run_trial
    from assay.cli.verdict_view import contract, paths, show

    done = run_trial(path, release, pack, output, Steps(silent=json))
    if json:
        emit(contract(done.verdict, result=done.result, receipt=done.receipt, pages=done.page))
    else:
        console = out()
        show(console, done.verdict)
        paths(console, (("Receipt", done.receipt), ("Page", done.page)))
        console.print()
        for line in done.next_steps:
            console.print(line, soft_wrap=True, style="dim")
    return exits.VALIDATED if report_only else exits.for_result(done.verdict.result)
