"""``assay office rotate``: the register of an office gets other keys."""

from pathlib import Path

from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, emit, out


def rotate(config: Path | None = Config, office: Path | None = Office, json: bool = Json) -> None:
    """Replace the keys of the office's register, by an entry under the old ones and a checkpoint under both."""
    from assay.bootstrap.rotating import rotate_register

    done = rotate_register(settings(config, office))
    if json:
        emit({"origin": done.origin, "entry": done.entry})
    else:
        out().print(
            f"entry {done.entry} of {done.origin} changes its keys\n"
            "those who trust the old ones need the key history: assay register keys URL/register/",
            soft_wrap=True,
            markup=False,
        )
