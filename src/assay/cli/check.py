"""``assay check``: what an authority would find."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.attest import Pack
from assay.cli.output import Json, emit, out

Trust = typer.Option(
    None,
    "--trust",
    exists=True,
    dir_okay=False,
    help="Trust root to verify against; else .assay/trust.json here, else trust.json beside the file.",
)


def check(
    bundle: Path = typer.Argument(exists=True, help="Folder or tar of the bundle."),
    pack: list[str] = Pack,
    trust: Path | None = Trust,
    json: bool = Json,
) -> int:
    """Run completeness and validation on a bundle without submitting it."""
    from assay.bootstrap.check import check_bundle
    from assay.cli.verdict_view import contract, paths, show

    checked = check_bundle(bundle, pack, trust)
    if json:
        emit(contract(checked.verdict, result=checked.file, receipt=None, pages=checked.page))
    else:
        console = out()
        console.print(f"trust: {checked.trust}", soft_wrap=True)
        show(console, checked.verdict)
        paths(console, (("Page", checked.page),))
        console.print(f"next: assay explain {checked.file}", soft_wrap=True)
    return exits.for_result(checked.verdict.result)
