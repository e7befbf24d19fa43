"""The mark of an office that was put back from a backup: nothing is signed until its operator has said how to go on."""

from pathlib import Path
from typing import Literal

import msgspec

from assay.adapters.filesystem import write_whole
from assay.adapters.home import Home
from assay.collect.files import read_plain
from assay.errors import Unavailable
from assay.formats import strict_json
from assay.office.log import entry
from assay.office.office import Office
from assay.register.leaf import Kind

MARK = "restored.json"
LOSS = "loss.json"
LIMIT = 64 * 1024


class Restored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:restored:1"] = "urn:assay:restored:1"
    origin: str
    entries: int
    made: str
    """When the backup was made, RFC 3339."""


class Loss(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an office says in its register of entries whose meaning it lost. Public."""

    format: Literal["urn:assay:loss:1"] = "urn:assay:loss:1"
    origin: str
    first: int
    """The first entry whose openings are lost."""
    end: int
    """One more than the last."""
    found: str
    """When it was found, RFC 3339."""
    backup: str
    """When the backup that the office was put back from was made."""


def path(home: Home) -> Path:
    return home.office / MARK


def mark(folder: Path, restored: Restored) -> None:
    write_whole(folder / MARK, strict_json.pretty(restored), mode=0o600)


def found(home: Home) -> Restored | None:
    place = path(home)
    if not place.exists():
        return None
    return strict_json.decode(read_plain(place, limit=LIMIT), Restored, what=str(place), limit=LIMIT)


def must_be_settled(home: Home) -> None:
    """Unavailable while the office carries the mark. Asked before anything of it is opened that could sign."""
    one = found(home)
    if one is not None:
        raise Unavailable(
            f"this office was put back from a backup of {one.made} with {one.entries} entries: nothing is signed for {one.origin} "
            "until you have said how to go on; see `assay office go-on --help`"
        )


def record_loss(home: Home, office: Office) -> int | None:
    """Say in the register which entries have lost their meaning, if that is still to be said; its entry."""
    place = home.office / LOSS
    if not place.exists():
        return None
    data = read_plain(place, limit=LIMIT)
    loss = strict_json.decode(data, Loss, what=str(place), limit=LIMIT)
    document = office.blobs.put(strict_json.encode(loss))
    values = {"actor": office.name, "outcome": "openings lost"}
    done = office.register.append(entry(office, Kind.CORRECTION, document, values, office.clock.now(), None))
    # A crash here leaves the file: the same is said once more.
    try:
        place.unlink()
    except OSError as error:
        raise Unavailable(f"cannot remove {place}: {error.strerror or error}") from error
    return done.index
