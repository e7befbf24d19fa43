"""``assay draw``: verify how submissions were drawn, without trusting the office."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.text import Text

from assay.cli import exits
from assay.cli.check import Trust
from assay.cli.monitor import Chain, Key
from assay.cli.output import MAX_PATH, Json, Rows, emit, out, table
from assay.cli.submission import OfficeUrl
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.bootstrap.draws import Audited

CODES = {"yes": exits.VALIDATED, "no": exits.NOT_VALIDATED, "unknown": exits.UNKNOWN}
STYLES = {"yes": "bold green", "no": "bold red", "unknown": "bold yellow"}

app = typer.Typer(help="Draws of an office.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Draws of an office."""


@app.command("list")
def listed(office: str = OfficeUrl, json: bool = Json) -> int:
    """The draws of an office that is reached over HTTP, the newest first. Exit 1 where one is overdue."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = list(client.draws())
    if json:
        emit({"draws": [msgspec.to_builtins(one) for one in found]})
    elif found:
        rows = [
            (one.number, one.state, f"{one.at:%Y-%m-%d %H:%M}", f"{one.drawn} of {one.frame}" if one.state == "drawn" else f"of {one.frame}", one.entry, one.label)
            for one in found
        ]  # fmt: skip
        out().print(table(("draw", "state", "round out", "drawn", "entry", ""), rows))
    else:
        out().print("there has been no draw yet")
    return exits.NOT_VALIDATED if any(one.state == "overdue" for one in found) else exits.VALIDATED


@app.command("verify")
def verify(
    file: list[Path] = typer.Argument(
        None,
        exists=True,
        dir_okay=False,
        help="Receipts of commit and result, their documents, checkpoints, key history, office policy.",
    ),
    register: str | None = typer.Option(
        None, metavar="DIR|URL", help="The register's tiles, for what is not among the files."
    ),
    entry: int | None = typer.Option(
        None, min=0, help="Index of the draw-commit in the register, instead of its receipt."
    ),
    office: str = typer.Option(
        "", "--office", metavar="URL", help="An office, instead of its register and the entry."
    ),
    draw: int = typer.Option(0, "--draw", min=0, help="Number of the draw there."),
    beacon: str | None = typer.Option(
        None, metavar="FILE|DIR|URL", help="The beacon's round: its file, a folder of rounds, or a server."
    ),
    chain: Path | None = Chain,
    policy: Path | None = typer.Option(
        None,
        exists=True,
        dir_okay=False,
        help="Which witnesses count (a tlog-policy file), instead of what the trust root says.",
    ),
    trust: Path | None = Trust,
    key: list[str] = Key,
    json: bool = Json,
) -> int:
    """Recompute a draw from its public documents: each step yes, no or unknown. Exit 1: a no; 3: an unknown."""
    from assay.bootstrap.draws import Asked, verify_draw
    from assay.bootstrap.remote import register_of

    if bool(office) != bool(draw) or (office and (register or entry is not None)):
        raise typer.BadParameter("--office goes with --draw, instead of --register and --entry")
    if office:
        register, entry = register_of(office, draw)
    if entry is not None and register is None:
        raise typer.BadParameter("--entry is an entry of a --register")
    done = verify_draw(
        Asked(
            files=tuple(file or ()), register=register, entry=entry, beacon=beacon, chain=chain, policy=policy,
            trust=trust, vkeys=tuple(key),
        )
    )  # fmt: skip
    if json:
        emit(_document(done))
    else:
        _print(done)
    return CODES[done.answer]


def _document(done: "Audited") -> dict[str, object]:
    beacon, result = done.commit.beacon, done.result
    return {
        "answer": done.answer,
        "draw": done.commit.number,
        "entry": done.entry,
        "label": done.commit.label or None,
        "beacon": None if beacon is None else {"name": beacon.name, "round": beacon.round},
        "steps": [{"step": one.name, "answer": one.answer, "says": one.says} for one in done.steps],
        "selected": None if result is None else list(result.selected),
        "trust": done.trust,
    }


def _print(done: "Audited") -> None:
    console = out()
    console.print(f"trust: {shown(done.trust, MAX_PATH)}", soft_wrap=True)
    label = f"  {done.commit.label}" if done.commit.label else ""
    console.print(f"draw {done.commit.number}{label}", soft_wrap=True)
    console.print(
        Rows(
            [
                (Text(one.answer, style=STYLES[one.answer]), one.name, shown(one.says, 1000))
                for one in done.steps
            ]
        )
    )
    said = {"yes": "holds", "no": "DOES NOT HOLD", "unknown": "could not tell"}[done.answer]
    console.print(Text(said, style=STYLES[done.answer]))
