"""``assay office recover``: somebody lost all passkeys."""

from pathlib import Path

import typer

from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, emit, out


def recover(
    who: str = typer.Argument(help="Mail address or id of the account."),
    because: str = typer.Option(..., help="How you made sure that it is its owner who asks."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Ask that somebody who lost all passkeys gets new ones. The office may be running."""
    from assay.bootstrap.recovering import recover as recovering

    link = recovering(settings(config, office), who, because)
    if json:
        emit({"link": link or None})
    elif link:
        out().print(
            f"{link}\nIt works once, for a day. The old passkeys end when it is used.",
            soft_wrap=True,
            markup=False,
        )
    else:
        out().print("asked; an administrator approves it under Organisations, within a day")
