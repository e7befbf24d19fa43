"""``assay office refer``: hand a case that failed on to somebody else, with everything and its proofs."""

from pathlib import Path

import typer

from assay.cli.office_backup import Office, settings
from assay.cli.office_erase import Entry
from assay.cli.office_reseal import Config
from assay.cli.output import MAX_PATH, Json, emit, out
from assay.formats.text import shown


def refer(
    entry: int = Entry,
    to: str = typer.Option("", "--to", help="To whom; without it a referral that was made is written again."),
    because: str = typer.Option("", "--because", help="Why; it stands in the package and in the register's record."),
    restricted: bool = typer.Option(False, "--restricted", help="With the customer list and third-party assessments: only where the receiver is entitled to them."),
    number: int = typer.Option(0, "--number", min=0, help="Which referral is written again; else the newest."),
    output: Path | None = typer.Option(None, "--output", "-o", help="File for the package, a tar."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:  # fmt: skip
    """Refer the submission that an entry is about, and write its package, which `assay verify` verifies offline."""
    from assay.bootstrap.referring import handed_on, refer_case

    read = settings(config, office)
    if to:
        done = refer_case(read, entry, to, because, restricted=restricted, output=output)
    elif output is not None:
        done = handed_on(read, entry, number, output)
    else:
        raise typer.BadParameter("say --to whom, or where to write the package (--output)")
    if json:
        emit(
            {
                "submission": str(done.case.payload),
                "referral": done.number or None,
                "package": done.package or None,
                "bytes": done.size,
                "written": str(done.written.resolve()) if done.written else None,
            }
        )
        return
    if not done.number:
        out().print(
            "proposed: another officer has to approve it; then write it with --output", soft_wrap=True
        )
        return
    out().print(f"referral {done.number}: package {done.package}, {done.size:,} bytes", soft_wrap=True)
    if done.written:
        out().print(f"wrote {shown(str(done.written), MAX_PATH)}", soft_wrap=True)
