"""``assay import``: a filled common form, as PDF or CSV, becomes an assay.toml."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli import exits
from assay.cli.output import MAX_PATH, Json, Rows, emit, out

if TYPE_CHECKING:
    from assay.bootstrap.importing import Many, One


def import_(
    file: Path = typer.Argument(exists=True, dir_okay=False, help="The filled form (PDF or CSV), or a CSV table with an attestation on each row."),
    output: Path | None = typer.Option(None, "--output", "-o", help="File to write instead of assay.toml here; of a table, a new folder."),
    map_: Path | None = typer.Option(None, "--map", exists=True, dir_okay=False, help="TOML file that says which field is which."),
    dates: str = typer.Option("", "--dates", help="How dates in numbers are meant: mdy or dmy. Without it only those are read that can be meant in one way."),
    all_items: bool = typer.Option(False, "--all-items", help="Claim all twelve items, as the signature of the form does."),
    force: bool = typer.Option(False, "--force", help="Replace an assay.toml that is there."),
    json: bool = Json,
) -> int:  # fmt: skip
    """Turn a filled common form into an assay.toml; tells what was found, what not, and what could not be read."""
    from assay.bootstrap.importing import Asked, Many, import_form

    if dates not in ("", "mdy", "dmy"):
        raise typer.BadParameter(f"{dates!r} is not mdy or dmy", param_hint="--dates")
    asked = Asked(
        source=file,
        output=output,
        map=map_,
        dates="mdy" if dates == "mdy" else "dmy" if dates == "dmy" else "",
        all_items=all_items,
        force=force,
    )
    done = import_form(asked)
    if isinstance(done, Many):
        _tell_many(done, json=json)
        return exits.VALIDATED
    if json:
        emit(_object(done))
    else:
        _tell(done)
    return exits.UNKNOWN if done.reading.unread else exits.VALIDATED


def _tell_many(done: "Many", *, json: bool) -> None:
    if json:
        emit(
            {
                "written": str(done.written.resolve()),
                "attestations": done.attestations,
                "unknown": list(done.unknown),
            }
        )
        return
    console = out()
    console.print(f"wrote {done.attestations} attestations into {done.written}", soft_wrap=True)
    if done.unknown:
        console.print(f"columns not read: {', '.join(done.unknown)}", soft_wrap=True)


def _object(done: "One") -> dict[str, Any]:
    reading = done.reading
    return {
        "written": str(done.written.resolve()),
        "found": [{"field": str(field), "at": at} for field, at in reading.found],
        "missing": list(reading.missing),
        "unread": [{"at": at, "reason": reason} for at, reason in reading.unread],
        "unknown": list(reading.unknown),
        "signatures": list(reading.signatures),
        "notes": list(done.notes),
    }


def _tell(done: "One") -> None:
    from assay.formats.text import shown

    console, reading = out(), done.reading
    console.print(f"found {len(reading.found)} fields:")
    console.print(Rows([(str(field), shown(at)) for field, at in reading.found]))
    for title, rows in (
        ("not found, or empty", [(", ".join(reading.missing),)] if reading.missing else []),
        ("could not be read", [(shown(at), shown(reason, 400)) for at, reason in reading.unread]),
        ("known as no field of the form (--map FILE says what they are)", [(shown(at), "") for at in reading.unknown]),
        ("not a machine-readable signature; `assay sign` makes one", [(shown(at), "") for at in reading.signatures]),
    ):  # fmt: skip
        if rows:
            console.print(f"{title}:")
            console.print(Rows(rows))
    for note in done.notes:
        console.print(f"the file {note}", soft_wrap=True)
    console.print(
        f"wrote {shown(str(done.written), MAX_PATH)}; next: read it over, then `assay attest .`",
        soft_wrap=True,
    )
