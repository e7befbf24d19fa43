"""``assay verify``: bundles, packages, results and receipts, offline."""

from pathlib import Path

import typer
from rich.text import Text

from assay.cli import exits
from assay.cli.check import Trust
from assay.cli.output import MAX_PATH, Json, emit, out
from assay.formats.text import shown

Policy = typer.Option(
    None,
    "--policy",
    exists=True,
    dir_okay=False,
    help="Which witnesses a receipt needs (a tlog-policy file), instead of what the trust root says.",
)


def verify(
    file: list[Path] = typer.Argument(
        exists=True, help="Bundles (folder or tar), packages, results and receipts."
    ),
    trust: Path | None = Trust,
    policy: Path | None = Policy,
    json: bool = Json,
) -> int:
    """Verify bundles, packages, results and receipts offline; a key is never taken from the message."""
    from assay.bootstrap.verify import verify_files

    answers = verify_files(file, trust, policy)
    if json:
        emit(
            {
                "files": [
                    {
                        "file": str(a.path),
                        "kind": a.kind,
                        "holds": a.holds,
                        "says": a.says,
                        "reason": a.reason,
                        "trust": a.trust,
                        **({"grade": a.grade} if a.grade else {}),
                    }
                    for a in answers
                ]
            }
        )
    else:
        console = out()
        for line in dict.fromkeys(answer.trust for answer in answers):
            console.print(f"trust: {shown(line, MAX_PATH)}", soft_wrap=True)
        for answer in answers:
            mark = Text("holds", style="bold green") if answer.holds else Text("FAILS", style="bold red")
            if answer.holds is None:
                mark = Text("could not tell", style="bold yellow")
            said = f"{shown(str(answer.path), MAX_PATH)}  {answer.kind}  {shown(answer.reason or answer.says, 1000)}"
            console.print(Text.assemble(mark, f"  {said}"), soft_wrap=True)
    if any(answer.holds is False for answer in answers):
        return exits.USAGE
    return exits.VALIDATED if all(answer.holds for answer in answers) else exits.UNKNOWN
