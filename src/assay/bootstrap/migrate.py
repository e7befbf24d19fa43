"""``assay office migrate``: the office's database in the form that this program needs."""

import msgspec

from assay.adapters.home import Home
from assay.adapters.sql import schema
from assay.adapters.sql.schema import Found
from assay.bootstrap import stores
from assay.bootstrap.office import DATABASE
from assay.errors import Unavailable
from assay.office_config.model import OfficeConfig


class Migrated(msgspec.Struct, frozen=True):
    before: Found
    now: str
    """The step that it has now."""


def migrate(config: OfficeConfig, *, check: bool) -> Migrated:
    """Bring it there, or only look. No other process of the office may run."""
    home = Home(config.data)
    url = stores.database_url(config)
    if not url and not (home.office / DATABASE).is_file():
        raise Unavailable(f"{home.office} is no office: {DATABASE} is missing")
    with home.locked():
        engine = stores.engine(config, home)
        try:
            if check:
                found = schema.look(engine)
                return Migrated(found, found.revision)
            found = schema.migrate(engine)
            return Migrated(found, schema.HEAD)
        finally:
            engine.dispose()
