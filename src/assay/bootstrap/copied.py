"""What another machine of an office needs before it may start: the keys are made once, by the first one, and copied."""

import msgspec
from sqlalchemy import inspect, select

from assay.adapters.home import Home
from assay.adapters.keystore import SUFFIX
from assay.adapters.sql import tables
from assay.adapters.sql.transaction import transaction
from assay.bootstrap import stores
from assay.bootstrap.office import ORIGIN
from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats.note import Note
from assay.office_config.model import OfficeConfig
from assay.register import checkpoint as checkpoints
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogKeys


class Shared(msgspec.Struct, frozen=True):
    """The register in a database that several machines share."""

    size: int
    note: bytes
    """The newest checkpoint that was to be published; empty before the first."""

    @property
    def origin(self) -> str:
        return Checkpoint.parse(Note.parse(self.note, what="checkpoint").text).origin if self.note else ""


def shared(config: OfficeConfig, home: Home) -> Shared | None:
    """None where nobody founded an office there yet, and on SQLite, whose database lies beside its keys."""
    if not config.database.url:
        return None
    engine = stores.engine(config, home)
    try:
        with transaction(engine, reads=True) as connection:
            if not inspect(connection).has_table(tables.head.name):
                return None
            row = connection.execute(select(tables.head.c.size, tables.head.c.note)).first()
    finally:
        engine.dispose()
    return Shared(row.size, bytes(row.note)) if row is not None and row.size else None


def must_have_keys(home: Home, there: Shared | None, names: tuple[str, ...]) -> None:
    """Before any key is made. Unavailable where the database has a register, and the files that go with it are not all here."""
    if there is None:
        return
    missing = [f"keys/{name}{SUFFIX}" for name in names if not home.keys.has(name)]
    missing += [
        name
        for name, path in (("trust.json", home.trust_file), (f"office/{ORIGIN}", home.office / ORIGIN))
        if not path.exists()
    ]
    if missing:
        raise Unavailable(
            f"the database (`database.url`) has a register{_named(there)} with {there.size} entries, and {home.folder} (`data`) "
            f"lacks {', '.join(missing)}: nothing was made here. {_what_to_do(home)}"
        )


def must_be_its_keys(home: Home, there: Shared | None, origin: str, keys: LogKeys) -> None:
    """Before they are trusted. Unavailable where the database's register is another one, or signed by other keys."""
    if there is None or not there.note:
        return
    if there.origin != origin:
        raise Unavailable(
            f"the database (`database.url`) has the register {there.origin}, and {home.office / ORIGIN} says {origin}: "
            f"these keys are another office's. Move {home.folder} (`data`) away. {_what_to_do(home)}"
        )
    known = home.trust().log(origin)
    try:
        checkpoints.open_(there.note, keys if known is None else known.keys.joined(keys))
    except (Malformed, Untrusted) as error:
        raise Unavailable(
            f"the newest checkpoint of {origin} in the database (`database.url`) is signed by other keys than {home.folder} (`data`) "
            f"has: they are another office's, or of before the keys were changed ({error}). {_what_to_do(home)}"
        ) from error


def _named(there: Shared) -> str:
    return f" {there.origin}" if there.note else ""


def _what_to_do(home: Home) -> str:
    return (
        f"Copy keys/, trust.json and office/{ORIGIN} into {home.folder} from the data folder of a machine that serves this office, give it "
        "the same passphrase (ASSAY_PASSPHRASE_FILE), and start again. For a new office name an empty database"
    )
