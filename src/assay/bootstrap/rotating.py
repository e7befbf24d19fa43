"""``assay office rotate``: other keys for the register of an office that is a service."""

import msgspec

from assay.adapters.home import Home
from assay.bootstrap import SERVICE_KEY
from assay.bootstrap.kept import leading
from assay.bootstrap.office import change_keys
from assay.bootstrap.service import desk, office_passphrase
from assay.office_config.model import OfficeConfig


class Done(msgspec.Struct, frozen=True):
    origin: str
    entry: int
    """That records the change."""


def rotate_register(config: OfficeConfig) -> Done:
    """No other process of the office may run. After a crash in here the next start of the office finishes it, or knows nothing of it."""
    home = Home(config.data)
    with desk(config) as found:
        office = found.service.office
        register = leading(office.register)
        change_keys(home, office, register, office_passphrase(home), SERVICE_KEY)
        return Done(office.origin, register.size() - 1)
