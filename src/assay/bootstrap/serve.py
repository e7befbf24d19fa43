"""``assay serve``: the office behind HTTP, and the worker that does what is due."""

from collections.abc import Callable

from assay.bootstrap.service import desk as opened
from assay.bootstrap.working import working
from assay.office.identity.invite import address, first_administrator
from assay.office_config.model import OfficeConfig
from assay.web.api.app import LIMITS, app
from assay.web.serving import Address, require, serve


def run(config: OfficeConfig, tell: Callable[[str, str], None]) -> None:
    """Until the process is told to stop. *tell* hears what happens: (what, line)."""
    require()
    host, port = config.address
    with opened(config) as desk, working(desk, config, tell):

        def ready(url: str) -> None:
            invited = first_administrator(desk.identity, name=config.name)
            tell("serving", url)
            if invited is not None:
                tell("administrator", address(desk.url, invited.link))

        serve(app(desk), Address(host, port), ready=ready, limits=LIMITS)
