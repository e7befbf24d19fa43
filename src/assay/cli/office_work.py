"""``assay office work``: what waits, what was given up, and once more."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli import exits
from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, Rows, emit, out
from assay.formats import times
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.bootstrap.undone import Undone

MAX_LISTED = 1000


def work(
    again: list[str] = typer.Option(
        [], "--again", metavar="KEY", help="Put back what was given up; may be repeated."
    ),
    let_go: list[str] = typer.Option(
        [],
        "--let-go",
        metavar="KEY",
        help="A mail or webhook that was given up is never sent; may be repeated.",
    ),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> int:
    """Show what the office has still to do, and what it gave up, with the reasons. It may be running."""
    from assay.bootstrap.undone import undone

    found = undone(settings(config, office), again, let_go, MAX_LISTED)
    if json:
        emit(_document(found))
    else:
        _show(found)
    return exits.NOT_VALIDATED if found.dead else exits.VALIDATED


def _document(found: "Undone") -> dict[str, Any]:
    return {
        "again": list(found.again),
        "let_go": list(found.let_go),
        "waiting": [
            {
                "kind": one.kind,
                "waiting": one.waiting,
                "dead": one.dead,
                "soonest": times.encode(one.soonest) if one.soonest else None,
            }
            for one in found.waiting
        ],
        "dead": [
            {
                "key": one.due.key,
                "kind": one.due.kind,
                "subject": one.due.subject,
                "attempts": one.attempts,
                "since": times.encode(one.since),
                "why": one.why,
            }
            for one in found.dead
        ],
    }


def _show(found: "Undone") -> None:
    console = out()
    for key in found.again:
        console.print(f"put back: {shown(key)}", markup=False)
    for key in found.let_go:
        console.print(f"let go: {shown(key)}", markup=False)
    console.print(
        Rows(
            [
                (one.kind, f"{one.waiting:,} waiting", f"{one.dead:,} given up", _when(one.soonest))
                for one in found.waiting
                if one.waiting or one.dead
            ]
            or [("nothing waits",)]
        )
    )
    for letter in found.dead:
        console.print("")
        console.print(
            Rows(
                [
                    ("given up", shown(letter.due.key)),
                    ("about", shown(letter.due.subject)),
                    ("attempts", f"{letter.attempts}, the last on {times.encode(letter.since)}"),
                    ("because", shown(letter.why, 400)),
                ]
            )
        )


def _when(soonest: Any) -> str:
    return f"next {times.encode(soonest)}" if soonest else ""
