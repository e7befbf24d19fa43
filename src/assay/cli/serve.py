"""``assay serve``: run an office that others reach over HTTP."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit_line, out


def serve(
    config: Path | None = typer.Option(
        None,
        "--config",
        metavar="FILE",
        dir_okay=False,
        help="Settings; else ASSAY_OFFICE_CONFIG, else office.toml here.",
    ),
    json: bool = Json,
) -> int:
    """Serve an office: API, register and pages. The first start prints a link that makes its first administrator."""
    from assay.bootstrap.serve import run
    from assay.office_config.read import load

    def tell(what: str, line: str) -> None:
        if json:
            emit_line({"event": what, "text": line})
        else:
            out().print(f"{what}: {line}", soft_wrap=True, highlight=False, markup=False)

    run(load(config), tell)
    return 0
