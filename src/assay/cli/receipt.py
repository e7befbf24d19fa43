"""``assay receipt``: what to do with a receipt of the register."""

from pathlib import Path

import typer

from assay.cli.check import Trust
from assay.cli.output import Json, emit, out
from assay.cli.receipt_export import export
from assay.cli.verify import Policy

app = typer.Typer(help="Receipts of the register.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Receipts of the register."""


app.command("export")(export)


@app.command("upgrade")
def upgrade(
    receipt: Path = typer.Argument(exists=True, dir_okay=False, help="The receipt."),
    register: str = typer.Option(..., help="Folder or URL of the register's tiles."),
    policy: Path | None = Policy,
    trust: Path | None = Trust,
    keys: Path | None = typer.Option(
        None,
        exists=True,
        dir_okay=False,
        help="Key history, for a receipt from before a change of the register's keys.",
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="File to write instead of replacing the receipt."
    ),
    json: bool = Json,
) -> None:
    """Put a receipt under the register's newest checkpoint: logged becomes witnessed, where witnesses signed that one."""
    from assay.bootstrap.receipt import upgrade_receipt

    done = upgrade_receipt(receipt, register, policy=policy, trust=trust, keys=keys, output=output)
    if json:
        emit(
            {
                "written": str(done.written.resolve()),
                "origin": done.origin,
                "index": done.index,
                "from_size": done.before,
                "size": done.size,
                "grade": done.grade.grade,
                "says": done.grade.says,
            }
        )
        return
    console = out()
    console.print(
        f"wrote {done.written}: entry {done.index} of {done.size} in {done.origin}; {done.grade.says}",
        soft_wrap=True,
    )
    if not done.policy:
        console.print(
            "no policy says which witnesses count: give one with --policy, or in the trust root", style="dim"
        )
