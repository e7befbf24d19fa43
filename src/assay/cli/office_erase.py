"""``assay office erase``, ``hold`` and ``retention``: erasing what a submission means, and what keeps it from that."""

from pathlib import Path
from typing import Literal

import msgspec
import typer

from assay.cli import exits
from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, complain, emit, out, table
from assay.formats import times
from assay.formats.text import shown

Entry = typer.Argument(min=0, help="Index of an entry of the register that is about the submission.")


def erase(
    entry: int = Entry,
    reason: Literal["retention", "request", "court", "mistake"] = typer.Option(
        ..., help="Why; it stands in the register's record."
    ),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Erase the openings and documents of a submission, and its names in the database. There is no way back."""
    from assay.bootstrap.erasing import erase as erasing

    if not yes:
        typer.confirm(
            f"Erase all that the submission of entry {entry} means, for ever?", abort=True, err=True
        )
    done = erasing(settings(config, office), entry, reason)
    if json:
        emit(
            {
                "record": done.record,
                "entries": list(done.entries),
                "documents": done.documents,
                "kept": [str(one) for one in done.kept],
            }
        )
        return
    said = f"erased the openings of {len(done.entries)} entries and {done.documents} documents; recorded as entry {done.record}"
    out().print(
        said + (f"; {len(done.kept)} documents stay, another submission uses them" if done.kept else ""),
        soft_wrap=True,
    )
    out().print("Older backups still have it: let none live longer than your policy's retention.")


def hold(
    entry: int = Entry,
    because: str = typer.Option(..., help="Why; it stands in the audit trail."),
    lift: bool = typer.Option(False, "--lift", help="Lift the hold instead of setting it."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Set a legal hold on a submission, so that nothing of it is erased; or lift it."""
    from assay.bootstrap.erasing import hold as holding

    case = holding(settings(config, office), entry, held=not lift, because=because)
    if json:
        emit({"submission": str(case.payload), "held": case.held})
    else:
        out().print(
            f"{case.payload.short} {'is under a legal hold' if case.held else 'is no longer under a legal hold'}"
        )


def retention(
    erase_them: bool = typer.Option(False, "--erase", help="Erase what is due; without it is only listed."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> int:
    """List the submissions whose time to be kept is over by the office's policy, and erase them if that is wanted."""
    from assay.bootstrap.erasing import sweep

    swept = sweep(settings(config, office), erase_them=erase_them)
    failed = [one for one in swept if one.reason]
    if json:
        rows = [
            {
                "submission": str(one.case.payload),
                "entry": one.case.entry,
                "stage": one.case.stage,
                "ended": times.encode(one.case.changed),
                "erased": msgspec.structs.asdict(one.erased)["record"] if one.erased else None,
                "reason": one.reason,
            }
            for one in swept
        ]
        emit({"due": rows})
    elif swept:
        lines = [
            (
                one.case.entry,
                one.case.stage,
                times.encode(one.case.changed),
                f"recorded as entry {one.erased.record}" if one.erased else shown(one.reason, 200),
            )
            for one in swept
        ]
        out().print(table(("entry", "stage", "since", "erased"), lines))
    else:
        out().print("nothing is due")
    for one in failed:
        complain(f"entry {one.case.entry} was not erased: {one.reason}")
    return exits.UNKNOWN if failed else exits.VALIDATED
