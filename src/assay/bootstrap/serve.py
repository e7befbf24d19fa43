"""``assay serve``: the office behind HTTP, and the worker that does what is due."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.bootstrap.service import desk as opened
from assay.errors import AssayError
from assay.office.identity.invite import address, first_administrator
from assay.office.life import HANDLERS
from assay.office_config.model import OfficeConfig
from assay.web.api.app import LIMITS, app
from assay.web.api.desk import Desk
from assay.web.serving import Address, require, serve

IDLE_S = 0.2
RETRY_S = 5.0


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


@contextmanager
def working(desk: Desk, config: OfficeConfig, tell: Callable[[str, str], None]) -> Iterator[None]:
    """A thread that claims work and does it, as long as the context lasts."""
    ended = threading.Event()
    name = f"worker-{secrets.token_hex(4)}"

    def loop() -> None:
        while not ended.is_set():
            try:
                done = once(desk, name, config.work.batch_rows, config.work.lease_seconds, tell)
            except AssayError as error:
                tell("worker", str(error))
                done = 0
            if not done:
                ended.wait(IDLE_S)

    thread = threading.Thread(target=loop, name=name, daemon=True)
    if config.work.processes:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if thread.is_alive():
            thread.join(10)


def once(desk: Desk, worker: str, limit: int, lease_s: float, tell: Callable[[str, str], None]) -> int:
    """Claim what is due and do it; how much was claimed."""
    service = desk.service
    claimed = service.work.claim(tuple(HANDLERS), service.now(), limit, lease_s, worker)
    for one in claimed:
        try:
            HANDLERS[one.due.kind](service, one.due)
        except AssayError as error:
            tell("worker", f"{one.due.kind} of {one.due.subject}: {error}")
            again = service.now().timestamp() + RETRY_S * 2 ** min(one.attempts, 8)
            service.work.failed(
                one, str(error), type(service.now()).fromtimestamp(again, tz=service.now().tzinfo)
            )
        else:
            service.work.done(one)
    return len(claimed)
