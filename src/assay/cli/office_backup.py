"""``assay office backup``, ``restore`` and ``go-on``: an office in a folder, back from it, and signing again."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from assay.cli.office_reseal import Config
from assay.cli.output import Json, Rows, Steps, complain, emit, out
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.adapters.home import Home
    from assay.office_config.model import OfficeConfig

Office = typer.Option(
    None, "--office", file_okay=False, help="The office's folder, instead of the one that the settings name."
)


def settings(config: Path | None, office: Path | None) -> "OfficeConfig":
    from assay.office_config.read import load

    found = load(config)
    return msgspec.structs.replace(found, data=office.absolute()) if office else found


def backup(
    folder: Path = typer.Argument(metavar="DIR", help="New folder for the backup."),
    config: Path | None = Config,
    office: Path | None = Office,
    without_keys: bool = typer.Option(
        False, "--without-keys", help="Leave the keyfiles out: they are backed up elsewhere."
    ),
    json: bool = Json,
) -> None:
    """Copy everything that the office is into a new folder, while it goes on working."""
    from assay.bootstrap.backup import back_up
    from assay.office_config.read import chosen

    steps = Steps(silent=json)
    made = back_up(settings(config, office), folder, steps, keys=not without_keys, settings=chosen(config))
    if json:
        whole = msgspec.to_builtins(made)
        emit(
            {
                "backup": str(folder.resolve()),
                **{key: whole[key] for key in whole if key != "files"},
                "files": len(made.files),
            }
        )
        return
    out().print(
        Rows(
            [
                ("backup", str(folder)),
                ("register", shown(made.origin, 200)),
                ("entries", f"{made.entries:,}"),
                ("files", f"{len(made.files):,}"),
            ]
        )
    )
    if made.keys:
        out().print("It opens everything once the passphrase is known: keep that somewhere else.")


def restore(
    folder: Path = typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Folder of the backup."),
    config: Path | None = Config,
    office: Path | None = Office,
    unopened: bool = typer.Option(
        False, "--unopened", help="Do not open sealed documents to compare them: needs no passphrase."
    ),
    json: bool = Json,
) -> None:
    """Put a backup back into a new folder, verified as a whole. The office then signs nothing until `go-on`."""
    from assay.bootstrap.restore import restore as put_back

    found, steps = settings(config, office), Steps(silent=json)
    done = put_back(found, folder, steps, None if unopened else _secret)
    made = done.manifest
    if json:
        emit(
            {
                "office": str(found.data),
                "origin": made.origin,
                "made": made.made,
                "entries": made.entries,
                "documents": done.documents,
                "missing": list(done.missing),
                "erased": done.erased,
            }
        )
        return
    rows = [
        ("office", str(found.data)),
        ("register", shown(made.origin, 200)),
        ("as of", made.made),
        ("entries", f"{made.entries:,}"),
    ]
    out().print(Rows(rows))
    for digest in done.missing[:20]:
        complain(f"a document is not in the backup: {digest} (erased, or lost before)")
    out().print("Nothing is signed yet. Say how to go on: assay office go-on --help", soft_wrap=True)


def go_on(
    nothing_lost: bool = typer.Option(
        False, "--nothing-lost", help="No entry was recorded after the backup; the witnesses are asked."
    ),
    register: str | None = typer.Option(
        None,
        "--register",
        metavar="DIR|URL|own",
        help="A newer copy of the register's public files: a mirror's, a bucket; 'own' for where the settings keep them.",
    ),
    without: list[str] = typer.Option(
        [], "--without", metavar="WITNESS", help="A witness that need not answer; may be repeated."
    ),
    unwitnessed: bool = typer.Option(
        False, "--unwitnessed", help="The office has no witnesses: nobody can confirm it."
    ),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Let an office sign again that was put back from a backup: when nothing was lost, or its entries are found again."""
    from assay.bootstrap.go_on import go_on as going_on
    from assay.errors import Refused

    if nothing_lost == (register is not None):
        raise Refused("say one of --nothing-lost and --register DIR|URL|own")
    done = going_on(
        settings(config, office),
        register="" if register == "own" else register,
        without=without,
        unwitnessed=unwitnessed,
        tell=Steps(silent=json),
    )
    if json:
        emit(msgspec.to_builtins(done))
        return
    said = f"{done.origin} goes on with {done.entries:,} entries"
    out().print(
        said + (f", confirmed by {', '.join(done.confirmed)}" if done.confirmed else ", confirmed by nobody"),
        soft_wrap=True,
    )


def _secret(home: "Home") -> bytes:
    from assay.bootstrap import passphrase
    from assay.bootstrap.stores import STORAGE_KEY

    return passphrase(home, STORAGE_KEY)
