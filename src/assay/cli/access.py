"""``assay access``: artifacts of submissions at an office over HTTP: read them, ask for them, see who did."""

from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.table import Table

from assay.cli.output import Json, emit, out
from assay.cli.submission import Id, OfficeUrl, digest, named
from assay.formats.text import shown

app = typer.Typer(
    help="Artifacts of submissions at an office: read them, ask for them, see who did.", no_args_is_help=True
)


@app.command("list")
def listed(payload: str = Id, office: str = OfficeUrl, json: bool = Json) -> int:
    """The artifacts of a submission, and whether you may read them."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = list(client.artifacts(named(office, payload)))
    if json:
        emit({"artifacts": [msgspec.to_builtins(one) for one in found]})
        return 0
    rows = [
        (one.kind, shown(one.title or one.name, 60), "yes" if one.readable else "no", one.id) for one in found
    ]
    _table(("kind", "title", "readable", "id"), rows)
    return 0


@app.command("fetch")
def fetch(
    payload: str = Id,
    artifact: str = typer.Argument(metavar="ARTIFACT", help="SHA-256 of the artifact, in hexadecimal."),
    office: str = OfficeUrl,
    output: Path = typer.Option(..., "--output", "-o", metavar="FILE", help="Where it is written."),
    reason: str = typer.Option("", "--reason", help="Why, for people of the office; its provider sees it."),
    json: bool = Json,
) -> int:
    """Read an artifact that is your organisation's, or that it was granted. Its provider sees that it was read."""
    from assay.adapters.filesystem import write_whole
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        data = client.artifact(named(office, payload), digest(artifact, what="ARTIFACT"), reason)
    write_whole(output, data)
    if json:
        emit({"file": str(output.resolve()), "bytes": len(data)})
    else:
        out().print(f"{len(data)} bytes in {output}", soft_wrap=True)
    return 0


@app.command("request")
def request(
    payload: str = Id,
    office: str = OfficeUrl,
    reason: str = typer.Option(..., "--reason", help="What you need it for; the provider reads it."),
    artifact: list[str] = typer.Option(
        [], "--artifact", metavar="ARTIFACT", help="SHA-256 of one; may be repeated. None: all of it."
    ),
    json: bool = Json,
) -> int:
    """Ask a provider to let your organisation read artifacts of a submission."""
    from assay.bootstrap.remote import office as reach

    wanted = [digest(one, what="--artifact") for one in artifact]
    with reach(office) as client:
        made = client.ask_access(named(office, payload), reason, wanted)
    if json:
        emit({"grant": msgspec.to_builtins(made)})
    else:
        out().print(f"{made.id}: {made.state}", soft_wrap=True)
    return 0


@app.command("grants")
def grants(office: str = OfficeUrl, json: bool = Json) -> int:
    """Who asked for what, and what became of it, the newest first."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = list(client.grants())
    if json:
        emit({"grants": [msgspec.to_builtins(one) for one in found]})
        return 0
    rows = [
        (
            f"{one.asked:%Y-%m-%d}",
            shown(one.name, 40),
            one.state,
            f"{one.until:%Y-%m-%d}" if one.until else "",
            one.case[:12],
            one.id,
        )
        for one in found
    ]
    _table(("asked", "by", "state", "until", "case", "id"), rows)
    return 0


@app.command("end")
def end(
    grant: str = typer.Argument(metavar="GRANT", help="Id of a grant, as `assay access grants` prints it."),
    office: str = OfficeUrl,
    json: bool = Json,
) -> int:
    """Give a grant back, or take back the wish for one."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        client.end_access(grant)
    if json:
        emit({"ended": grant})
    else:
        out().print(f"{shown(grant, 40)}: ended")
    return 0


@app.command("log")
def log(
    office: str = OfficeUrl,
    case: str = typer.Option("", "--case", metavar="ID", help="Of one submission only."),
    json: bool = Json,
) -> int:
    """Who read artifacts of your organisation, and who was let in, the newest first."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = list(client.access_log(digest(case, what="--case") if case else None))
    if json:
        emit({"accesses": [msgspec.to_builtins(one) for one in found]})
        return 0
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M}",
            one.what,
            shown(one.name or one.organisation, 40),
            shown(one.reason, 60),
            one.artifact.removeprefix("sha256:")[:12],
        )
        for one in found
    ]
    _table(("at", "what", "who", "reason", "artifact"), rows)
    return 0


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=name in ("id", "at"))
    for row in rows:
        table.add_row(*row)
    out().print(table)
