"""``assay office``: the office on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli import (
    exits,
    office_backup,
    office_erase,
    office_exploited,
    office_migrate,
    office_recover,
    office_refer,
    office_reseal,
    office_rotate,
    office_work,
)
from assay.cli.output import Json, Rows, complain, emit, out
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.bootstrap.rebuild import Outcome

SHOWN = 20
"""Lines of one kind; --json has them all."""

Office = typer.Option(
    None, "--office", exists=True, file_okay=False, help="Folder of the office; else .assay here."
)

app = typer.Typer(help="The office on this machine.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The office on this machine."""


app.command("backup")(office_backup.backup)
app.command("restore")(office_backup.restore)
app.command("go-on")(office_backup.go_on)
app.command("erase")(office_erase.erase)
app.command("hold")(office_erase.hold)
app.command("retention")(office_erase.retention)
app.command("exploited")(office_exploited.exploited)
app.command("refer")(office_refer.refer)
app.command("migrate")(office_migrate.migrate)
app.command("recover")(office_recover.recover)
app.command("rotate")(office_rotate.rotate)
app.command("reseal")(office_reseal.reseal)
app.command("work")(office_work.work)


@app.command("rebuild")
def rebuild(
    office: Path | None = Office,
    output: Path | None = typer.Option(
        None, "--out", help="Write the new database there, and replace nothing."
    ),
    receipt: list[Path] = typer.Option(
        [], "--receipt", exists=True, dir_okay=False, help="A receipt that somebody holds; may be repeated."
    ),
    lose_tail: bool = typer.Option(
        False, "--lose-tail", help="Go on although entries are known to be missing at the end."
    ),
    json: bool = Json,
) -> int:
    """Make the office's database again from its register, openings and blobs, and compare it with the older one."""
    from assay.adapters.home import Home
    from assay.bootstrap import home
    from assay.bootstrap.rebuild import rebuild_office

    done = rebuild_office(Home(office) if office else home(), output, receipt, lose_tail=lose_tail)
    if json:
        emit(_document(done))
    else:
        _show(done)
    return exits.VALIDATED if done.whole else exits.UNKNOWN


def _document(done: "Outcome") -> dict[str, Any]:
    made = done.rebuilt
    return {
        "origin": done.origin,
        "entries": made.size,
        "published": made.published,
        "submissions": dict(sorted(made.submissions.items())),
        "erased": list(made.erased),
        "recovered": made.recovered,
        "losses": list(made.losses),
        "lost": made.lost,
        "lost_tail": list(made.unknown_tail),
        "receipts": done.receipts,
        "older": {"state": done.older, "reason": done.reason},
        "differences": list(done.differences),
        "different": done.different,
        "database": str(done.database) if done.database else None,
        "aside": str(done.aside) if done.aside else None,
    }


def _show(done: "Outcome") -> None:
    made, console = done.rebuilt, out()
    states = ", ".join(f"{count} {state}" for state, count in sorted(made.submissions.items())) or "none"
    rows = [("register", shown(done.origin, 200)), ("entries", f"{made.size:,}"), ("submissions", states)]
    if made.size > made.published:
        rows.append(
            ("not published", f"entries {made.published} to {made.size - 1}, from the older database")
        )
    if made.erased:
        rows.append(("erased", f"the openings of {len(made.erased):,} entries"))
    if made.recovered:
        rows.append(("recovered", f"the openings of {made.recovered:,} entries, from the older database"))
    rows.append(
        ("older database", _OLDER[done.older] + (f": {shown(done.reason, 300)}" if done.reason else ""))
    )
    if done.database:
        rows.append(("new database", str(done.database)))
    if done.aside:
        rows.append(("moved aside", str(done.aside)))
    console.print(Rows(rows))
    for title, lines, count in (
        ("lost", made.losses, made.lost),
        ("different", done.differences, done.different),
        ("missing at the end", made.unknown_tail, len(made.unknown_tail)),
    ):
        if lines:
            console.print(f"{title}: {count:,}")
            console.print(Rows([(shown(line, 400),) for line in lines[:SHOWN]]))
    if not done.database:
        complain(
            "entries are known to be missing at the end, so nothing was replaced; --lose-tail goes on without them"
        )


_OLDER = {
    "absent": "none",
    "unreadable": "cannot be read",
    "same": "all that it holds is the same",
    "different": "differs, see below",
}
