"""``assay office reseal``: another key for the office's documents."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.output import Json, Steps, complain, emit, out

Config = typer.Option(
    None,
    "--config",
    exists=True,
    dir_okay=False,
    help="office.toml, instead of ASSAY_OFFICE_CONFIG or the one here.",
)


def reseal(config: Path | None = Config, json: bool = Json) -> int:
    """Wrap the keys of all documents by a new key, and forget the old one. No other process of the office may run."""
    from assay.adapters.home import Home
    from assay.bootstrap import passphrase
    from assay.bootstrap.stores import STORAGE_KEY, replace_storage_key
    from assay.office_config.read import load

    settings = load(config)
    home, steps = Home(settings.data), Steps(silent=json)
    done = replace_storage_key(settings, home, passphrase(home, STORAGE_KEY), lambda line: steps("key", line))
    if json:
        emit({"keys": done.keys, "changed": done.changed, "lost": list(done.lost)})
    else:
        out().print(f"{done.keys:,} documents, {done.changed:,} of them wrapped by the new key")
    if done.lost:
        complain(
            f"{len(done.lost):,} open with no key, such as {done.lost[0]}; the old keys stay in the keyfile"
        )
    return exits.UNKNOWN if done.lost else exits.VALIDATED
