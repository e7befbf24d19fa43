"""``assay receipt export``: a receipt in the forms that other software reads."""

from pathlib import Path
from typing import Literal

import typer

from assay.cli.check import Trust
from assay.cli.output import MAX_PATH, Json, emit, out
from assay.formats.text import shown


def export(
    receipt: Path = typer.Argument(exists=True, dir_okay=False, help="The receipt."),
    form: Literal["tlog-proof", "cose", "scitt"] = typer.Option(
        ...,
        "--form",
        help="tlog-proof (C2SP), cose (two RFC 9942 receipts), or scitt (a transparent statement).",
    ),
    trust: Path | None = Trust,
    output: Path | None = typer.Option(
        None, "--output", "--out", "-o", help="File to write; beside the receipt by default."
    ),
    json: bool = Json,
) -> None:
    """Write a receipt in another form. COSE needs the register's own keys; a tlog-proof needs none."""
    from assay.bootstrap.receipt_export import export_receipt

    done = export_receipt(receipt, form, trust=trust, output=output)
    if json:
        emit(
            {
                "written": [str(path.resolve()) for path in done.written],
                "form": done.form,
                "origin": done.origin,
                "index": done.index,
                "size": done.size,
            }
        )
        return
    for path in done.written:
        said = f"wrote {shown(str(path), MAX_PATH)}: entry {done.index} of {done.size} in {done.origin}"
        out().print(said, soft_wrap=True, markup=False)
