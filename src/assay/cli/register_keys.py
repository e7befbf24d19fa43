"""``assay register keys``: how a register's keys changed, as a file that proves it."""

from pathlib import Path

import typer

from assay.cli.check import Trust
from assay.cli.output import MAX_PATH, Json, emit, out
from assay.formats.text import shown


def keys(
    where: str = typer.Argument(metavar="DIR|URL", help="Folder, server or bucket of the register's tiles."),
    output: Path = typer.Option(Path("key-history.json"), "--output", "-o", help="File to write."),
    trust: Path | None = Trust,
    key: list[str] = typer.Option(
        [], "--key", help="Verifier key of the register, instead of a trust root; may be repeated."
    ),
    json: bool = Json,
) -> None:
    """Write the history of a register's keys, for those who know the keys of one period only."""
    from assay.bootstrap.key_histories import collect

    done = collect(where, trust, key, output)
    if json:
        emit(
            {
                "written": str(done.written.resolve()),
                "origin": done.origin,
                "changes": done.changes,
                "size": done.size,
                "trust": done.trust,
            }
        )
        return
    said = f"wrote {shown(str(done.written), MAX_PATH)}: {done.changes} {'change' if done.changes == 1 else 'changes'} of keys in {done.size:,} entries of {done.origin}"
    out().print(said, soft_wrap=True, markup=False)
