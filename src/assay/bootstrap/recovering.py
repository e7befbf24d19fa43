"""``assay office recover``: new passkeys for somebody who lost theirs, from the office's own machine."""

from assay.bootstrap.identity import identity
from assay.bootstrap.undone import database
from assay.office.identity.invite import Invited, address
from assay.office.identity.recovery import recover_here
from assay.office_config.model import OfficeConfig


def recover(config: OfficeConfig, who: str, because: str) -> str:
    """The address of the link; empty where another administrator has to approve first. The office may be running."""
    with database(config) as engine:
        done = recover_here(identity(config, engine), who, because)
    return address(config.origin, done.link) if isinstance(done, Invited) else ""
