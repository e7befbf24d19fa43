"""``assay office migrate``: the database in the form that this program needs."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, emit, out


def migrate(
    check: bool = typer.Option(False, "--check", help="Only say what form it has."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> int:
    """Bring the office's database into the form that this program needs. Stop the office and make a backup first."""
    from assay.adapters.sql.schema import HEAD
    from assay.bootstrap.migrate import migrate as bring

    done = bring(settings(config, office), check=check)
    before = done.before
    if json:
        emit(
            {
                "form": before.form,
                "before": before.revision,
                "now": done.now,
                "needed": HEAD,
                "differences": list(before.differences),
            }
        )
    else:
        out().print(_said(before.form, before.revision, done.now, HEAD))
        for line in before.differences:
            out().print(f"  {line}", markup=False)
    waiting = check and before.form != "current"
    return exits.NOT_VALIDATED if waiting else exits.VALIDATED


def _said(form: str, before: str, now: str, needed: str) -> str:
    if form == "current":
        return f"the database has form {now}, as it should"
    if now == needed:
        return f"the database was {before or form}, and has form {now} now"
    return f"the database is {before or form}, this program needs {needed}"
