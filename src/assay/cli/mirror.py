"""``assay mirror``: copy a register, verified, and serve the copy."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from assay.cli.check import Trust
from assay.cli.monitor import CODES, Every, Key, Once, one_of
from assay.cli.output import Json, emit, emit_line, out
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.bootstrap.mirror import Done


def mirror(
    source: str = typer.Argument(metavar="SOURCE", help="Server, bucket or folder of the register's tiles."),
    destination: Path = typer.Argument(
        metavar="DEST_DIR", file_okay=False, help="Folder of the copy; made when it is not there."
    ),
    serve: str = typer.Option(
        "", "--serve", metavar="HOST:PORT", help="Serve the copy over HTTP until stopped."
    ),
    trust: Path | None = Trust,
    key: list[str] = Key,
    every: float | None = Every,
    once: bool = Once,
    json: bool = Json,
) -> int:
    """Copy a register, keeping only what its signed root vouches for, and serve the copy. Exit 1: not followed; 3: could not tell."""
    from assay.bootstrap.mirror import Copying, mirror

    one_of(every, once=once)
    single = every is None and not serve
    write = emit if single else emit_line

    def tell(done: "Done") -> None:
        write(_document(done)) if json else _print(done, destination)

    def ready(url: str) -> None:
        write({"url": url}) if json else out().print(f"serving {url}", soft_wrap=True)

    what = Copying(
        where=source, destination=destination, trust=trust, vkeys=tuple(key), every_s=every, serve=serve
    )
    return CODES[mirror(what, tell, ready).copied.state]


def _document(done: "Done") -> dict[str, Any]:
    copied = done.copied
    return {
        "state": copied.state,
        "origin": copied.origin or None,
        "size": copied.size,
        "new": copied.new,
        "alarms": list(copied.alarms),
        "evidence": list(copied.evidence),
        "unknown": list(copied.unknown),
        "waiting": list(copied.waiting),
        "trust": done.trust,
    }


def _print(done: "Done", folder: Path) -> None:
    copied, console = done.copied, out()
    if copied.origin:
        console.print(
            f"{shown(copied.origin, 200)}  {copied.size:,} entries, {copied.new:,} new", soft_wrap=True
        )
    for line in copied.alarms:
        console.print(Text.assemble(("NOT FOLLOWED", "bold red"), f"  {shown(line, 1000)}"), soft_wrap=True)
    for path in copied.evidence:
        console.print(f"evidence: {folder / path}", soft_wrap=True)
    for line in copied.unknown:
        console.print(
            Text.assemble(("could not tell", "bold yellow"), f"  {shown(line, 1000)}"), soft_wrap=True
        )
    for digest in copied.waiting:
        console.print(f"not at the source yet: {digest}", soft_wrap=True)
