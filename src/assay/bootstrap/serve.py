"""``assay serve``: the office behind HTTP, and the worker that does what is due."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

import msgspec
from litestar.concurrency import set_asyncio_executor

from assay.bootstrap.cosigning import cosigning
from assay.bootstrap.erasing import on_request
from assay.bootstrap.kept import Led
from assay.bootstrap.observing import measuring, observing, watching
from assay.bootstrap.service import desk as opened
from assay.bootstrap.working import KINDS, look, working
from assay.office.draw_documents import keep_receipts
from assay.office.identity.invite import address, first_administrator
from assay.office_config.model import OfficeConfig
from assay.web.api.app import LIMITS, app
from assay.web.app.errors import elsewhere
from assay.web.app.routes import handlers
from assay.web.observed import observed
from assay.web.scitt.routes import router as scitt
from assay.web.serving import Address, require, serve


def run(config: OfficeConfig, tell: Callable[[str, str], None]) -> None:
    """Until the process is told to stop. *tell* hears what happens: (what, line)."""
    require()
    host, port = config.address
    with (
        observing(config) as seen,
        opened(config, seen.metrics) as desk,
        measuring(config, desk, seen, KINDS),
        cosigning(
            config,
            cast("Led", desk.service.office.register),
            seen,
            lambda quorum: keep_receipts(desk.service, quorum),
        ),
        working(desk, config, watching(seen)) as workers,
        ThreadPoolExecutor(config.threads, thread_name_prefix="request") as threads,
    ):
        whole = msgspec.structs.replace(
            desk, looks=(*desk.looks, look(workers)), erase=partial(on_request, config, desk)
        )

        def ready(url: str) -> None:
            invited = first_administrator(desk.identity, name=config.name)
            tell(
                "serving", config.origin if url == config.origin else f"{config.origin} (listening on {url})"
            )
            if invited is not None:
                tell("administrator", address(desk.url, invited.link))

        routes = [*handlers(whole), *([scitt(whole)] if config.scitt.enabled else [])]
        watched = observed(
            app(whole, routes, elsewhere(whole)),
            seen.log,
            seen.metrics,
            lambda: secrets.token_hex(16),
            failed=seen.log.failed,
        )
        set_asyncio_executor(threads)
        serve(watched, Address(host, port), ready=ready, limits=LIMITS)
