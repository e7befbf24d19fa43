"""``assay collect``: what would be evidence, and what would not."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli.output import Json, emit, out, table

if TYPE_CHECKING:
    from assay.collect.gather import Gathered

Release = typer.Option(
    [],
    "--release",
    exists=True,
    dir_okay=False,
    help="A file of the release; may be repeated. Without it: matching files in dist/.",
)


def collect(
    path: Path = typer.Argument(Path(), exists=True, file_okay=False, help="Folder of the project."),
    release: list[Path] = Release,
    output: Path | None = typer.Option(
        None, "--output", "-o", help="Folder to write the artifacts to, by digest."
    ),
    json: bool = Json,
) -> None:
    """Gather the artifacts of a project; writes them only with --output."""
    from assay.adapters.filesystem import write_whole
    from assay.bootstrap.provide import collected
    from assay.formats.bundle import artifact_path
    from assay.formats.text import shown

    gathered = collected(path, release)
    if output is not None:
        for found in gathered.artifacts:
            write_whole(output / artifact_path(found.digest), found.data)
    if json:
        emit(_object(gathered, output))
        return
    rows = [
        (
            a.kind,
            a.name + ("  (generated)" if a.name in gathered.generated else ""),
            f"{len(a.data):,}",
            a.digest.short,
        )
        for a in sorted(gathered.artifacts, key=lambda a: (a.kind, a.name))
    ]
    out().print(table(("kind", "artifact", "bytes", "sha-256"), rows))
    for item in gathered.skipped:
        out().print(f"left out {shown(item.name)}: {shown(item.reason, 400)}")
    if output is not None:
        out().print(f"wrote {len(rows)} artifacts under {output}")


def _object(gathered: "Gathered", output: Path | None) -> dict[str, Any]:
    artifacts = [
        {
            "name": found.name,
            "kind": found.kind,
            "digest": str(found.digest),
            "size": len(found.data),
            "generated": found.name in gathered.generated,
        }
        for found in gathered.artifacts
    ]
    return {
        "artifacts": artifacts,
        "skipped": [{"name": item.name, "reason": item.reason} for item in gathered.skipped],
        "output": str(output.resolve()) if output else None,
    }
