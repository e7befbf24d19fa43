"""``assay register``: what a register shows, and whether all of it is whole."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli import exits
from assay.cli.check import Trust
from assay.cli.output import Json, Rows, Steps, emit, out
from assay.cli.register_keys import keys
from assay.formats import times
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.register.checkpoint import SignedCheckpoint

Where = typer.Argument(
    metavar="DIR|URL", help="Folder, server or bucket (s3://, gs://, az://) of the register's tiles."
)
Key = typer.Option(
    [], "--key", help="Verifier key of the register, instead of a trust root; may be repeated."
)

app = typer.Typer(help="A register's files.", no_args_is_help=True)
app.command("keys")(keys)


@app.command("show")
def show(where: str = Where, trust: Path | None = Trust, key: list[str] = Key, json: bool = Json) -> None:
    """Show what a register has published, its checkpoint verified."""
    from assay.bootstrap.register import show_register

    found = show_register(where, trust, key)
    head = _head(found.checkpoint)
    if json:
        signatures = [
            {"name": one.name, "key_id": one.key_id, "algorithm": one.algorithm or None}
            for one in found.signatures
        ]
        emit({**head, "signatures": signatures, "files": found.files, "trust": found.trust})
        return
    console = out()
    console.print(f"trust: {found.trust}", soft_wrap=True)
    rows = [*_rows(head), ("files", f"{found.files:,} tiles and bundles")]
    for one in found.signatures:
        by = f"{one.algorithm}, verified" if one.algorithm else "not a key of the register, not verified"
        rows.append(("signed by", f"{shown(one.name, 200)} ({one.key_id}; {by})"))
    console.print(Rows(rows))


@app.command("scrub")
def scrub(where: str = Where, trust: Path | None = Trust, key: list[str] = Key, json: bool = Json) -> int:
    """Recompute a whole register from its entries, and name each file that is damaged, missing or too long."""
    from assay.bootstrap.register import scrub_register

    done = scrub_register(where, trust, key, _Progress(Steps(silent=json)))
    report = done.report
    head = _head(report.checkpoint)
    if json:
        damage = [{"path": one.path, "problem": one.problem} for one in report.damage]
        emit({
            **head, "intact": report.intact, "files": report.files, "damage": damage, "unnamed": report.unnamed,
            "leftovers": list(report.leftovers), "trust": done.trust,
        })  # fmt: skip
    else:
        console = out()
        console.print(f"trust: {done.trust}", soft_wrap=True)
        console.print(Rows(_rows(head)))
        for one in report.damage:
            console.print(f"DAMAGED  {shown(one.path, 200)} {shown(one.problem, 1000)}", soft_wrap=True)
        if report.unnamed:
            console.print(f"and {report.unnamed:,} more")
        for path in report.leftovers[:20]:
            console.print(f"not needed: {shown(path, 200)}", soft_wrap=True)
        if len(report.leftovers) > 20:
            console.print(f"not needed: {len(report.leftovers) - 20:,} more")
        console.print(
            f"intact: {report.files:,} files, all of them as the entries demand"
            if report.intact
            else "not intact"
        )
    return exits.VALIDATED if report.intact else exits.UNKNOWN


def _head(signed: "SignedCheckpoint") -> dict[str, Any]:
    checkpoint = signed.checkpoint
    time = times.encode(datetime.fromtimestamp(signed.timestamp, UTC)) if signed.timestamp else None
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(), "time": time}


def _rows(head: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("register", shown(head["origin"], 200)),
        ("entries", f"{head['size']:,}"),
        ("root", head["root"]),
        ("signed", head["time"] or "at a time that it does not say"),
    ]


class _Progress:
    """A line for each tenth that is done."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._tenth = steps, 0

    def __call__(self, done: int, size: int) -> None:
        tenth = done * 10 // max(size, 1)
        if tenth > self._tenth:
            self._tenth = tenth
            self._steps("scrub", f"{done:,} of {size:,} entries")
